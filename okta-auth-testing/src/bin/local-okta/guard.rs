//! Who may use the pages: a browser on this machine, by the address that it was told, from our own forms.

use actix_web::body::{EitherBody, MessageBody};
use actix_web::dev::{ServiceRequest, ServiceResponse};
use actix_web::http::Method;
use actix_web::http::header::{CACHE_CONTROL, HOST, HeaderName, HeaderValue, ORIGIN};
use actix_web::middleware::Next;
use actix_web::{Error, HttpResponse};

const HEADERS: [(HeaderName, &str); 5] = [
    (CACHE_CONTROL, "no-store"),
    // No `form-action`: the sign-in form ends at the application's redirect URI.
    (
        actix_web::http::header::CONTENT_SECURITY_POLICY,
        "default-src 'none'; style-src 'self'; img-src 'self'; frame-ancestors 'none'; base-uri 'none'",
    ),
    (actix_web::http::header::X_CONTENT_TYPE_OPTIONS, "nosniff"),
    // `no-referrer` would make the Origin of our own forms "null".
    (actix_web::http::header::REFERRER_POLICY, "same-origin"),
    (HeaderName::from_static("cross-origin-opener-policy"), "same-origin"),
];

/// Refuses names that are not loopback's, which is how DNS rebinding comes along, and forms of other sites.
pub(crate) async fn guard<B: MessageBody + 'static>(
    request: ServiceRequest,
    next: Next<B>,
) -> Result<ServiceResponse<EitherBody<B>>, Error> {
    let mut response = match refusal(&request) {
        Some(reason) => {
            let refused = HttpResponse::Forbidden().content_type("text/plain; charset=utf-8").body(reason);
            request.into_response(refused).map_into_right_body()
        }
        None => next.call(request).await?.map_into_left_body(),
    };
    for (name, value) in HEADERS {
        response.headers_mut().insert(name, HeaderValue::from_static(value));
    }
    Ok(response)
}

fn refusal(request: &ServiceRequest) -> Option<&'static str> {
    let header = |name: &HeaderName| request.headers().get(name).map(|value| value.to_str().unwrap_or("?"));
    let host = header(&HOST).unwrap_or_default();
    if !is_loopback(host) {
        return Some("local-okta answers to localhost and loopback addresses alone.\n");
    }
    if matches!(*request.method(), Method::GET | Method::HEAD) {
        return None;
    }
    let ours = |origin: &str| origin.strip_prefix("http://") == Some(host);
    let foreign = header(&ORIGIN).is_some_and(|origin| !ours(origin));
    foreign.then_some("This form was sent by another site.\n")
}

/// Whether a Host header names this machine.
fn is_loopback(host: &str) -> bool {
    let Ok(url) = url::Url::parse(&format!("http://{host}/")) else { return false };
    match url.host() {
        Some(url::Host::Domain(name)) => name == "localhost",
        Some(url::Host::Ipv4(address)) => address.is_loopback(),
        Some(url::Host::Ipv6(address)) => address.is_loopback(),
        None => false,
    }
}

#[cfg(test)]
mod tests {
    use super::is_loopback;

    #[test]
    fn only_names_of_this_machine_are_loopback() {
        for (host, expected) in [
            ("127.0.0.1:8181", true),
            ("localhost:8181", true),
            ("[::1]:8181", true),
            ("localhost.evil.example:8181", false),
            ("127.0.0.1.evil.example", false),
            ("192.168.0.7:8181", false),
            ("", false),
        ] {
            assert_eq!(is_loopback(host), expected, "{host}");
        }
    }
}
