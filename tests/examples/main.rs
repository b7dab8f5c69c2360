//! The examples as programs: their output, their responses, and their error messages.

mod explain;
mod process;
mod quickstart;
mod server;
