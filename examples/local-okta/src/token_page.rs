//! The token page: signs a token with chosen claims, and shows it decoded, with the result of a validator.

use actix_web::{Error, HttpResponse, web};
use okta_auth::explain::{Explanation, Verdict};

use crate::config::MAX_LIFETIME_SECONDS;
use crate::decoded::decoded;
use crate::defect;
use crate::fields::Fields;
use crate::html::{Html, attribute, fill};
use crate::page::{Tab, checkbox, option, page};
use crate::state::{AppState, StateSlot, app_state};
use crate::token_request::TokenRequest;

/// OpenID Connect scopes that the form always offers.
const COMMON_SCOPES: [&str; 4] = ["openid", "profile", "email", "offline_access"];

pub(crate) async fn show(slot: web::Data<StateSlot>) -> Result<HttpResponse, Error> {
    let state = app_state(&slot)?;
    let aside = fill(
        "<h2>An app's environment</h2>\n<pre tabindex=\"0\">OKTA_ISSUER={}\nOKTA_CLIENT_ID={}\nOKTA_AUDIENCE={}\nOKTA_JWKS_URI={}</pre>\n\
         <p>Pick what the token says and sign it. To let an application do it, send people to \
         <code>{}/v1/authorize</code>.</p>\n",
        &[
            &state.okta.issuer(),
            &state.config.clients.iter().map(|client| client.id.as_str()).collect::<Vec<_>>().join(","),
            &state.okta.audience(),
            &state.okta.jwks_uri(),
            &state.okta.issuer(),
        ],
    );
    Ok(token_page(state, &TokenRequest::initial(state), &aside))
}

pub(crate) async fn sign(slot: web::Data<StateSlot>, body: web::Bytes) -> Result<HttpResponse, Error> {
    let state = app_state(&slot)?;
    let request = match TokenRequest::parse(state, &Fields::parse(&body)) {
        Ok(request) => request,
        Err(problem) => {
            let alert = fill("<p class=\"alert\" role=\"alert\">{}</p>\n", &[&problem]);
            return Ok(token_page(state, &TokenRequest::initial(state), &alert));
        }
    };
    let token = request.sign(state);
    let explanation = state.validator.explain(&token).await;
    let aside = fill(
        "<h2>The token</h2>\n{}{}<h2>Try it</h2>\n\
         <pre class=\"curl\" id=\"curl\" tabindex=\"0\" aria-label=\"A curl line\">curl -i {} \\\n  \
         -H \"Authorization: Bearer {}\"</pre>\n\
         <h2>What a validator says</h2>\n{}",
        &[&verdict(&explanation), &decoded(&token), &shell_quote(&request.api), &token, &checks(&explanation)],
    );
    Ok(token_page(state, &request, &aside))
}

fn token_page(state: &AppState, request: &TokenRequest, aside: &Html) -> HttpResponse {
    let main = fill(
        "<h1>Tokens</h1>\n<div class=\"columns\">\n{}\n<section id=\"token\" class=\"result\" aria-label=\"Result\">{}</section>\n</div>",
        &[&form(state, request), aside],
    );
    page(Tab::Token, "Tokens", &main)
}

