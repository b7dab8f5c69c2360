//! The body of a rejection: RFC 9457, or readable text for whoever asks for it.

use actix_web::HttpRequest;
use actix_web::http::StatusCode;
use actix_web::http::header::{Accept, ContentType, Header as _};
use actix_web::mime;

/// How a client wants to read about problems.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Form {
    Json,
    Text,
}

impl Form {
    /// JSON, unless the `Accept` header prefers HTML or plain text to it.
    pub(super) fn accepted_by(request: &HttpRequest) -> Self {
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

    /// The body: no token, claim or internal error reaches it.
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
    use actix_web::http::header::ACCEPT;
    use actix_web::test::TestRequest;

    use super::*;

    #[test]
    fn text_is_for_those_who_prefer_it() {
        for (accept, expected) in [
            ("text/html,application/xhtml+xml,application/xml;q=0.9,*/*;q=0.8", Form::Text),
            ("text/plain", Form::Text),
            ("*/*", Form::Json),
            ("application/json", Form::Json),
            ("text/plain;q=0.5, application/json", Form::Json),
            ("nonsense", Form::Json),
            ("", Form::Json),
        ] {
            let request = TestRequest::get().insert_header((ACCEPT, accept)).to_http_request();
            assert_eq!(Form::accepted_by(&request), expected, "{accept}");
        }
        assert_eq!(Form::accepted_by(&TestRequest::get().to_http_request()), Form::Json);
    }
}
