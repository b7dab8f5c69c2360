//! An independent OpenID Connect client signs in at the mock and at local-okta. A protected handler accepts its access
//! token.

#[path = "support/local.rs"]
mod local;

use std::collections::HashMap;

use actix_web::{App, Responder, get};
use local::LocalOkta;
use okta_auth::{AuthContext, Validator, login_required};
use okta_auth_testing::{Client, MockOkta, SigningAlgorithm, User};
use openidconnect::core::{CoreAuthenticationFlow, CoreClient, CoreProviderMetadata, CoreUserInfoClaims};
use openidconnect::{
    AccessToken, AccessTokenHash, AuthorizationCode, ClientId, ClientSecret, CsrfToken, HttpRequest, HttpResponse,
    IntrospectionUrl, IssuerUrl, Nonce, OAuth2TokenResponse, PkceCodeChallenge, RedirectUrl, Scope,
    TokenIntrospectionResponse, TokenResponse,
};

const ADA: &str = "ada@example.com";
const CALLBACK: &str = "http://localhost:3000/callback";

/// The HTTP client. It does not follow redirects, as the documentation of `openidconnect` requires.
async fn http(request: HttpRequest) -> Result<HttpResponse, openidconnect::HttpClientError<reqwest::Error>> {
    let fail = |error| openidconnect::HttpClientError::Reqwest(Box::new(error));
    let client = reqwest::Client::builder().redirect(reqwest::redirect::Policy::none()).no_proxy().build();
    let request = request.try_into().map_err(fail)?;
    let response = client.map_err(fail)?.execute(request).await.map_err(fail)?;
    let (status, headers) = (response.status(), response.headers().clone());
    let mut answer = HttpResponse::new(response.bytes().await.map_err(fail)?.to_vec());
    (*answer.status_mut(), *answer.headers_mut()) = (status, headers);
    Ok(answer)
}

#[get("/me")]
#[login_required(scope("orders:read"))]
async fn me(user: AuthContext) -> impl Responder {
    user.user().to_owned()
}

/// Opens the authorization URL as a browser does, and signs in as Ada if there is a sign-in page. Returns the URL of
/// the final redirect.
async fn authorize_in_browser(url: &url::Url) -> url::Url {
    let browser = reqwest::Client::builder().redirect(reqwest::redirect::Policy::none()).no_proxy().build().unwrap();
    let location = |response: reqwest::Response| url.join(response.headers()["location"].to_str().unwrap()).unwrap();
    let target = location(browser.get(url.as_str()).send().await.unwrap());
    if !target.path().starts_with("/sign-in/") {
        return target;
    }
    let page = browser.get(target.as_str()).send().await.unwrap().text().await.unwrap();
    assert!(page.contains(&format!("action=\"{}\"", url.path())), "{page}");
    let mut form: Vec<_> = target.query_pairs().into_owned().collect();
    form.push(("username".to_owned(), ADA.to_owned()));
    location(browser.post(url.join(url.path()).unwrap()).form(&form).send().await.unwrap())
}

