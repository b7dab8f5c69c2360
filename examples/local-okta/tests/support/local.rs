//! A `local-okta` process on a free port.
#![allow(dead_code, reason = "each test file uses a part")]

use std::io::{BufRead, BufReader};
use std::process::{Child, ChildStdout, Command, Output, Stdio};

/// A running process. Dropping it stops the process.
pub(crate) struct LocalOkta {
    child: Child,
    /// Stays open while the process runs, so that its writes succeed.
    stdout: BufReader<ChildStdout>,
    /// The lines that the program printed at the start.
    pub(crate) greeting: Vec<String>,
}

impl LocalOkta {
    pub(crate) fn start(arguments: &[&str]) -> Self {
        let mut child = command(arguments).args(["--port", "0"]).stdout(Stdio::piped()).spawn().unwrap();
        let stdout = BufReader::new(child.stdout.take().unwrap());
        let mut okta = Self { child, stdout, greeting: Vec::new() };
        while okta.greeting.last().is_none_or(|line| !line.starts_with("Stop it")) {
            let mut line = String::new();
            let length = okta.stdout.read_line(&mut line).unwrap();
            assert_ne!(length, 0, "local-okta ended: {:?}", okta.greeting);
            okta.greeting.push(line.trim_end().to_owned());
        }
        okta
    }

    /// The value of a variable in the greeting.
    pub(crate) fn variable(&self, name: &str) -> &str {
        let prefix = format!("export {name}=");
        self.greeting.iter().find_map(|line| line.strip_prefix(&prefix)).unwrap()
    }

    pub(crate) fn origin(&self) -> &str {
        self.variable("OKTA_ISSUER").strip_suffix("/oauth2/default").unwrap()
    }

    pub(crate) fn url(&self, path: &str) -> String {
        format!("{}{path}", self.origin())
    }
}

impl Drop for LocalOkta {
    fn drop(&mut self) {
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}

/// Runs the program to its end, with arguments that prevent it from serving.
pub(crate) fn run(arguments: &[&str]) -> Output {
    command(arguments).output().unwrap()
}

fn command(arguments: &[&str]) -> Command {
    let mut command = Command::new(env!("CARGO_BIN_EXE_local-okta"));
    command.args(arguments);
    command
}
