//! A client that we did not write completes OpenID Connect against the mock, and its access token opens a handler.

use std::collections::HashMap;

use actix_web::{App, Responder, get};
use okta_auth::{AuthContext, login_required};
use okta_auth_testing::{Algorithm, Client, MockOkta, User};
use openidconnect::core::{CoreAuthenticationFlow, CoreClient, CoreProviderMetadata, CoreUserInfoClaims};
use openidconnect::{
    AccessToken, AccessTokenHash, AuthorizationCode, ClientId, ClientSecret, CsrfToken, HttpRequest, HttpResponse,
    IntrospectionUrl, IssuerUrl, Nonce, OAuth2TokenResponse, PkceCodeChallenge, RedirectUrl, Scope,
    TokenIntrospectionResponse, TokenResponse,
};

const CALLBACK: &str = "http://localhost:3000/callback";

/// The client's HTTP: as its documentation asks, redirects are not followed.
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

/// Signs in as a single-page app does, then uses, refreshes and introspects the tokens.
async fn signs_in(okta: &MockOkta, client_id: &str, secret: Option<&str>) -> AccessToken {
    let issuer = IssuerUrl::new(okta.issuer().to_owned()).unwrap();
    let metadata = CoreProviderMetadata::discover_async(issuer, &http).await.unwrap();
    let secret = secret.map(|secret| ClientSecret::new(secret.to_owned()));
    let introspection = IntrospectionUrl::new(format!("{}/v1/introspect", okta.issuer())).unwrap();
    let client = CoreClient::from_provider_metadata(metadata, ClientId::new(client_id.to_owned()), secret)
        .set_redirect_uri(RedirectUrl::new(CALLBACK.to_owned()).unwrap())
        .set_introspection_url(introspection);

    let (challenge, verifier) = PkceCodeChallenge::new_random_sha256();
    let (url, state, nonce) = client
        .authorize_url(CoreAuthenticationFlow::AuthorizationCode, CsrfToken::new_random, Nonce::new_random)
        .add_scopes(["profile", "email", "offline_access", "orders:read"].map(|scope| Scope::new(scope.to_owned())))
        .set_pkce_challenge(challenge)
        .url();
    let browser = reqwest::Client::builder().redirect(reqwest::redirect::Policy::none()).no_proxy().build().unwrap();
    let redirect = browser.get(url.as_str()).send().await.unwrap();
    let target = url::Url::parse(redirect.headers()["location"].to_str().unwrap()).unwrap();
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
    assert_eq!(user_info.email().unwrap().as_str(), "ada@example.com");

    let refreshed = client.exchange_refresh_token(tokens.refresh_token().unwrap()).unwrap();
    let refreshed = refreshed.request_async(&http).await.unwrap();
    assert_ne!(refreshed.access_token().secret(), tokens.access_token().secret());

    let state = client.introspect(refreshed.access_token()).request_async(&http).await.unwrap();
    assert_eq!((state.active(), state.username()), (true, Some("ada@example.com")));
    refreshed.access_token().clone()
}

fn okta() -> okta_auth_testing::MockOktaBuilder {
    MockOkta::builder().user(User::new("ada@example.com").name("Ada Lovelace"))
}

#[actix_web::test]
async fn the_access_token_of_a_sign_in_opens_a_protected_handler() {
    let okta = okta().client(Client::public("0oaspa").redirect_uri(CALLBACK)).start();
    let token = signs_in(&okta, "0oaspa", None).await;

    let validator = okta.validator_builder().client_id("0oaspa").build().unwrap();
    let app = actix_web::test::init_service(App::new().app_data(validator).service(me)).await;
    let authorization = ("Authorization", format!("Bearer {}", token.secret()));
    let request = actix_web::test::TestRequest::get().uri("/me").insert_header(authorization).to_request();
    assert_eq!(actix_web::test::call_and_read_body(&app, request).await, "ada@example.com");
    assert_eq!(okta.discovery_fetches(), 2, "one by the client, one by the validator");
}

#[actix_web::test]
async fn a_client_with_a_secret_signs_in_whatever_the_algorithm() {
    for algorithm in [Algorithm::RS256, Algorithm::ES256, Algorithm::PS384] {
        let okta = okta().algorithm(algorithm).start();
        let token = signs_in(&okta, okta.client_id(), Some(okta.client_secret())).await;
        let user = okta.validator().validate(token.secret()).await.unwrap();
        assert!(user.has_scope("orders:read"), "{algorithm:?}");
    }
}
