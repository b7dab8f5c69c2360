//! rmcp's own client logs in, calls tools, and is stepped up, in both versions of the protocol's start.

use rmcp::model::{CallToolRequestParams, ProtocolVersion};
use rmcp::service::{ClientInitializeError, ClientLifecycleMode, RunningService};
use rmcp::transport::auth::{
    AuthClient, AuthorizationCallback, AuthorizationRequest, OAuthState, WWWAuthenticateParams,
};
use rmcp::transport::streamable_http_client::{StreamableHttpClient, StreamableHttpClientTransportConfig};
use rmcp::transport::{AuthorizationManager, StreamableHttpClientTransport};
use rmcp::{RoleClient, ServiceError};
use serde_json::json;
use url::Url;

use crate::support::{CALLBACK, CLIENT_ID, McpServer, http};

type Session = RunningService<RoleClient, ()>;

async fn connect<C>(url: &str, client: C, lifecycle: ClientLifecycleMode) -> Result<Session, ClientInitializeError>
where
    C: StreamableHttpClient + Send + Sync + 'static,
{
    let config = StreamableHttpClientTransportConfig::with_uri(url);
    let transport = StreamableHttpClientTransport::with_client(client, config);
    rmcp::service::serve_client_with_lifecycle((), transport, lifecycle).await
}

/// Opens an authorization URL as a browser does. `MockOkta` approves at once. Returns the redirect to the client.
async fn approve(url: &str) -> String {
    let response = http().get(url).send().await.unwrap();
    assert_eq!(response.status(), 302);
    response.headers()["location"].to_str().unwrap().to_owned()
}

async fn log_in(url: &str, challenge: &str) -> AuthorizationManager {
    let request = AuthorizationRequest::new(CALLBACK)
        .with_preregistered_client(CLIENT_ID)
        .with_challenge(challenge)
        .with_initial_scope_selection();
    let mut state = OAuthState::new(url, Some(http())).await.unwrap();
    state.start_authorization(request).await.unwrap();
    let url = state.get_authorization_url().await.unwrap();
    state.handle_callback_url(&approve(&url).await).await.unwrap();
    state.into_authorization_manager().unwrap()
}

/// Authorizes again, and replaces the token of a connected client.
async fn replace_token(manager: &AuthorizationManager, url: &str) {
    let callback = AuthorizationCallback::from_redirect_url(&approve(url).await).unwrap();
    let issuer = callback.issuer.as_deref();
    manager.exchange_code_for_token_with_issuer(&callback.code, &callback.csrf_token, issuer).await.unwrap();
}

async fn call(session: &Session, tool: &'static str) -> Result<String, ServiceError> {
    let arguments = json!({ "item": "tea" }).as_object().unwrap().clone();
    let result = session.call_tool(CallToolRequestParams::new(tool).with_arguments(arguments)).await?;
    Ok(result.content[0].as_text().unwrap().text.clone())
}

fn challenge_of(error: &ServiceError) -> &str {
    error.auth_challenge().unwrap_or_else(|| panic!("no challenge: {error}"))
}

/// A parameter of RFC 9470, which rmcp does not read.
fn parameter<'c>(challenge: &'c str, name: &str) -> &'c str {
    let (_, rest) = challenge.split_once(&format!(" {name}=\"")).unwrap_or_else(|| panic!("no {name}: {challenge}"));
    rest.split('"').next().unwrap()
}

async fn log_in_call_and_step_up(lifecycle: ClientLifecycleMode) {
    let server = McpServer::start();
    let url = server.url.as_str();

    // Without a token: 401. The client logs in with the scope of the challenge.
    let error = connect(url, http(), lifecycle.clone()).await.unwrap_err();
    let challenge = error.auth_challenge().unwrap();
    assert_eq!(challenge, format!("Bearer scope=\"orders:read\", {}", server.resource_metadata()));
    let manager = log_in(url, challenge).await;
    assert!(!manager.get_current_scopes().await.contains(&"orders:write".to_owned()));
    let client = AuthClient::new(http(), manager);
    let session = connect(url, client.clone(), lifecycle).await.unwrap();

    let mut tools: Vec<_> = session.list_all_tools().await.unwrap().into_iter().map(|tool| tool.name).collect();
    tools.sort();
    assert_eq!(tools, ["create_order", "list_orders", "refund_order"]);
    assert_eq!(call(&session, "list_orders").await.unwrap(), "the orders of ada@example.com");

    // Without a scope: 403. The client asks for the scopes of the challenge, in addition to those that it has.
    let error = call(&session, "create_order").await.unwrap_err();
    let challenge = WWWAuthenticateParams::parse(challenge_of(&error), &Url::parse(url).unwrap());
    assert!(challenge.is_insufficient_scope());
    assert_eq!(challenge.scope.as_deref(), Some("orders:write"));
    let manager = client.auth_manager.lock().await;
    let authorization = manager.request_scope_upgrade("orders:write").await.unwrap();
    replace_token(&manager, &authorization).await;
    drop(manager);
    assert_eq!(call(&session, "create_order").await.unwrap(), "ordered tea for ada@example.com");
    assert_eq!(call(&session, "list_orders").await.unwrap(), "the orders of ada@example.com");

    // Without a second factor: 401. A refreshed token would not have one either. The client has to repeat the challenge in its
    // authorization request (RFC 9470 section 4), which rmcp leaves to the program.
    let error = call(&session, "refund_order").await.unwrap_err();
    let challenge = challenge_of(&error);
    assert_eq!(parameter(challenge, "error"), "insufficient_user_authentication");
    let manager = client.auth_manager.lock().await;
    let scopes = manager.get_current_scopes().await;
    let scopes: Vec<_> = scopes.iter().map(String::as_str).collect();
    let mut authorization = Url::parse(&manager.get_authorization_url(&scopes).await.unwrap()).unwrap();
    let repeated = ["acr_values", "max_age"].map(|name| (name, parameter(challenge, name)));
    authorization.query_pairs_mut().extend_pairs(repeated);
    replace_token(&manager, authorization.as_str()).await;
    drop(manager);
    assert_eq!(call(&session, "refund_order").await.unwrap(), "refunded tea to ada@example.com");
}

#[actix_web::test]
async fn client_of_2026_07_28_is_stepped_up() {
    let preferred_versions = vec![ProtocolVersion::V_2026_07_28];
    log_in_call_and_step_up(ClientLifecycleMode::Discover { preferred_versions }).await;
}

#[actix_web::test]
async fn client_that_initializes_is_stepped_up() {
    log_in_call_and_step_up(ClientLifecycleMode::Initialize).await;
}