fn form(state: &AppState, request: &TokenRequest) -> Html {
    let users = state.config.users.iter().map(|user| {
        let name = user.name.as_deref().map(|name| format!(" ({name})")).unwrap_or_default();
        let chosen = request.login.as_deref() == Some(&user.login);
        option(&user.login, &format!("{}{name}", user.login), chosen)
    });
    let mut users: Vec<Html> = users.collect();
    users.push(option("", "nobody: a service (client credentials)", request.login.is_none()));
    let clients: Vec<Html> =
        state.config.clients.iter().map(|client| option(&client.id, &client.id, client.id == request.client)).collect();
    let kinds = vec![
        option("access", "access token", !request.id_token),
        option("id", "ID token, which an API must refuse", request.id_token),
    ];
    let offered: Vec<&str> = state.config.scopes.iter().map(String::as_str).chain(COMMON_SCOPES).collect();
    let scopes: Vec<Html> = offered
        .iter()
        .map(|scope| {
            let chosen = request.scopes.iter().any(|chosen| chosen == scope);
            checkbox("scope", scope, &fill("<code>{}</code>", &[scope]), chosen)
        })
        .collect();
    let more: Vec<&str> = request.scopes.iter().map(String::as_str).filter(|scope| !offered.contains(scope)).collect();
    let defects: Vec<Html> = defect::ALL
        .iter()
        .map(|defect| {
            let chosen = request.defects.iter().any(|chosen| chosen.name == defect.name);
            checkbox("defect", defect.name, &fill("{}", &[&defect.label]), chosen)
        })
        .collect();
    fill(
        "<form class=\"panel\" method=\"post\" action=\"/#token\">\n\
         <label for=\"user\">User</label>\n<select id=\"user\" name=\"user\">\n{}</select>\n\
         <label for=\"client\">Client</label>\n<select id=\"client\" name=\"client\">\n{}</select>\n\
         <label for=\"kind\">Kind</label>\n<select id=\"kind\" name=\"kind\">\n{}</select>\n\
         <fieldset><legend>Scopes</legend>\n<div class=\"checks\">{}</div>\n\
         <label for=\"more_scopes\">Other scopes, separated by spaces</label>\n\
         <input id=\"more_scopes\" name=\"more_scopes\" value=\"{}\" autocomplete=\"off\" spellcheck=\"false\"></fieldset>\n\
         <label for=\"lifetime\">Lifetime in seconds</label>\n\
         <input id=\"lifetime\" name=\"lifetime\" type=\"number\" min=\"1\" max=\"{}\" value=\"{}\" required>\n{}\
         <details id=\"defects\"{}><summary>Defects</summary>\n<fieldset class=\"bare\"><legend class=\"hidden\">Defects</legend>{}</fieldset></details>\n\
         <label for=\"api\">URL to call</label>\n<input id=\"api\" name=\"api\" type=\"url\" value=\"{}\" required>\n\
         <p class=\"actions\"><button class=\"primary\">Sign token</button></p>\n</form>",
        &[
            &users,
            &clients,
            &kinds,
            &scopes,
            &more.join(" "),
            &MAX_LIFETIME_SECONDS.to_string(),
            &request.lifetime.to_string(),
            &request.authentication.inputs("none", "a subject such as agent@example.com, or JSON"),
            &attribute("open", !request.defects.is_empty()),
            &defects,
            &request.api,
        ],
    )
}

/// The result in a sentence.
fn verdict(explanation: &Explanation) -> Html {
    let (class, sentence) = match explanation.is_valid() {
        true => ("verdict good", "This token is valid."),
        false => ("verdict bad", "This token is refused."),
    };
    fill("<p class=\"{}\" id=\"verdict\" role=\"status\">{}</p>\n", &[&class, &sentence])
}

/// Each check with its outcome, and advice for failed checks.
fn checks(explanation: &Explanation) -> Html {
    let rows: Vec<Html> = explanation
        .checks()
        .iter()
        .map(|check| {
            let (class, outcome, why) = match check.verdict() {
                Verdict::Passed => ("ok", "✓ ok", String::new()),
                Verdict::Failed(error) => ("bad", "✗ failed", error.to_string()),
                _ => ("skipped", "– skipped", String::new()),
            };
            let why = (!why.is_empty()).then(|| fill("<br><span class=\"why\">{}</span>", &[&why]));
            fill(
                "<tr class=\"{}\"><th scope=\"row\">{}</th><td>{}</td><td>{}{}</td><td class=\"outcome\">{}</td></tr>\n",
                &[&class, &check.name(), &check.expected(), &check.found(), &why, &outcome],
            )
        })
        .collect();
    let advice: Vec<Html> = explanation.advice().iter().map(|advice| fill("<li>{}</li>\n", &[advice])).collect();
    let advice = (!advice.is_empty()).then(|| fill("<h3>Advice</h3>\n<ul>\n{}</ul>\n", &[&advice]));
    fill(
        "{}<div class=\"scroll\" tabindex=\"0\" role=\"region\" aria-label=\"Checks\"><table>\n\
         <thead><tr><th scope=\"col\">Check</th><th scope=\"col\">Expected</th><th scope=\"col\">Found</th>\
         <th scope=\"col\">Outcome</th></tr></thead>\n<tbody>\n{}</tbody></table></div>\n",
        &[&advice, &rows],
    )
}

/// Quotes a word for a POSIX shell.
fn shell_quote(word: &str) -> String {
    format!("'{}'", word.replace('\'', "'\\''"))
}

#[cfg(test)]
mod tests {
    #[test]
    fn shell_quoting_keeps_one_word() {
        assert_eq!(super::shell_quote("http://h/?a=1&b='$(x)"), r"'http://h/?a=1&b='\''$(x)'");
    }
}
