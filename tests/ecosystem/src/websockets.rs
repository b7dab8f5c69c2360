//! actix-ws: the handshake is authenticated, and the task of the socket keeps the caller.

use actix_web::web::Payload;
use actix_web::{App, Error, HttpRequest, HttpResponse, get, rt};
use futures_util::{SinkExt as _, StreamExt as _};
use okta_auth::{AuthContext, login_required};
use okta_auth_testing::MockOkta;
use tokio_tungstenite::connect_async;
use tokio_tungstenite::tungstenite::client::IntoClientRequest as _;
use tokio_tungstenite::tungstenite::{Error as SocketError, Message};

use crate::support::Server;

#[get("/chat")]
#[login_required(scope("chat"))]
async fn chat(request: HttpRequest, payload: Payload, user: AuthContext) -> Result<HttpResponse, Error> {
    let (response, mut session, mut messages) = actix_ws::handle(&request, payload)?;
    rt::spawn(async move {
        // The task is not the one of the request.
        assert!(AuthContext::current().is_none());
        while let Some(Ok(actix_ws::Message::Text(text))) = messages.next().await {
            if session.text(format!("{}: {text}", user.subject())).await.is_err() {
                return;
            }
        }
    });
    Ok(response)
}

#[actix_web::test]
async fn handshake_without_the_scope_is_rejected() {
    let okta = MockOkta::start();
    let validator = okta.validator();
    let server = Server::start(move || App::new().app_data(validator.clone()).service(chat));
    // A browser can't set the header. A token in the query or as a subprotocol is not read.
    let token = okta.token().scope("chat").sign();
    let in_query = format!("/chat?access_token={token}");
    for (path, name, value) in [
        ("/chat", "authorization", format!("Bearer {}", okta.token().sign())),
        (&*in_query, "x-nothing", String::new()),
        ("/chat", "sec-websocket-protocol", format!("bearer, {token}")),
    ] {
        let mut request = format!("ws://{}{path}", server.address()).into_client_request().expect("a URL");
        request.headers_mut().insert(name, value.parse().expect("a header"));
        match connect_async(request).await {
            Err(SocketError::Http(response)) => assert_eq!(response.status(), 403, "{name}"),
            other => panic!("{name}: {other:?}"),
        }
    }
}

#[actix_web::test]
async fn socket_knows_its_caller() {
    let okta = MockOkta::start();
    let validator = okta.validator();
    let server = Server::start(move || App::new().app_data(validator.clone()).service(chat));
    let mut request = format!("ws://{}/chat", server.address()).into_client_request().expect("a URL");
    let credentials = format!("Bearer {}", okta.token().user("alice").scope("chat").sign());
    request.headers_mut().insert("authorization", credentials.parse().expect("a header"));
    let (mut socket, _response) = connect_async(request).await.expect("a connection");
    socket.send(Message::text("hello")).await.expect("an open socket");
    let answer = socket.next().await.expect("an answer").expect("a frame");
    assert_eq!(answer.into_text().expect("text").as_str(), "alice: hello");
}
