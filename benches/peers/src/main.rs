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
mod fixture;
mod rounds;
mod tower_layers;

use fixture::Fixture;

fn main() {
    let fixture = Fixture::new();
    let system = actix_web::rt::System::new();
    let results = system.block_on(async {
        let mut peers = actix::peers(&fixture).await;
        peers.extend(tower_layers::peers(&fixture).await);
        rounds::interleaved(peers, 101).await
    });
    println!("Tokens of {} bytes\n", fixture.token.len());
    println!("| {:<44} | {:>16} |", "", "ns per request");
    println!("|{:-<46}|{:->17}:|", "", "");
    for (name, nanoseconds) in results {
        println!("| {name:<44} | {nanoseconds:>+16.0} |");
    }
}
