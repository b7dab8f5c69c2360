//! The examples as programs: their output, their responses, and their error messages.

mod explain;
mod process;
mod quickstart;
#[path = "../store/redis_server.rs"]
#[allow(dead_code, reason = "the tests of the store use the rest")]
mod redis_server;
mod server;
