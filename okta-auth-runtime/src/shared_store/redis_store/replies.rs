//! The answers of a store, and why there is none.

use std::fmt;
use std::io;

use redis::{ErrorKind, RedisError, Value};

use super::marker::Marker;

/// Why a store did not answer. Never shows text of the store, which can repeat our password: an old one answers to `HELLO`
/// "unknown command, with args beginning with".
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) enum Failure {
    Timeout,
    /// Too many requests wait for an answer.
    Busy,
    Connection(String),
    /// The user or the password is refused.
    Login,
    /// The store refuses a command, with this code, such as `OOM` or `READONLY`.
    Refused(String),
    /// Not an answer of Redis, or not to this command.
    Nonsense,
    /// The marker was lost again.
    Unsettled,
}

impl fmt::Display for Failure {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Timeout => f.write_str("no answer in time"),
            Self::Busy => f.write_str("too many requests wait for an answer"),
            Self::Connection(cause) => f.write_str(cause),
            Self::Login => f.write_str("it refuses the user or the password of the URL"),
            Self::Refused(code) => write!(f, "it refuses a command: {code}"),
            Self::Nonsense => f.write_str("its answer is not that of Redis 6 or newer"),
            Self::Unsettled => f.write_str("it loses its data"),
        }
    }
}

impl From<io::Error> for Failure {
    fn from(error: io::Error) -> Self {
        Self::Connection(error.to_string())
    }
}

impl From<RedisError> for Failure {
    fn from(error: RedisError) -> Self {
        match error.kind() {
            _ if error.is_timeout() => Self::Timeout,
            ErrorKind::Io => Self::Connection("the connection is closed".to_owned()),
            ErrorKind::AuthenticationFailed => Self::Login,
            ErrorKind::Server(_) | ErrorKind::Extension => Self::refused(error.code()),
            _ => Self::Nonsense,
        }
    }
}

impl Failure {
    /// The code is the first word of an error. By convention, it is in capital letters.
    fn refused(code: Option<&str>) -> Self {
        let is_code = |code: &&str| code.len() <= 16 && code.bytes().all(|byte| byte.is_ascii_uppercase());
        match code.filter(is_code) {
            Some("WRONGPASS" | "NOAUTH") => Self::Login,
            code => Self::Refused(code.unwrap_or("an error").to_owned()),
        }
    }

    fn of(reply: &Value) -> Self {
        match reply {
            Value::ServerError(error) => Self::refused(Some(error.code())),
            _ => Self::Nonsense,
        }
    }
}

/// Whether `SET` with `NX` set the key.
pub(super) fn was_set(reply: &Value) -> Result<bool, Failure> {
    match reply {
        Value::Okay => Ok(true),
        Value::Nil => Ok(false),
        other => Err(Failure::of(other)),
    }
}

/// Whether `GET` found this value.
pub(super) fn is_value(reply: &Value, expected: &str) -> Result<bool, Failure> {
    match reply {
        Value::BulkString(value) => Ok(value == expected.as_bytes()),
        Value::Nil => Ok(false),
        other => Err(Failure::of(other)),
    }
}

/// The marker that `GET` found.
pub(super) fn marker(reply: &Value) -> Result<Marker, Failure> {
    match reply {
        Value::Nil => Ok(Marker::Missing),
        Value::BulkString(text) => Ok(Marker::parse(text)),
        // A list or another type.
        Value::ServerError(error) if error.code() == "WRONGTYPE" => Ok(Marker::Unreadable),
        other => Err(Failure::of(other)),
    }
}

/// The `maxmemory_policy` that `INFO memory` found. `None` if the user may not ask.
pub(super) fn eviction_policy(reply: &Value) -> Option<String> {
    let text = match reply {
        Value::BulkString(text) => String::from_utf8_lossy(text).into_owned(),
        Value::VerbatimString { text, .. } => text.clone(),
        _ => return None,
    };
    let policy = text.lines().find_map(|line| line.trim_end().strip_prefix("maxmemory_policy:"))?;
    // It is shown.
    (policy.len() <= 32 && policy.bytes().all(|byte| byte.is_ascii_lowercase() || byte == b'-'))
        .then(|| policy.to_owned())
}

#[cfg(test)]
mod tests {
    use redis::parse_redis_value;

    use super::*;

    fn reply(text: &str) -> Value {
        parse_redis_value(text.as_bytes()).expect("a reply")
    }

    #[test]
    fn error_of_the_connection_has_its_cause() {
        let closed = Failure::Connection("the connection is closed".to_owned());
        for (error, expected) in [
            (RedisError::from(io::Error::from(io::ErrorKind::TimedOut)), Failure::Timeout),
            (RedisError::from(io::Error::from(io::ErrorKind::BrokenPipe)), closed.clone()),
            ((ErrorKind::Io, "hunter2").into(), closed),
            ((ErrorKind::AuthenticationFailed, "hunter2").into(), Failure::Login),
            ((ErrorKind::Parse, "hunter2").into(), Failure::Nonsense),
        ] {
            assert_eq!(Failure::from(error), expected);
        }
    }

    #[test]
    fn refused_command_does_not_replace_the_marker() {
        for (text, expected) in [
            ("$-1\r\n", Ok(Marker::Missing)),
            ("$10\r\n1700000000\r\n", Ok(Marker::Since(1_700_000_000))),
            ("$1\r\nx\r\n", Ok(Marker::Unreadable)),
            ("-WRONGTYPE Operation against a key\r\n", Ok(Marker::Unreadable)),
            ("-NOPERM this user has no permissions\r\n", Err(Failure::Refused("NOPERM".to_owned()))),
            ("-NOAUTH Authentication required.\r\n", Err(Failure::Login)),
            ("+OK\r\n", Err(Failure::Nonsense)),
        ] {
            assert_eq!(marker(&reply(text)), expected, "{text}");
        }
    }

    /// RESP3 has a type for such a text. Some servers send it as RESP2 does.
    #[test]
    fn eviction_policy_is_read_in_both_types_of_text() {
        let policy = |text: &str| eviction_policy(&reply(text));
        assert_eq!(policy("=31\r\ntxt:maxmemory_policy:noeviction\r\n"), Some("noeviction".to_owned()));
        assert_eq!(policy("$38\r\n# Memory\r\nmaxmemory_policy:allkeys-lru\r\n"), Some("allkeys-lru".to_owned()));
        assert_eq!(policy("-NOPERM this user has no permissions\r\n"), None);
        // It is shown, so it is a policy and no other text.
        let long = "x".repeat(33);
        for policy in ["NOEVICTION", "no eviction", "hunter2", &long] {
            let text = format!("maxmemory_policy:{policy}");
            assert_eq!(eviction_policy(&Value::BulkString(text.into_bytes())), None, "{policy}");
        }
    }
}
