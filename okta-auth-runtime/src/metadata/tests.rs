//! Where metadata is, and which endpoints may be requested.

use super::*;

#[test]
fn metadata_is_requested_at_three_urls_or_two() {
    let urls = |issuer| metadata_urls(issuer).expect("URLs").iter().map(Url::to_string).collect::<Vec<_>>();
    assert_eq!(
        urls("https://dev-1.okta.com/oauth2/default"),
        [
            "https://dev-1.okta.com/oauth2/default/.well-known/openid-configuration",
            "https://dev-1.okta.com/oauth2/default/.well-known/oauth-authorization-server",
            "https://dev-1.okta.com/.well-known/oauth-authorization-server/oauth2/default",
        ]
    );
    let without_path = [
        "https://example.com/.well-known/openid-configuration",
        "https://example.com/.well-known/oauth-authorization-server",
    ];
    assert_eq!(urls("https://example.com"), without_path);
    assert_eq!(urls("https://example.com/"), without_path);
}

#[test]
fn an_endpoint_is_https_unless_on_loopback_or_allowed() {
    let own = "http://127.0.0.1:8080/keys";
    let foreign = "http://example.com/keys";
    let table = [
        ("https://example.com", false, "https://keys.example.org/", true),
        ("https://example.com", false, foreign, false),
        ("https://example.com", false, own, false),
        ("https://localhost", false, own, false),
        ("https://localhost", false, "https://localhost:1/keys", true),
        ("http://localhost:80/", false, own, true),
        ("http://localhost:80/", false, foreign, false),
        ("http://example.com", true, foreign, true),
        ("https://example.com", true, "file:///etc/passwd", false),
        ("http://localhost", false, "ftp://localhost/", false),
    ];
    for (issuer, allow_http, endpoint, expected) in table {
        let metadata = IssuerMetadata::new(issuer.into(), Endpoint::JwksUri, allow_http, Duration::ZERO).expect("URLs");
        let endpoint = Url::parse(endpoint).expect("a URL");
        assert_eq!(metadata.may_request(&endpoint), expected, "{issuer} {endpoint} {allow_http}");
    }
}
