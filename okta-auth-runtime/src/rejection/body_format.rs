//! The body of a rejection: problem details (RFC 9457), or plain text for clients that prefer it.

use actix_web::HttpRequest;
use actix_web::http::StatusCode;
use actix_web::http::header::{ACCEPT, Accept, ContentType, Header as _};
use actix_web::mime;

/// The format of a rejection's body.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum BodyFormat {
    Json,
    Text,
}

/// In bytes. Browsers send about 150.
const LONGEST_ACCEPT: usize = 1024;

impl BodyFormat {
    /// JSON, unless the `Accept` header prefers HTML or plain text. A header that is longer than any browser's is not
    /// parsed: ranking it would cost more than the rest of the rejection.
    pub(super) fn accepted_by(request: &HttpRequest) -> Self {
        let length: usize = request.headers().get_all(ACCEPT).map(|value| value.len()).sum();
        if length > LONGEST_ACCEPT {
            return Self::Json;
        }
        let ranked = Accept::parse(request).map(|accept| accept.ranked()).unwrap_or_default();
        match ranked.first() {
            Some(first) if first.type_() == mime::TEXT => Self::Text,
            _ => Self::Json,
        }
    }

    pub(super) fn content_type(self) -> ContentType {
        match self {
            Self::Json => ContentType("application/problem+json".parse().unwrap_or(mime::APPLICATION_JSON)),
            Self::Text => ContentType::plaintext(),
        }
    }

    /// The body. It contains no token, claim or internal error.
    pub(super) fn body(self, status: StatusCode, code: &str, detail: &str) -> String {
        let title = status.canonical_reason().unwrap_or_default();
        match self {
            Self::Json => serde_json::json!({
                "type": "about:blank", "title": title, "status": status.as_u16(), "detail": detail, "code": code,
            })
            .to_string(),
            Self::Text => format!("{} {title}\n\n{detail}\n({code})\n", status.as_u16()),
        }
    }
}

#[cfg(test)]
mod tests {
    use actix_web::test::TestRequest;

    use super::*;

    #[test]
    fn text_is_sent_to_clients_that_prefer_it() {
        for (accept, expected) in [
            ("text/html,application/xhtml+xml,application/xml;q=0.9,*/*;q=0.8", BodyFormat::Text),
            ("text/plain", BodyFormat::Text),
            ("*/*", BodyFormat::Json),
            ("application/json", BodyFormat::Json),
            ("text/plain;q=0.5, application/json", BodyFormat::Json),
            ("nonsense", BodyFormat::Json),
            ("", BodyFormat::Json),
        ] {
            let request = TestRequest::get().insert_header((ACCEPT, accept)).to_http_request();
            assert_eq!(BodyFormat::accepted_by(&request), expected, "{accept}");
        }
        for (length, expected) in [(LONGEST_ACCEPT, BodyFormat::Text), (LONGEST_ACCEPT + 1, BodyFormat::Json)] {
            let (one, other) = ("text/plain", format!("text/plain,{}", "a/b,".repeat(500)));
            let other = &other[..length - one.len()];
            let request =
                TestRequest::get().append_header((ACCEPT, one)).append_header((ACCEPT, other)).to_http_request();
            assert_eq!(BodyFormat::accepted_by(&request), expected, "{length}");
        }
        assert_eq!(BodyFormat::accepted_by(&TestRequest::get().to_http_request()), BodyFormat::Json);
    }
}
