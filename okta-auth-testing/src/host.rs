//! Protection against DNS rebinding: the mock answers only requests whose `Host` is this machine. A web page can make
//! another host name resolve to loopback and reach the mock as its own origin.

use actix_web::body::{EitherBody, MessageBody};
use actix_web::dev::{ServiceRequest, ServiceResponse};
use actix_web::http::header::HOST;
use actix_web::middleware::Next;
use actix_web::{Error, HttpResponse};

use crate::client::is_loopback;

/// Rejects a request whose `Host` is neither `localhost` nor a loopback address.
pub(crate) async fn reject_other_hosts<B: MessageBody + 'static>(
    request: ServiceRequest,
    next: Next<B>,
) -> Result<ServiceResponse<EitherBody<B>>, Error> {
    let host = request.headers().get(HOST).and_then(|host| host.to_str().ok()).unwrap_or_default();
    if is_this_machine(host) {
        return Ok(next.call(request).await?.map_into_left_body());
    }
    let reason = "This server answers to localhost and loopback addresses alone.\n";
    let response = HttpResponse::Forbidden().content_type("text/plain; charset=utf-8").body(reason);
    Ok(request.into_response(response).map_into_right_body())
}

fn is_this_machine(host: &str) -> bool {
    !host.contains('@') && url::Url::parse(&format!("http://{host}/")).is_ok_and(|url| is_loopback(&url))
}

#[cfg(test)]
mod tests {
    use super::is_this_machine;

    #[test]
    fn only_names_and_addresses_of_this_machine_are_loopback() {
        for (host, expected) in [
            ("127.0.0.1:8181", true),
            ("localhost:8181", true),
            ("LOCALHOST", true),
            ("[::1]:8181", true),
            ("localhost.evil.example:8181", false),
            ("127.0.0.1.evil.example", false),
            ("evil.example@127.0.0.1", false),
            ("192.168.0.7:8181", false),
            ("", false),
        ] {
            assert_eq!(is_this_machine(host), expected, "{host}");
        }
    }
}
