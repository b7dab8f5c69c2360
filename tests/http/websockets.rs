//! WebSockets: the handshake is authenticated like any request, and a connection can check its caller again.

use std::time::{Duration, SystemTime};

use actix_web::web::{self, Payload, ServiceConfig};
use actix_web::{Error, FromRequest as _, HttpRequest, HttpResponse, get, rt};
use futures_util::{SinkExt as _, StreamExt as _};
use okta_auth::{AuthContext, LoginRequired, login_required};
use okta_auth_testing::{MockOkta, TestClock};
use tokio::net::TcpStream;
use tokio_tungstenite::tungstenite::client::IntoClientRequest as _;
use tokio_tungstenite::tungstenite::{Error as SocketError, Message};
use tokio_tungstenite::{MaybeTlsStream, WebSocketStream, connect_async};

use crate::support::Server;

/// Answers each message with the caller, authenticated again.
fn converse(request: HttpRequest, payload: Payload) -> Result<HttpResponse, Error> {
    let (response, mut session, mut messages) = actix_ws::handle(&request, payload)?;
    rt::spawn(async move {
        while let Some(Ok(actix_ws::Message::Text(_))) = messages.next().await {
            let caller = AuthContext::extract(&request).await;
            let answer = caller.map_or_else(|error| error.reason().code().into(), |caller| caller.subject().to_owned());
            if session.text(answer).await.is_err() {
                return;
            }
        }
    });
    Ok(response)
}

#[get("/attribute")]
#[login_required]
async fn below_the_attribute(request: HttpRequest, payload: Payload) -> Result<HttpResponse, Error> {
    converse(request, payload)
}

#[get("/argument")]
async fn beside_an_argument(_user: AuthContext, request: HttpRequest, payload: Payload) -> Result<HttpResponse, Error> {
    converse(request, payload)
}

async fn below_the_middleware(request: HttpRequest, payload: Payload) -> Result<HttpResponse, Error> {
    converse(request, payload)
}

fn routes(app: &mut ServiceConfig) {
    let scope = web::scope("/middleware").wrap(LoginRequired::new()).route("", web::get().to(below_the_middleware));
    app.service((below_the_attribute, beside_an_argument, scope));
}

const PATHS: [&str; 3] = ["/attribute", "/argument", "/middleware"];

type Socket = WebSocketStream<MaybeTlsStream<TcpStream>>;

async fn connect(server: &Server, path: &str, token: Option<&str>) -> Result<Socket, SocketError> {
    let mut request = format!("ws://{}{path}", server.address()).into_client_request()?;
    if let Some(token) = token {
        let credentials = format!("Bearer {token}").parse().expect("a header value");
        request.headers_mut().insert("authorization", credentials);
    }
    connect_async(request).await.map(|(socket, _response)| socket)
}

/// The answer to one message.
async fn answer(socket: &mut Socket) -> String {
    socket.send(Message::text("who am I?")).await.expect("an open socket");
    let message = socket.next().await.expect("an answer").expect("a frame");
    message.into_text().expect("text").to_string()
}

#[actix_web::test]
async fn handshake_without_a_valid_token_is_rejected() {
    let okta = MockOkta::start();
    let server = Server::start(okta.validator(), routes);
    let expired = okta.token().expired().sign();
    for path in PATHS {
        for token in [None, Some("garbage"), Some(&*expired)] {
            match connect(&server, path, token).await {
                Err(SocketError::Http(response)) => assert_eq!(response.status(), 403, "{path}"),
                other => panic!("{path}: {other:?}"),
            }
        }
    }
}

#[actix_web::test]
async fn open_connection_notices_that_its_token_expired() {
    let okta = MockOkta::builder().clock(TestClock::frozen_at(SystemTime::now())).start();
    let server = Server::start(okta.validator(), routes);
    for path in PATHS {
        let token = okta.token().user("alice").expires_in(Duration::from_secs(3600)).sign();
        let mut socket = connect(&server, path, Some(&token)).await.expect("a connection");
        assert_eq!(answer(&mut socket).await, "alice", "{path}");
        okta.clock().advance(Duration::from_secs(3 * 3600));
        assert_eq!(answer(&mut socket).await, "token_expired", "{path}");
        okta.clock().rewind(Duration::from_secs(3 * 3600));
    }
}
