//! The examples as programs: what they print, what they answer, what they say when something is wrong.

mod explain;
mod process;
mod quickstart;
mod server;
