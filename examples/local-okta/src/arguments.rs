//! The command line.

use std::net::SocketAddr;
use std::path::{Path, PathBuf};

use crate::config::{self, Config};

const HELP: &str = "\
local-okta: a local Okta for development. It listens only on loopback and trusts every caller there.

Usage: local-okta [--config FILE] [--address ADDRESS | --port PORT]

  --config FILE      read users, clients and scopes from a TOML file
  --address ADDRESS  the address to listen on; default 127.0.0.1:8181
  --port PORT        the port on 127.0.0.1; 0 selects a free port
  --example          print the default configuration, to start a file from
  --help             print this help
";

/// The command that the arguments select.
pub(crate) enum Command {
    Serve(Arguments),
    /// Print this text and exit.
    Print(&'static str),
}

/// The arguments for serving.
#[derive(Default)]
pub(crate) struct Arguments {
    file: Option<PathBuf>,
    address: Option<SocketAddr>,
}

impl Arguments {
    pub(crate) fn parse(mut words: impl Iterator<Item = String>) -> Result<Command, String> {
        let mut arguments = Self::default();
        while let Some(word) = words.next() {
            let mut value = || words.next().ok_or_else(|| format!("{word} needs a value; see --help"));
            match word.as_str() {
                "--help" | "-h" => return Ok(Command::Print(HELP)),
                "--example" => return Ok(Command::Print(config::EXAMPLE)),
                "--config" => arguments.file = Some(value()?.into()),
                "--address" => {
                    let text = value()?;
                    let address = text.parse();
                    let address =
                        address.map_err(|_| format!("--address is {text:?}, expected one such as 127.0.0.1:8181"))?;
                    arguments.address = Some(address);
                }
                "--port" => {
                    let text = value()?;
                    let port = text.parse::<u16>().map_err(|_| format!("--port is {text:?}, expected 0 to 65535"))?;
                    arguments.address = Some(SocketAddr::from(([127, 0, 0, 1], port)));
                }
                _ => return Err(format!("unknown argument {word:?}; see --help")),
            }
        }
        Ok(Command::Serve(arguments))
    }

    /// The configuration of the file, or the built-in one. The command line overrides both.
    pub(crate) fn config(self) -> Result<Config, String> {
        let mut config = match &self.file {
            Some(file) => Config::parse(&read(file)?, &file.display().to_string())?,
            None => Config::parse(config::EXAMPLE, "the built-in settings")?,
        };
        if let Some(address) = self.address {
            config.address = address;
        }
        Ok(config)
    }
}

fn read(file: &Path) -> Result<String, String> {
    std::fs::read_to_string(file).map_err(|error| format!("{} can't be read: {error}", file.display()))
}
