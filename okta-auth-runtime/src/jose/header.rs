//! The JOSE header (RFC 7515 section 4).

use std::borrow::Cow;

use super::JoseError;
use super::json::{Members, ScanError, kind, not_an_object, text};
use crate::error::{Excerpt, Segment};

/// The header parameters that are read.
#[derive(Clone, Copy)]
enum Parameter {
    Alg,
    Kid,
    Typ,
    Crit,
    B64,
    Zip,
    Enc,
}

const NAMES: [&str; 7] = ["alg", "kid", "typ", "crit", "b64", "zip", "enc"];
const _: () = assert!(Parameter::Enc as usize + 1 == NAMES.len());

/// A JOSE header. `jwk`, `jku`, `x5u` and `x5c` are never read.
pub(crate) struct JoseHeader<'h>(Members<'h, { NAMES.len() }>);

impl<'h> JoseHeader<'h> {
    /// Fails with `NotJsonObject` or `DuplicateMember`.
    pub(crate) fn parse(json: &'h str) -> Result<Self, JoseError> {
        Members::scan(json, &NAMES).map(Self).map_err(|error| match error {
            ScanError::NotAnObject => JoseError::NotJsonObject { segment: Segment::Header, found: not_an_object(json) },
            ScanError::Duplicate(index) => JoseError::DuplicateMember {
                segment: Segment::Header,
                member: Excerpt::new(NAMES.get(index).copied().unwrap_or_default()),
            },
        })
    }

    /// Rejects all extensions (RFC 7515 section 4.1.11, RFC 7797 section 6). `b64: true` is the default, so it passes.
    pub(crate) fn check_extensions(&self) -> Result<(), JoseError> {
        for parameter in [Parameter::Crit, Parameter::B64, Parameter::Zip, Parameter::Enc] {
            let expected = if matches!(parameter, Parameter::B64) { "none or true" } else { "none" };
            match (parameter, self.raw(parameter)) {
                (_, None) | (Parameter::B64, Some("true")) => {}
                (_, Some(raw)) => {
                    let parameter = parameter.name();
                    return Err(JoseError::UnsupportedHeader { parameter, found: kind(raw), expected });
                }
            }
        }
        Ok(())
    }

    pub(crate) fn typ(&self) -> Result<Option<Cow<'h, str>>, JoseError> {
        self.raw(Parameter::Typ).map(|raw| string(Parameter::Typ, raw, "a string")).transpose()
    }

    pub(crate) fn alg(&self) -> Result<Cow<'h, str>, JoseError> {
        string(Parameter::Alg, self.required(Parameter::Alg)?, "a string")
    }

    /// Unlike RFC 7515, requires a `kid` that is not empty.
    pub(crate) fn kid(&self) -> Result<Cow<'h, str>, JoseError> {
        let (raw, expected) = (self.required(Parameter::Kid)?, "a string that is not empty");
        let kid = string(Parameter::Kid, raw, expected)?;
        if kid.is_empty() { Err(invalid(Parameter::Kid, raw, expected)) } else { Ok(kid) }
    }

    fn required(&self, parameter: Parameter) -> Result<&'h str, JoseError> {
        self.raw(parameter).ok_or(JoseError::MissingHeader { parameter: parameter.name() })
    }

    fn raw(&self, parameter: Parameter) -> Option<&'h str> {
        self.0.raw(parameter as usize)
    }
}

impl Parameter {
    fn name(self) -> &'static str {
        NAMES[self as usize]
    }
}

fn string<'h>(parameter: Parameter, raw: &'h str, expected: &'static str) -> Result<Cow<'h, str>, JoseError> {
    text(raw).ok_or_else(|| invalid(parameter, raw, expected))
}

fn invalid(parameter: Parameter, raw: &str, expected: &'static str) -> JoseError {
    JoseError::InvalidHeader { parameter: parameter.name(), found: kind(raw), expected }
}
