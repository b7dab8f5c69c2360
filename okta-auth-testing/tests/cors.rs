//! Cross-origin requests of single-page apps on this machine.

mod support;

use okta_auth_testing::MockOkta;
use reqwest::Method;
use support::http;

#[actix_web::test]
async fn a_page_on_loopback_may_call_the_token_endpoint() {
    let okta = MockOkta::start();
    let url = format!("{}/v1/token", okta.issuer());
    for origin in ["http://localhost:3000", "http://127.0.0.1:5173", "http://[::1]:3000"] {
        let preflight = http()
            .request(Method::OPTIONS, &url)
            .header("Origin", origin)
            .header("Access-Control-Request-Method", "POST")
            .header("Access-Control-Request-Headers", "authorization,x-okta-user-agent-extended");
        let allowed = preflight.send().await.unwrap();
        assert_eq!(allowed.status(), 204, "{origin}");
        assert_eq!(allowed.headers()["access-control-allow-origin"], origin);
        assert_eq!(allowed.headers()["access-control-allow-methods"], "GET, POST");
        assert_eq!(allowed.headers()["access-control-allow-headers"], "authorization,x-okta-user-agent-extended");

        let answer = http().post(&url).header("Origin", origin).send().await.unwrap();
        assert_eq!(answer.status(), 401, "{origin}");
        assert_eq!(answer.headers()["access-control-allow-origin"], origin);
        assert_eq!(answer.headers()["vary"], "origin");
    }
}

#[actix_web::test]
async fn a_page_on_loopback_may_read_the_metadata() {
    let okta = MockOkta::start();
    let origin = "http://localhost:3000";
    for path in [
        "/.well-known/oauth-authorization-server/oauth2/default",
        "/oauth2/default/.well-known/openid-configuration",
        "/oauth2/default/v1/keys",
    ] {
        let url = format!("{}{path}", okta.origin());
        let preflight = http()
            .request(Method::OPTIONS, &url)
            .header("Origin", origin)
            .header("Access-Control-Request-Method", "GET")
            .header("Access-Control-Request-Headers", "mcp-protocol-version");
        let allowed = preflight.send().await.unwrap();
        assert_eq!(allowed.status(), 204, "{path}");
        assert_eq!(allowed.headers()["access-control-allow-headers"], "mcp-protocol-version", "{path}");
        let answer = http().get(&url).header("Origin", origin).send().await.unwrap();
        assert_eq!(answer.status(), 200, "{path}");
        assert_eq!(answer.headers()["access-control-allow-origin"], origin, "{path}");
    }
}

#[actix_web::test]
async fn a_page_of_another_origin_may_not_call_endpoints() {
    let okta = MockOkta::start();
    for origin in ["https://evil.example", "http://localhost.evil.example", "null"] {
        let answer = http().get(okta.jwks_uri()).header("Origin", origin).send().await.unwrap();
        assert_eq!(answer.headers().get("access-control-allow-origin"), None, "{origin}");
    }
    let answer = http().get(okta.jwks_uri()).send().await.unwrap();
    assert_eq!(answer.headers().get("access-control-allow-origin"), None);
}
