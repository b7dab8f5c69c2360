//! A mock, verdicts on tokens, and an app on a free port with a client that sends any request line and headers.

use std::time::{Duration, UNIX_EPOCH};

use actix_web::dev::ServerHandle;
use actix_web::middleware::Condition;
use actix_web::web::ServiceConfig;
use actix_web::{App, HttpServer};
use okta_auth::{LoginRequired, ValidateError, Validator};
use okta_auth_testing::{MockOkta, TestClock, TokenBuilder};
use serde_json::{Value, json};
use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _};
use tokio::net::TcpStream;

/// The time of every token, in seconds since the Unix epoch.
pub(crate) const NOW: u64 = 1_800_000_000;

/// The verdict on an accepted token.
pub(crate) const ACCEPTED: &str = "accepted";

/// The verdict if no decision is possible.
pub(crate) const NO_KEYS: &str = "keys_unavailable";

/// A mock whose clock is stopped.
pub(crate) fn okta() -> MockOkta {
    MockOkta::builder().clock(TestClock::frozen_at(UNIX_EPOCH + Duration::from_secs(NOW))).start()
}

/// The reason code of a rejected token, [`ACCEPTED`], or [`NO_KEYS`].
pub(crate) async fn verdict(validator: &Validator, token: &str) -> &'static str {
    match validator.validate(token).await {
        Ok(_) => ACCEPTED,
        Err(ValidateError::Token(error)) => error.code(),
        Err(_) => NO_KEYS,
    }
}

/// The claims of a good token.
pub(crate) fn claims(okta: &MockOkta) -> Value {
    json!({
        "iss": okta.issuer(),
        "aud": okta.audience(),
        "sub": "alice@example.com",
        "uid": "00u1",
        "cid": okta.client_id(),
        "iat": NOW,
        "exp": NOW + 3600,
    })
}

/// A token of these claims.
pub(crate) fn of(okta: &MockOkta, claims: &Value) -> TokenBuilder {
    okta.token().raw_payload(claims.to_string())
}

/// The JSON object with another value of one member.
pub(crate) fn with(mut object: Value, member: &str, value: impl Into<Value>) -> Value {
    object[member] = value.into();
    object
}

/// The JSON object without one member.
pub(crate) fn without(mut object: Value, member: &str) -> Value {
    object.as_object_mut().expect("an object").remove(member);
    object
}

/// Unpadded base64url.
pub(crate) fn encode(bytes: impl AsRef<[u8]>) -> String {
    base64_simd::URL_SAFE_NO_PAD.encode_to_string(bytes.as_ref())
}

/// The bytes of an unpadded base64url text.
pub(crate) fn decode(text: &str) -> Vec<u8> {
    base64_simd::URL_SAFE_NO_PAD.decode_to_vec(text).expect("base64url")
}

/// A running app. Dropping it stops the server.
pub(crate) struct Server {
    address: String,
    handle: ServerHandle,
}

/// A response.
#[derive(Debug)]
pub(crate) struct Response {
    pub(crate) status: u16,
    pub(crate) body: String,
}

impl Server {
    /// Serves the `routes`, with `validator` in app data.
    pub(crate) fn start(validator: Validator, routes: fn(&mut ServiceConfig)) -> Self {
        Self::serve(validator, None, routes)
    }

    /// Serves the `routes` behind `LoginRequired`, except for these patterns.
    pub(crate) fn start_behind_login(
        validator: Validator,
        except: &'static [&'static str],
        routes: fn(&mut ServiceConfig),
    ) -> Self {
        Self::serve(validator, Some(except), routes)
    }

    fn serve(validator: Validator, except: Option<&'static [&'static str]>, routes: fn(&mut ServiceConfig)) -> Self {
        let app = move || {
            let login = LoginRequired::new().except(except.unwrap_or_default().iter().copied());
            let login = Condition::new(except.is_some(), login);
            App::new().app_data(validator.clone()).wrap(login).configure(routes)
        };
        let server = HttpServer::new(app).workers(1).bind(("127.0.0.1", 0)).expect("a free port");
        let address = server.addrs()[0].to_string();
        let server = server.disable_signals().run();
        let handle = server.handle();
        actix_web::rt::spawn(server);
        Self { address, handle }
    }

    /// The response to a GET of `target`, which is sent as it is, with these header lines.
    pub(crate) async fn get(&self, target: &str, headers: &[String]) -> Response {
        let lines: String = headers.iter().map(|line| format!("{line}\r\n")).collect();
        let request = format!("GET {target} HTTP/1.1\r\nHost: localhost\r\nConnection: close\r\n{lines}\r\n");
        let mut stream = TcpStream::connect(&self.address).await.expect("a connection");
        stream.write_all(request.as_bytes()).await.expect("a request");
        let mut response = String::new();
        stream.read_to_string(&mut response).await.expect("an answer");
        let (head, body) = response.split_once("\r\n\r\n").expect("a head");
        let status = head.split(' ').nth(1).and_then(|status| status.parse().ok()).expect("a status");
        Response { status, body: body.to_owned() }
    }

    /// The status of a GET without headers of its own.
    pub(crate) async fn status(&self, target: &str) -> u16 {
        self.get(target, &[]).await.status
    }

    /// The status of a GET with this token.
    pub(crate) async fn status_with(&self, target: &str, token: &str) -> u16 {
        self.get(target, &[bearer(token)]).await.status
    }
}

impl Drop for Server {
    fn drop(&mut self) {
        drop(self.handle.stop(false));
    }
}

/// The header line of a token.
pub(crate) fn bearer(token: &str) -> String {
    format!("Authorization: Bearer {token}")
}
