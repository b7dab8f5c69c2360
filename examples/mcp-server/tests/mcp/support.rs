//! The server of this package, and a mock Okta that issues tokens for it.

use std::net::TcpListener;

use actix_web::dev::ServerHandle;
use actix_web::{App, HttpServer};
use okta_auth_testing::{Client, MockOkta, User};

pub const CLIENT_ID: &str = "0oamcpclient";
pub const CALLBACK: &str = "http://127.0.0.1:3334/callback";

/// Dropping it stops the server.
pub struct McpServer {
    pub okta: MockOkta,
    /// The URL of the endpoint, which is the resource and the audience.
    pub url: String,
    handle: ServerHandle,
}

impl McpServer {
    pub fn start() -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").expect("a free port");
        let url = format!("http://{}/mcp", listener.local_addr().expect("an address"));
        let okta = MockOkta::builder()
            .audience(&url)
            .client(Client::public(CLIENT_ID).redirect_uri(CALLBACK))
            .user(User::new("ada@example.com"))
            .scope("orders:read")
            .scope("orders:write")
            .start();
        let validator = okta.validator_builder().client_id(CLIENT_ID).resource(&url);
        let validator = mcp_server::settings(validator).build().expect("good settings");
        let origins = vec![url.trim_end_matches("/mcp").to_owned()];
        let routes = mcp_server::routes(validator, vec!["127.0.0.1".to_owned()], origins);
        let server = HttpServer::new(move || App::new().configure(routes.clone())).workers(1).disable_signals();
        let server = server.listen(listener).expect("a listener").run();
        let handle = server.handle();
        actix_web::rt::spawn(server);
        Self { okta, url, handle }
    }
}

impl McpServer {
    /// The parameter of every challenge.
    pub fn resource_metadata(&self) -> String {
        format!("resource_metadata=\"{}\"", self.url.replace("/mcp", "/.well-known/oauth-protected-resource/mcp"))
    }
}

impl Drop for McpServer {
    fn drop(&mut self) {
        drop(self.handle.stop(false));
    }
}

pub fn http() -> reqwest::Client {
    let client = reqwest::Client::builder().no_proxy().redirect(reqwest::redirect::Policy::none());
    client.build().expect("an HTTP client")
}
