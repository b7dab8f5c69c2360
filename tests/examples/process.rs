//! An example in its own process.

use std::io::{BufRead as _, BufReader, Read as _, Write as _};
use std::path::PathBuf;
use std::process::{Child, Command, Output, Stdio};

/// A running example. Dropping it kills the process.
pub(crate) struct Process {
    child: Child,
    lines: BufReader<Box<dyn std::io::Read + Send>>,
}

impl Process {
    /// Starts an example with only these of its variables.
    pub(crate) fn start(name: &str, variables: &[(&str, &str)]) -> Self {
        let mut child = command(name, variables).stderr(Stdio::null()).spawn().expect("the example starts");
        let output = child.stdout.take().expect("standard output");
        Self { child, lines: BufReader::new(Box::new(output)) }
    }

    /// The output up to and including the line that contains `text`.
    pub(crate) fn read_until(&mut self, text: &str) -> String {
        let mut printed = String::new();
        loop {
            let before = printed.len();
            let read = self.lines.read_line(&mut printed).expect("text");
            assert!(read > 0, "ended before {text:?}: {printed}");
            if printed[before..].contains(text) {
                return printed;
            }
        }
    }
}

impl Drop for Process {
    fn drop(&mut self) {
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}

/// Runs an example until it ends.
pub(crate) fn run(name: &str, arguments: &[&str], variables: &[(&str, &str)], input: &str) -> Output {
    let mut command = command(name, variables);
    let mut child = command.args(arguments).stderr(Stdio::piped()).spawn().expect("the example starts");
    child.stdin.take().expect("standard input").write_all(input.as_bytes()).expect("input");
    let mut errors = String::new();
    child.stderr.take().expect("standard error").read_to_string(&mut errors).expect("text");
    let mut output = child.wait_with_output().expect("the example ends");
    output.stderr = errors.into_bytes();
    output
}

fn command(name: &str, variables: &[(&str, &str)]) -> Command {
    let mut command = Command::new(binary(name));
    for variable in [
        "ISSUER",
        "CLIENT_ID",
        "AUDIENCE",
        "JWKS_URI",
        "INTROSPECTION",
        "INTROSPECTION_URI",
        "INTROSPECTION_CLIENT_ID",
        "INTROSPECTION_CLIENT_SECRET",
        "RESOURCE",
        "LEEWAY",
        "STATUS_MAPPING",
        "CLIENT_CERT_HEADER",
        "TRUSTED_PROXIES",
    ] {
        command.env_remove(format!("OKTA_{variable}"));
    }
    // This directory and its parents have no `.env` file.
    command.current_dir(std::env::temp_dir());
    command.envs(variables.iter().copied()).stdin(Stdio::piped()).stdout(Stdio::piped());
    command
}

/// The path of the example beside this test's binary, where `cargo test` builds it. Builds the example if only this
/// test was built.
fn binary(name: &str) -> PathBuf {
    let test = std::env::current_exe().expect("a path");
    let profile = test.parent().and_then(|deps| deps.parent()).expect("a target directory");
    let binary = profile.join("examples").join(format!("{name}{}", std::env::consts::EXE_SUFFIX));
    if !binary.exists() {
        let status = Command::new(env!("CARGO")).args(["build", "--example", name]).status().expect("cargo");
        assert!(status.success());
    }
    binary
}
