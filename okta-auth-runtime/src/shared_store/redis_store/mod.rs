//! A store in Redis or Valkey.
//!
//! `builder` configures it. `address` is where it is. `store` decides about a proof, with the rules of `marker`. `link` is one
//! connection, over `tls` if its URL says so, and `bounded` in what it receives. `supervisor` keeps one open, on a thread of its own.

mod address;
mod bounded;
mod builder;
mod core;
mod link;
mod marker;
#[cfg(test)]
mod model;
mod replies;
mod store;
mod supervisor;
mod tls;

pub use builder::SharedStoreBuilder;
