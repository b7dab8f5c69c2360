//! The sign-in page.

use actix_web::http::StatusCode;
use actix_web::{Error, HttpRequest, HttpResponse, web};

use crate::authentication_fields::{self, AuthenticationFields};
use crate::fields::Fields;
use crate::html::{Html, fill, markup};
use crate::page::bare_page;
use crate::state::{StateSlot, app_state};

/// Shows the sign-in form. It posts the application's parameters back to the authorization endpoint.
pub(crate) async fn show(
    slot: web::Data<StateSlot>,
    server: web::Path<String>,
    request: HttpRequest,
) -> Result<HttpResponse, Error> {
    let state = app_state(&slot)?;
    if *server != state.config.authorization_server {
        return Ok(HttpResponse::NotFound().content_type("text/plain; charset=utf-8").body("No such server.\n"));
    }
    let fields = Fields::parse(request.query_string().as_bytes());
    let failed = fields.find("failed").is_some();
    let alert = failed.then(|| {
        markup("<p class=\"alert\" role=\"alert\" id=\"problem\">Unable to sign in: no such user, or another password.</p>\n")
    });
    // A link must not be able to fill in the fields that the user types.
    let typed = ["failed", "username", "password", "cancel"];
    let kept = fields.iter().filter(|(name, _)| !typed.contains(name) && !authentication_fields::NAMES.contains(name));
    let hidden: Vec<Html> = kept
        .map(|(name, value)| fill("<input type=\"hidden\" name=\"{}\" value=\"{}\">\n", &[&name, &value]))
        .collect();
    let users: Vec<Html> =
        state.config.users.iter().map(|user| fill("<option value=\"{}\">\n", &[&user.login])).collect();
    let scopes = fields.find("scope").unwrap_or_default().split_ascii_whitespace();
    let mut asked: Vec<Html> = scopes.map(|scope| fill("<li><code>{}</code></li>\n", &[&scope])).collect();
    for name in ["acr_values", "max_age", "resource"] {
        if let Some(value) = fields.non_empty(name) {
            asked.push(fill("<li><code>{}={}</code></li>\n", &[&name, &value]));
        }
    }
    let authentication = AuthenticationFields::default();
    let inputs = authentication.inputs("what the application asks for", "such as agent@example.com");
    let login = fields.find("login_hint").unwrap_or_default();
    let client = fields.find("client_id").unwrap_or("an application");
    let body = fill(
        "<main class=\"card\" id=\"main\">\n<p class=\"brand\">local<span>·</span>okta</p>\n<h1>Sign in</h1>\n\
         <p>to continue to <code>{}</code></p>\n{}\
         <form method=\"post\" action=\"/oauth2/{}/v1/authorize\">\n{}\
         <label for=\"username\">Username</label>\n\
         <input id=\"username\" name=\"username\" value=\"{}\" list=\"users\" autocomplete=\"username\" required \
         autofocus{}>\n\
         <datalist id=\"users\">\n{}</datalist>\n\
         <label for=\"password\">Password</label>\n\
         <input id=\"password\" name=\"password\" type=\"password\" autocomplete=\"current-password\" \
         aria-describedby=\"hint\">\n\
         <p class=\"hint\" id=\"hint\">A user without a password in the settings may leave it out.</p>\n\
         <h2 class=\"minor\">Asked for</h2>\n<ul class=\"scopes\">\n{}</ul>\n{}\
         <p class=\"actions\"><button class=\"primary\">Sign in</button> \
         <button name=\"cancel\" value=\"yes\" formnovalidate>Cancel</button></p>\n</form>\n</main>",
        &[
            &client,
            &alert,
            &server.as_str(),
            &hidden,
            &login,
            &failed.then(|| markup(" aria-describedby=\"problem\" aria-invalid=\"true\"")),
            &users,
            &asked,
            &inputs,
        ],
    );
    Ok(bare_page(if failed { StatusCode::UNAUTHORIZED } else { StatusCode::OK }, "Sign in", "alone", &body))
}
