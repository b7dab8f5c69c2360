//! actix-multipart: an upload of a rejected caller is not read.

use std::future::poll_fn;
use std::pin::Pin;
use std::time::Duration;

use actix_multipart::Multipart;
use actix_web::rt::time::timeout;
use actix_web::{App, Error, HttpResponse, Responder, post};
use futures_util::Stream as _;
use okta_auth::{AuthContext, login_required};
use okta_auth_testing::MockOkta;
use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _};
use tokio::net::TcpStream;

use crate::support::Server;

/// The most that one field may have.
const LIMIT: usize = 1024;

#[post("/upload")]
#[login_required(scope("files:write"))]
async fn upload(mut form: Multipart, user: AuthContext) -> Result<impl Responder, Error> {
    let mut names = Vec::new();
    while let Some(field) = poll_fn(|context| Pin::new(&mut form).poll_next(context)).await {
        let mut field = field?;
        let Ok(bytes) = field.bytes(LIMIT).await else { return Ok(HttpResponse::PayloadTooLarge().finish()) };
        names.push(format!("{} ({} bytes)", field.name().unwrap_or_default(), bytes?.len()));
    }
    Ok(HttpResponse::Ok().body(format!("{} uploaded {}", user.subject(), names.join(", "))))
}

const FORM: &str = "--x\r\nContent-Disposition: form-data; name=\"notes\"\r\n\r\nhello\r\n--x--\r\n";

/// The response to an upload with these credentials, of which `sent` is sent and `length` is announced.
async fn response_to_upload(server: &Server, credentials: &str, sent: &str, length: usize) -> String {
    let mut stream = TcpStream::connect(server.address()).await.expect("a connection");
    let head = "POST /upload HTTP/1.1\r\nHost: localhost\r\nConnection: close\r\n\
                Content-Type: multipart/form-data; boundary=x\r\n";
    let request = format!("{head}{credentials}Content-Length: {length}\r\n\r\n{sent}");
    stream.write_all(request.as_bytes()).await.expect("an open connection");
    let response = async {
        let (mut response, mut part) = (Vec::new(), [0; 1024]);
        // A server that does not read a body may reset the connection after its response.
        while let Ok(length @ 1..) = stream.read(&mut part).await {
            response.extend_from_slice(&part[..length]);
        }
        response
    };
    let response = timeout(Duration::from_secs(30), response).await.expect("a response without the rest of the body");
    String::from_utf8(response).expect("text")
}

#[actix_web::test]
async fn rejection_does_not_wait_for_the_upload() {
    let okta = MockOkta::start();
    let validator = okta.validator();
    let server = Server::start(move || App::new().app_data(validator.clone()).service(upload));
    let without_scope = format!("Authorization: Bearer {}\r\n", okta.token().sign());
    for credentials in ["", &without_scope] {
        // Nothing of the gigabyte is ever sent.
        let response = response_to_upload(&server, credentials, "", 1 << 30).await;
        assert!(response.starts_with("HTTP/1.1 403 "), "{response}");
        assert!(response.contains("www-authenticate"), "{response}");
    }
}

#[actix_web::test]
async fn caller_with_the_scope_uploads() {
    let okta = MockOkta::start();
    let validator = okta.validator();
    let server = Server::start(move || App::new().app_data(validator.clone()).service(upload));
    let token = okta.token().user("alice").scope("files:write").sign();
    let credentials = format!("Authorization: Bearer {token}\r\n");
    let response = response_to_upload(&server, &credentials, FORM, FORM.len()).await;
    assert!(response.starts_with("HTTP/1.1 200 "), "{response}");
    assert!(response.ends_with("alice uploaded notes (5 bytes)"), "{response}");
    let large = FORM.replace("hello", &"x".repeat(LIMIT + 1));
    let response = response_to_upload(&server, &credentials, &large, large.len()).await;
    assert!(response.starts_with("HTTP/1.1 413 "), "{response}");
}