/// Signs in as a single-page app does. Then uses, refreshes and introspects the tokens.
async fn sign_in(issuer: &str, client_id: &str, secret: Option<&str>) -> AccessToken {
    let metadata =
        CoreProviderMetadata::discover_async(IssuerUrl::new(issuer.to_owned()).unwrap(), &http).await.unwrap();
    let secret = secret.map(|secret| ClientSecret::new(secret.to_owned()));
    let introspection = IntrospectionUrl::new(format!("{issuer}/v1/introspect")).unwrap();
    let client = CoreClient::from_provider_metadata(metadata, ClientId::new(client_id.to_owned()), secret)
        .set_redirect_uri(RedirectUrl::new(CALLBACK.to_owned()).unwrap())
        .set_introspection_url(introspection);

    let (challenge, verifier) = PkceCodeChallenge::new_random_sha256();
    let (url, state, nonce) = client
        .authorize_url(CoreAuthenticationFlow::AuthorizationCode, CsrfToken::new_random, Nonce::new_random)
        .add_scopes(["profile", "email", "offline_access", "orders:read"].map(|scope| Scope::new(scope.to_owned())))
        .set_pkce_challenge(challenge)
        .url();
    let target = authorize_in_browser(&url).await;
    assert!(target.as_str().starts_with(CALLBACK), "{target}");
    let answer: HashMap<_, _> = target.query_pairs().into_owned().collect();
    assert_eq!(&answer["state"], state.secret());

    let code = AuthorizationCode::new(answer["code"].clone());
    let tokens = client.exchange_code(code).unwrap().set_pkce_verifier(verifier).request_async(&http).await.unwrap();

    let id_token = tokens.id_token().unwrap();
    let id_verifier = client.id_token_verifier();
    let claims = id_token.claims(&id_verifier, &nonce).unwrap();
    let (algorithm, key) = (id_token.signing_alg().unwrap(), id_token.signing_key(&id_verifier).unwrap());
    let hash = AccessTokenHash::from_token(tokens.access_token(), algorithm, key).unwrap();
    assert_eq!(claims.access_token_hash(), Some(&hash));

    let subject = Some(claims.subject().clone());
    let user_info: CoreUserInfoClaims =
        client.user_info(tokens.access_token().clone(), subject).unwrap().request_async(&http).await.unwrap();
    assert_eq!(user_info.email().unwrap().as_str(), ADA);

    let refreshed = client.exchange_refresh_token(tokens.refresh_token().unwrap()).unwrap();
    let refreshed = refreshed.request_async(&http).await.unwrap();
    assert_ne!(refreshed.access_token().secret(), tokens.access_token().secret());

    let state = client.introspect(refreshed.access_token()).request_async(&http).await.unwrap();
    assert_eq!((state.active(), state.username()), (true, Some(ADA)));
    refreshed.access_token().clone()
}

fn okta() -> okta_auth_testing::MockOktaBuilder {
    MockOkta::builder().user(User::new(ADA).name("Ada Lovelace"))
}

async fn assert_opens_handler(validator: Validator, token: &AccessToken) {
    let app = actix_web::test::init_service(App::new().app_data(validator).service(me)).await;
    let authorization = ("Authorization", format!("Bearer {}", token.secret()));
    let request = actix_web::test::TestRequest::get().uri("/me").insert_header(authorization).to_request();
    assert_eq!(actix_web::test::call_and_read_body(&app, request).await, ADA);
}

#[actix_web::test]
async fn an_access_token_from_sign_in_opens_a_handler() {
    let okta = okta().client(Client::public("0oaspa").redirect_uri(CALLBACK)).start();
    let token = sign_in(okta.issuer(), "0oaspa", None).await;
    assert_opens_handler(okta.validator_builder().client_id("0oaspa").build().unwrap(), &token).await;
    assert_eq!(okta.discovery_fetches(), 2, "one by the client, one by the validator");
}

#[actix_web::test]
async fn a_confidential_client_signs_in_with_any_algorithm() {
    for algorithm in [SigningAlgorithm::RS256, SigningAlgorithm::ES256, SigningAlgorithm::PS384] {
        let okta = okta().algorithm(algorithm).start();
        let token = sign_in(okta.issuer(), okta.client_id(), Some(okta.client_secret())).await;
        let user = okta.validator().validate(token.secret()).await.unwrap();
        assert!(user.has_scope("orders:read"), "{algorithm:?}");
    }
}

#[actix_web::test]
async fn a_single_page_app_signs_in_at_local_okta() {
    let settings = std::env::temp_dir().join(format!("okta-auth-{}-openidconnect.toml", std::process::id()));
    let client = format!("id = \"0oaspa\"\nredirect_uris = [\"{CALLBACK}\"]");
    let text = format!("scopes = [\"orders:read\"]\n[[users]]\nlogin = \"{ADA}\"\n[[clients]]\n{client}\n");
    std::fs::write(&settings, text).unwrap();
    let okta = LocalOkta::start(&["--config", settings.to_str().unwrap()]);
    let token = sign_in(okta.variable("OKTA_ISSUER"), "0oaspa", None).await;
    let validator = Validator::builder().issuer(okta.variable("OKTA_ISSUER")).audience(okta.variable("OKTA_AUDIENCE"));
    assert_opens_handler(validator.client_id("0oaspa").build().unwrap(), &token).await;
    std::fs::remove_file(settings).unwrap();
}
