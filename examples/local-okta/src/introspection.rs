//! The introspection of tokens: the settings of an app, and the part of the token page.

use serde_json::Value;

use crate::html::{Html, fill, markup};
use crate::shell;
use crate::state::AppState;

/// The environment variables that let an app introspect opaque tokens, with the first client that has a secret. `None` if no
/// client has one.
pub(crate) fn variables(state: &AppState) -> Option<String> {
    let (id, secret) = credentials(state)?;
    Some(format!(
        "OKTA_INTROSPECTION=opaque\nOKTA_INTROSPECTION_CLIENT_ID={}\nOKTA_INTROSPECTION_CLIENT_SECRET={}",
        shell::word(id),
        shell::word(secret),
    ))
}

fn credentials(state: &AppState) -> Option<(&str, &str)> {
    state.config.clients.iter().find_map(|client| Some((client.id.as_str(), client.secret()?)))
}

/// The introspection response for the token, the curl line that gets it, and the button that revokes the token. It belongs to
/// the form of the token.
pub(crate) fn section(state: &AppState, token: &str, response: &Value) -> Html {
    let active = is_active(response);
    let note = token.contains('.').then(|| {
        markup("<p class=\"hint\">An app that does not introspect accepts a revoked JWT until it expires.</p>\n")
    });
    let button = active.then(|| {
        markup(
            "<p class=\"actions\"><button name=\"do\" value=\"revoke\" form=\"request\">Revoke this token</button></p>\n",
        )
    });
    let curl = credentials(state).map(|credentials| {
        fill(
            "<pre class=\"curl\" id=\"introspect\" tabindex=\"0\" aria-label=\"A curl line for introspection\">{}</pre>\n",
            &[&curl_line(state, credentials, token)],
        )
    });
    fill(
        "<h2>What introspection says</h2>\n\
         <pre class=\"p\" id=\"introspection\" tabindex=\"0\" aria-label=\"The introspection response\">{}</pre>\n{}{}{}",
        &[&format!("{response:#}"), &curl, &note, &button],
    )
}

pub(crate) fn is_active(response: &Value) -> bool {
    response["active"] == true
}

/// The credentials are sent in the form, because those of HTTP Basic are form-encoded first (RFC 6749 section 2.3.1).
fn curl_line(state: &AppState, (id, secret): (&str, &str), token: &str) -> String {
    let form = [("client_id", id), ("client_secret", secret), ("token", token)];
    let fields =
        form.map(|(name, value)| format!(" \\\n  --data-urlencode {}", shell::quote(&format!("{name}={value}"))));
    format!("curl -s {}{}", shell::quote(&state.okta.introspection_endpoint()), fields.concat())
}
