//! Client authentication (RFC 6749 section 2.3).

use actix_web::HttpRequest;
use actix_web::http::StatusCode;
use actix_web::http::header::{AUTHORIZATION, HeaderValue, WWW_AUTHENTICATE};

use super::client_assertion;
use super::error::{ErrorResponse, api_error, oauth_error};
use super::parameters::Parameters;
use crate::client::Client;
use crate::state::{MockState, ServerState};

/// The client that sent a request.
#[derive(Debug)]
pub(crate) struct Authenticated<'a> {
    pub(crate) client: &'a Client,
    /// Whether the client proved its identity, with its secret or its key.
    pub(crate) is_confidential: bool,
}

/// Authenticates the client of a request to an endpoint with `client_secret_basic`, `client_secret_post`, `private_key_jwt`
/// or `none`.
pub(crate) fn authenticate<'a>(
    state: &'a MockState,
    server: &ServerState,
    endpoint: &str,
    request: &HttpRequest,
    form: &Parameters,
) -> Result<Authenticated<'a>, ErrorResponse> {
    let methods =
        [basic(request).is_some(), form.find("client_secret").is_some(), form.find("client_assertion").is_some()];
    // RFC 6749 section 2.3.
    if methods.into_iter().filter(|&is_used| is_used).count() > 1 {
        let description = "Cannot supply multiple client credentials.";
        return Err(oauth_error(StatusCode::BAD_REQUEST, "invalid_request", description));
    }
    if form.find("client_assertion").is_some() || form.find("client_assertion_type").is_some() {
        let client = client_assertion::verify(state, server, endpoint, form).map_err(unauthorized)?;
        return Ok(Authenticated { client, is_confidential: true });
    }
    let (id, secret) = match basic(request) {
        Some((id, secret)) => (Some(id), Some(secret)),
        None => (form.find("client_id").map(str::to_owned), form.find("client_secret").map(str::to_owned)),
    };
    let Some(client) = id.and_then(|id| state.client(&id)) else {
        let summary = "Invalid value for 'client_id' parameter.";
        return Err(api_error(StatusCode::UNAUTHORIZED, "invalid_client", summary));
    };
    match (&client.secret, secret) {
        (Some(expected), Some(actual)) if *expected == actual => Ok(Authenticated { client, is_confidential: true }),
        (_, None) if client.secret_optional => Ok(Authenticated { client, is_confidential: false }),
        (None, _) if !client.keys.is_empty() => {
            Err(unauthorized("Client authentication failed. The client must send a 'client_assertion'."))
        }
        (_, None) => Err(unauthorized("Client authentication failed. The client must send its secret.")),
        (_, Some(_)) => Err(unauthorized("The client secret supplied for a confidential client is invalid.")),
    }
}

fn unauthorized(description: &str) -> ErrorResponse {
    let challenge = HeaderValue::from_static("Basic realm=\"mock-okta\"");
    oauth_error(StatusCode::UNAUTHORIZED, "invalid_client", description).with(WWW_AUTHENTICATE, challenge)
}

/// The form-decoded client ID and secret of a Basic header (RFC 6749 section 2.3.1).
fn basic(request: &HttpRequest) -> Option<(String, String)> {
    let (scheme, credentials) = request.headers().get(AUTHORIZATION)?.to_str().ok()?.split_once(' ')?;
    if !scheme.eq_ignore_ascii_case("basic") {
        return None;
    }
    let text = String::from_utf8(base64_simd::STANDARD.decode_to_vec(credentials.trim()).ok()?).ok()?;
    let (id, secret) = text.split_once(':')?;
    Some((form_decode(id), form_decode(secret)))
}

fn form_decode(text: &str) -> String {
    url::form_urlencoded::parse(text.as_bytes()).next().map_or_else(String::new, |(name, _)| name.into_owned())
}
