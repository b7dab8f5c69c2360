//! A local Okta for development: `MockOkta` on a fixed port, with a sign-in page, a token page and a console for
//! faults.
//!
//! ```sh
//! cargo run -p local-okta
//! cargo run -p local-okta -- --config local-okta.toml
//! ```

mod api_request;
mod arguments;
mod authentication_fields;
mod config;
mod console;
mod console_action;
mod decoded;
mod defect;
mod fields;
mod html;
mod introspection;
mod page;
mod page_security;
mod server;
mod shell;
mod sign_in;
mod state;
mod token_page;
mod token_request;

use std::io::Write;
use std::process::ExitCode;

use crate::arguments::{Arguments, Command};
use crate::server::LocalOkta;

fn main() -> ExitCode {
    match run() {
        Ok(()) => ExitCode::SUCCESS,
        Err(message) => {
            eprintln!("local-okta: {message}");
            ExitCode::FAILURE
        }
    }
}

fn run() -> Result<(), String> {
    let arguments = match Arguments::parse(std::env::args().skip(1))? {
        Command::Serve(arguments) => arguments,
        Command::Print(text) => {
            print!("{text}");
            return Ok(());
        }
    };
    let okta = LocalOkta::start(arguments.config()?)?;
    // The program also serves if stdout is closed.
    let _ = writeln!(std::io::stdout(), "{}", okta.greeting());
    // The mock serves from its own thread until the process ends.
    loop {
        std::thread::park();
    }
}
