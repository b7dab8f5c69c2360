//! okta-auth and other crates that do its job, on the same tokens.
//!
//! ```sh
//! cargo run --release --manifest-path benches/peers/Cargo.toml
//! ```
//!
//! Each guards a handler that does nothing and is called in this process, without sockets: what is shown is the CPU time
//! more than the same handler takes without a guard in the same framework. All have the key at hand and verify RS256, `exp`,
//! issuer and audience. Interleaved rounds, medians.

mod actix;
mod rounds;
mod tower_layers;

use okta_auth_testing::MockOkta;

/// What every contestant is given.
struct Given {
    okta: MockOkta,
    token: String,
}

impl Given {
    fn new() -> Self {
        let okta = MockOkta::start();
        let token = okta
            .token()
            .scopes(["openid", "profile", "orders:read"])
            .group("Everyone")
            .group("engineering")
            .group("orders-admins")
            .claim("tenant", "acme-corporation")
            .claim("tier", "gold")
            .sign();
        Self { okta, token }
    }

    /// The key set, as text.
    fn keys(&self) -> String {
        serde_json::json!({ "keys": [self.okta.signing_key().jwk()] }).to_string()
    }

    fn credentials(&self) -> String {
        format!("Bearer {}", self.token)
    }
}

fn main() {
    let given = Given::new();
    let system = actix_web::rt::System::new();
    let results = system.block_on(async {
        let mut contestants = actix::contestants(&given).await;
        contestants.extend(tower_layers::contestants(&given).await);
        rounds::interleaved(contestants, 101).await
    });
    println!("Tokens of {} bytes\n", given.token.len());
    println!("| {:<44} | {:>16} |", "", "ns per request");
    println!("|{:-<46}|{:->17}:|", "", "");
    for (name, nanoseconds) in results {
        println!("| {name:<44} | {nanoseconds:>+16.0} |");
    }
}
