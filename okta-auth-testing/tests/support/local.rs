//! A `local-okta` process on a free port.
#![allow(dead_code, reason = "each test file uses a part")]

use std::io::{BufRead, BufReader, Read};
use std::process::{Child, ChildStdout, Command, Output, Stdio};

/// The process; it ends when this is dropped.
pub(crate) struct LocalOkta {
    child: Child,
    /// Open as long as the process runs, so that it may go on writing.
    _stdout: BufReader<ChildStdout>,
    /// What it said when it started.
    pub(crate) greeting: Vec<String>,
}

impl LocalOkta {
    pub(crate) fn start(arguments: &[&str]) -> Self {
        let mut child = command(arguments).args(["--port", "0"]).stdout(Stdio::piped()).spawn().unwrap();
        let mut stdout = BufReader::new(child.stdout.take().unwrap());
        let mut greeting = Vec::new();
        for line in stdout.by_ref().lines() {
            let line = line.unwrap();
            let last = line.contains("OKTA_JWKS_URI=");
            greeting.push(line);
            if last {
                return Self { child, _stdout: stdout, greeting };
            }
        }
        panic!("local-okta ended: {greeting:?}");
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

/// What it says and how it ends, for arguments that keep it from starting.
pub(crate) fn run(arguments: &[&str]) -> Output {
    command(arguments).output().unwrap()
}

fn command(arguments: &[&str]) -> Command {
    let mut command = Command::new(env!("CARGO_BIN_EXE_local-okta"));
    command.args(arguments);
    command
}
