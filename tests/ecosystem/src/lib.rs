//! okta-auth together with other crates for actix-web: one realistic app for each crate, and what matters for
//! authentication. The page `guide::ecosystem` of okta-auth explains each.
#![cfg(test)]

mod browser;
mod cors;
mod files;
mod multipart;
mod rate_limit;
mod sentry;
mod session;
mod support;
mod tracing;
mod utoipa;
#[path = "../../browser/web_driver.rs"]
mod web_driver;
mod websockets;
