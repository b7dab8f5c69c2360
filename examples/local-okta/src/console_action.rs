//! The actions of the console's forms.

use std::time::Duration;

use okta_auth_testing::{Endpoint, Fault, Injection, MockOkta};

use crate::fields::Fields;

/// A kind of fault, whose parameter is the field `value` of the form.
pub(crate) struct FaultKind {
    pub(crate) name: &'static str,
    pub(crate) label: &'static str,
    make: fn(&Fields) -> Result<Fault, String>,
}

pub(crate) const FAULT_KINDS: [FaultKind; 12] = [
    FaultKind {
        name: "status",
        label: "status (value: 400 to 599)",
        make: |fields| Ok(Fault::Status(status(fields)?)),
    },
    FaultKind {
        name: "oauth",
        label: "error of OAuth (value: status and error, such as 401 invalid_client)",
        make: |fields| {
            let value = fields.non_empty("value").unwrap_or_default();
            let (status, error) = value.split_once(' ').unwrap_or((value, ""));
            let status = status.parse().ok().filter(|status| (400..=599).contains(status));
            let status = status.filter(|_| !error.is_empty());
            let status =
                status.ok_or_else(|| format!("{value:?} is not a status and an error: 401 invalid_client."))?;
            Ok(Fault::oauth_error(status, error))
        },
    },
    FaultKind {
        name: "limit",
        label: "429, rate limit (value: Retry-After in seconds, or nothing)",
        make: |fields| {
            let seconds = fields.number("value")?;
            Ok(Fault::TooManyRequests { retry_after: seconds.map(Duration::from_secs) })
        },
    },
    FaultKind { name: "hang", label: "hang until released", make: |_| Ok(Fault::Hang) },
    FaultKind {
        name: "drip",
        label: "slow drip (value: milliseconds per byte)",
        make: |fields| Ok(Fault::SlowDrip { every: Duration::from_millis(required_value(fields, "milliseconds")?) }),
    },
    FaultKind { name: "truncate", label: "end in the middle of the body", make: |_| Ok(Fault::Truncate) },
    FaultKind { name: "garbage", label: "a body that is not JSON", make: |_| Ok(Fault::Garbage) },
    FaultKind {
        name: "oversized",
        label: "a body too large (value: bytes, at most 16 MiB)",
        make: |fields| {
            let bytes: usize = required_value(fields, "bytes")?;
            Ok(Fault::Oversized { bytes: bytes.min(16 << 20) })
        },
    },
    FaultKind { name: "reset", label: "reset of the connection", make: |_| Ok(Fault::Reset) },
    FaultKind { name: "empty", label: "a key set without keys", make: |_| Ok(Fault::EmptyKeySet) },
    FaultKind {
        name: "redirect",
        label: "redirect (value: URL)",
        make: |fields| {
            let to = fields.non_empty("value").unwrap_or_default();
            let to = url::Url::parse(to).map_err(|_| format!("A redirect needs a URL as its value, not {to:?}."))?;
            Ok(Fault::Redirect(to.to_string()))
        },
    },
    FaultKind {
        name: "body",
        label: "another body (value: the body)",
        make: |fields| Ok(Fault::Body(fields.find("value").unwrap_or_default().to_owned())),
    },
];

/// The endpoints that a fault can affect.
pub(crate) const ENDPOINTS: [(&str, Endpoint); 10] = [
    ("Keys", Endpoint::Keys),
    ("OpenID configuration", Endpoint::OpenIdConfiguration),
    ("OAuth metadata", Endpoint::OAuthMetadata),
    ("OAuth metadata (RFC 8414 place)", Endpoint::OAuthMetadataInserted),
    ("Token", Endpoint::Token),
    ("Authorize", Endpoint::Authorize),
    ("Introspect", Endpoint::Introspect),
    ("Revoke", Endpoint::Revoke),
    ("User info", Endpoint::UserInfo),
    ("Logout", Endpoint::Logout),
];

/// Performs the action of a form.
///
/// # Errors
///
/// A sentence that names the problem with the form.
pub(crate) fn perform(okta: &MockOkta, fields: &Fields) -> Result<(), String> {
    match fields.find("do").unwrap_or_default() {
        "down" => okta.go_down(),
        "up" => okta.come_back(),
        "rotate" => drop(okta.rotate()),
        "rotate-without-overlap" => drop(okta.rotate_without_overlap()),
        "withdraw" => {
            if !okta.withdraw(fields.find("kid").unwrap_or_default()) {
                return Err("That key is not published.".to_owned());
            }
        }
        "fault" => okta.fault(injection(fields)?),
        "clear" => okta.clear_faults(),
        "release" => okta.release(),
        "clock" => {
            let seconds: i64 = fields.number("ahead")?.unwrap_or_default();
            let by = Duration::from_secs(seconds.unsigned_abs().min(YEAR_SECONDS));
            if seconds < 0 { okta.run_behind(by) } else { okta.run_ahead(by) }
        }
        "cache" => match fields.non_empty("cache") {
            Some(value) if value.bytes().all(|byte| byte.is_ascii_graphic() || byte == b' ') => {
                okta.cache_control(value)
            }
            Some(_) => return Err("A header can't have these characters.".to_owned()),
            None => okta.no_cache_control(),
        },
        other => return Err(format!("There is no action {other:?}.")),
    }
    Ok(())
}

const YEAR_SECONDS: u64 = 365 * 24 * 3600;

fn injection(fields: &Fields) -> Result<Injection, String> {
    let name = fields.find("kind").unwrap_or_default();
    let kind =
        FAULT_KINDS.iter().find(|kind| kind.name == name).ok_or_else(|| format!("There is no fault {name:?}."))?;
    let mut injection = Injection::from((kind.make)(fields)?);
    if let Some(name) = fields.non_empty("endpoint") {
        let endpoint = ENDPOINTS.iter().find(|(known, _)| *known == name);
        let (_, endpoint) = endpoint.ok_or_else(|| format!("There is no endpoint {name:?}."))?;
        injection = injection.on(*endpoint);
    }
    Ok(match fields.number("times")? {
        Some(times) => injection.times(times),
        None => injection,
    })
}

fn status(fields: &Fields) -> Result<u16, String> {
    let status = required_value(fields, "an HTTP status")?;
    if (400..=599).contains(&status) { Ok(status) } else { Err(format!("{status} is no error status: 400 to 599.")) }
}

fn required_value<T: std::str::FromStr>(fields: &Fields, what: &str) -> Result<T, String> {
    fields.number("value")?.ok_or_else(|| format!("This fault needs {what} as its value."))
}

/// Describes a fault in a sentence.
pub(crate) fn describe(injection: &Injection) -> String {
    let endpoint = injection.endpoint().map_or("all endpoints".to_owned(), |endpoint| {
        ENDPOINTS.iter().find(|(_, known)| *known == endpoint).map_or("others", |(name, _)| name).to_owned()
    });
    let left = injection.left().map_or("until lifted".to_owned(), |left| format!("{left} more"));
    format!("{:?} on {endpoint}, {left}", injection.fault())
}
