//! Tests the pages of `local-okta` in headless Chromium through WebDriver.
//!
//! `tests/browser/run` installs the browser and runs this test. Without chromedriver the test is skipped, unless
//! `OKTA_AUTH_BROWSER=required` is set. Screenshots are saved in the directory `OKTA_AUTH_SCREENSHOTS`.

#[path = "support/local.rs"]
mod local;
#[path = "../../../tests/browser/web_driver.rs"]
mod web_driver;

use local::LocalOkta;
use web_driver::{Browser, Scripts};

const AUTHORIZE: &str = "/oauth2/default/v1/authorize?client_id=0oaspa1local2okta3cl&response_type=code&\
                         scope=openid+orders%3Aread&state=xyz&\
                         code_challenge=E9Melhoa2OwvFrEMTJguCHaoeK1t8URWbuGJSstw-cM&code_challenge_method=S256";

#[actix_web::test]
async fn the_pages_work_in_a_browser_without_javascript() {
    let Some(browser) = Browser::start(Scripts::Blocked).await else { return };
    let okta = LocalOkta::start(&[]);
    sign_in(&browser, &okta).await;
    sign_tokens(&browser, &okta).await;
    make_faults(&browser, &okta).await;
    for dark in [false, true] {
        browser.emulate(dark, 390).await;
        for (name, path) in [("tokens-narrow", "/"), ("console-narrow", "/console")] {
            browser.open(&okta.url(path)).await;
            browser.screenshot(&format!("{name}{}", if dark { "-dark" } else { "" })).await;
            browser.assert_fits_window().await;
        }
    }
    browser.quit().await;
}

async fn sign_in(browser: &Browser, okta: &LocalOkta) {
    // The redirect URI of the application. Every URL on loopback is allowed.
    let callback = okta.url("/console");
    let url = format!("{}&redirect_uri={}", okta.url(AUTHORIZE), callback.replace(':', "%3A").replace('/', "%2F"));
    browser.open(&url).await;
    assert!(browser.title().await.starts_with("Sign in"));
    browser.screenshot("sign-in").await;
    browser.type_into("#username", "bob@example.com").await;
    browser.type_into("#password", "wrong").await;
    browser.click("button.primary").await;
    assert!(browser.text("[role=alert]").await.contains("Unable to sign in"));
    browser.screenshot("sign-in-failed").await;
    browser.type_into("#password", "correct horse").await;
    browser.click("button.primary").await;
    browser.text("#state").await; // waits for the console
    let end = browser.url().await;
    assert!(end.starts_with(&callback) && end.contains("code=") && end.contains("state=xyz"), "{end}");

    browser.open(&url).await;
    browser.click("button[name=cancel]").await;
    browser.text("#state").await;
    assert!(browser.url().await.contains("error=access_denied"));
}

async fn sign_tokens(browser: &Browser, okta: &LocalOkta) {
    browser.open(&okta.url("/")).await;
    browser.screenshot("tokens").await;
    browser.click("#user option[value='bob@example.com']").await;
    browser.click("input[name=scope][value='orders:write']").await;
    browser.type_into("#lifetime", "60").await;
    browser.click("button.primary").await;
    assert_eq!(browser.text("#verdict").await, "This token is valid.");
    let claims = browser.text("#jwt-claims").await;
    assert!(claims.contains("bob@example.com") && claims.contains("orders:write"), "{claims}");
    let token = browser.text("#jwt").await;
    assert!(browser.text("#curl").await.contains(&token));
    browser.screenshot("token-valid").await;

    browser.click("#authentication summary").await;
    browser.type_into("#acr", "urn:okta:loa:2fa:any").await;
    browser.type_into("#auth_age", "600").await;
    browser.type_into("#actor", "agent@example.com").await;
    browser.click("button.primary").await;
    let claims = browser.text("#jwt-claims").await;
    assert!(claims.contains("urn:okta:loa:2fa:any") && claims.contains("agent@example.com"), "{claims}");
    browser.screenshot("token-stepped-up").await;

    browser.click("#defects summary").await;
    browser.click("input[name=defect][value=expired]").await;
    browser.click("button.primary").await;
    assert_eq!(browser.text("#verdict").await, "This token is refused.");
    assert!(browser.text("tr.bad").await.contains("exp"));
    browser.screenshot("token-refused").await;
    bind_token(browser, okta).await;
    revoke_token(browser, okta).await;
}

async fn revoke_token(browser: &Browser, okta: &LocalOkta) {
    browser.open(&okta.url("/")).await;
    browser.click("#kind option[value=opaque]").await;
    browser.click("button.primary").await;
    assert_eq!(browser.text("#verdict").await, "This token is active.");
    let token = browser.text("#jwt").await;
    assert!(browser.text("#curl").await.contains(&token) && browser.text("#introspect").await.contains(&token));
    browser.screenshot("token-opaque").await;
    browser.click("button[value=revoke]").await;
    // Only the page after the click has a bad verdict.
    assert_eq!(browser.text("#verdict.bad").await, "This token is not active.");
    assert_eq!(browser.text("#jwt").await, token, "the same token");
    browser.screenshot("token-revoked").await;
}

async fn bind_token(browser: &Browser, okta: &LocalOkta) {
    browser.open(&okta.url("/")).await;
    browser.click("input[name=dpop]").await;
    browser.click("#method option[value=POST]").await;
    browser.click("button.primary").await;
    assert_eq!(browser.text("#verdict").await, "This token is valid with a proof of its key.");
    let (token, first) = (browser.text("#jwt").await, browser.text("#curl").await);
    assert!(first.contains("--request POST") && first.contains(&format!("'Authorization: DPoP {token}'")), "{first}");
    browser.type_into("#nonce", "a.nonce").await;
    browser.screenshot("token-bound").await;
    browser.click("button[value=proof]").await;
    assert_eq!(browser.text("#jwt").await, token, "the same token");
    let second = browser.text("#curl").await;
    assert!(second != first && second.contains("--request POST") && second.contains("'DPoP: "), "{second}");
}

async fn make_faults(browser: &Browser, okta: &LocalOkta) {
    browser.open(&okta.url("/console")).await;
    browser.click("button[value=down]").await;
    assert!(browser.text("#state").await.starts_with("Down"));
    browser.click("button[value=up]").await;
    assert!(browser.text("#state").await.starts_with("Up"));
    browser.type_into("#value", "503").await;
    browser.click("button[value=fault]").await;
    assert!(browser.text("#faults").await.contains("Status(503) on Keys"));
    browser.click("button[value=rotate]").await;
    browser.screenshot("console").await;
    browser.click("button[value=clear]").await;
    assert!(browser.text("#keys").await.contains("signs"));
}
