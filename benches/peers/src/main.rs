//! Compares okta-auth with other crates that do its job, on the same token.
//!
//! ```sh
//! cargo run --release --manifest-path benches/peers/Cargo.toml             # the crates
//! cargo run --release --manifest-path benches/peers/Cargo.toml -- hashes   # keyed hashes of a token
//! ```
//!
//! Each crate guards a handler that does nothing. The handler runs in this process, without sockets. A figure is the
//! CPU time in addition to the same handler without a guard in the same framework. Every crate has the key in memory
//! and verifies RS256, `exp`, the issuer, and the audience. Figures are medians of interleaved rounds.

mod actix;
mod fixture;
mod hashes;
mod rounds;
mod tower_layers;

use fixture::Fixture;

fn main() {
    let fixture = Fixture::new();
    if std::env::args().nth(1).as_deref() == Some("hashes") {
        return hashes::print(fixture.token.as_bytes());
    }
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
