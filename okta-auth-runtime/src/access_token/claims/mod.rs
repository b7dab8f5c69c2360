//! The claims and their checks, given `now`: RFC 7519 section 4, RFC 9068 section 4, Okta's tokens.

use std::borrow::Cow;
use std::ops::Range;
use std::time::Duration;

use super::Profile;
use crate::error::{Excerpt, Segment, TokenError};
use crate::jose::NumericDate;
use crate::jose::json::{Members, ScanError, in_place_of_an_object, kind, strings, text};

const FIXED: [&str; 7] = ["iss", "sub", "aud", "exp", "nbf", "iat", "cnf"];
const ISS: usize = 0;
const SUB: usize = 1;
const AUD: usize = 2;
const EXP: usize = 3;
const NBF: usize = 4;
const IAT: usize = 5;
const CNF: usize = 6;

/// The items of most lists of scopes or groups. Longer lists are cut to what they need when they are complete.
const USUAL_LIST: usize = 4;

/// The names of the claims that are read, by a profile.
#[derive(Debug)]
pub(crate) struct ClaimNames {
    names: Vec<Box<str>>,
    client: usize,
    user_id: Option<usize>,
    scopes: usize,
    groups: usize,
    words: bool,
}

impl ClaimNames {
    pub(crate) fn new(profile: &Profile) -> Self {
        let mut names: Vec<Box<str>> = FIXED.iter().map(|name| (*name).into()).collect();
        let mut index = |name: &str| {
            names.iter().position(|known| &**known == name).unwrap_or_else(|| {
                names.push(name.into());
                names.len() - 1
            })
        };
        Self {
            client: index(&profile.client),
            user_id: profile.user_id.as_deref().map(&mut index),
            scopes: index(&profile.scopes),
            groups: index(&profile.groups),
            words: profile.words,
            names,
        }
    }
}

/// What the claims of an issuer's tokens have to be.
#[derive(Debug)]
pub(crate) struct Expectations {
    /// The `iss`.
    pub(crate) issuer: Box<str>,
    /// The token must be meant for one of these.
    pub(crate) audiences: Vec<Box<str>>,
    /// The client must be one of these; `None` for any.
    pub(crate) clients: Option<Vec<Box<str>>>,
    /// How far clocks may differ.
    pub(crate) leeway: Duration,
    /// Where the claims are.
    pub(crate) names: ClaimNames,
}

/// A string of the payload: where it stands there, or unescaped.
#[derive(Debug, Clone)]
pub(crate) enum Text {
    Span(Range<usize>),
    Unescaped(Box<str>),
}

impl Text {
    /// The string, given the payload that it was read from.
    pub(crate) fn of<'p>(&'p self, payload: &'p str) -> &'p str {
        match self {
            Self::Span(range) => payload.get(range.clone()).unwrap_or_default(),
            Self::Unescaped(text) => text,
        }
    }
}

/// Claims that every check was made on. Texts are relative to the payload.
#[derive(Debug)]
pub(crate) struct ValidClaims {
    pub(crate) subject: Text,
    pub(crate) client: Text,
    pub(crate) user_id: Option<Text>,
    /// There is no user ID, though the profile says where users have one.
    pub(crate) is_service: bool,
    pub(crate) scopes: Vec<Text>,
    pub(crate) groups: Vec<Text>,
    pub(crate) expires_at: NumericDate,
    pub(crate) issued_at: Option<NumericDate>,
}

/// The claims as a stranger sent them. `issuer` may select among configured issuers before the signature is verified;
/// everything else is for afterwards.
pub(crate) struct UnverifiedClaims<'p> {
    payload: &'p str,
    names: &'p ClaimNames,
    members: Members<'p>,
}

/// The unverified `iss` alone, to select among several issuers.
pub(crate) fn unverified_issuer(payload: &str) -> Result<Cow<'_, str>, TokenError> {
    let members = Members::scan(payload, &["iss"]).map_err(|error| scan_error(error, payload, |_| "iss"))?;
    issuer(members.raw(0))
}

impl<'p> UnverifiedClaims<'p> {
    /// Finds the members that are read.
    ///
    /// # Errors
    ///
    /// `NotJsonObject`, `DuplicateMember`.
    pub(crate) fn parse(payload: &'p str, names: &'p ClaimNames) -> Result<Self, TokenError> {
        let members = Members::scan(payload, &names.names)
            .map_err(|error| scan_error(error, payload, |index| names.names.get(index).map_or("", |name| name)))?;
        Ok(Self { payload, names, members })
    }

    /// The `iss` claim: one string.
    pub(crate) fn issuer(&self) -> Result<Cow<'p, str>, TokenError> {
        issuer(self.members.raw(ISS))
    }

    /// Every check in the order of [`checks`](Self::checks), after the signature was verified.
    ///
    /// The client comes last, so that a token with two defects gets the graver answer.
    pub(crate) fn validate(&self, expected: &Expectations, now: Duration) -> Result<ValidClaims, TokenError> {
        self.bearer()?;
        self.issued_by(expected)?;
        self.meant_for(expected)?;
        let expires_at = self.not_expired(expected, now)?;
        self.not_before(NBF, expected, now)?;
        let issued_at = self.not_before(IAT, expected, now)?;
        let subject = self.subject()?;
        let user_id = self.user_id()?;
        let is_service = user_id.is_none() && self.names.user_id.is_some();
        let scopes = self.scopes()?;
        let groups = self.groups()?;
        let client = self.client(expected)?;
        Ok(ValidClaims { subject, client, user_id, is_service, scopes, groups, expires_at, issued_at })
    }

    /// A token that is bound to a key is no Bearer token (RFC 9449 section 7.1).
    pub(crate) fn bearer(&self) -> Result<(), TokenError> {
        if self.members.raw(CNF).is_some() { Err(TokenError::BoundToKey) } else { Ok(()) }
    }

    pub(crate) fn issued_by(&self, expected: &Expectations) -> Result<(), TokenError> {
        let found = self.issuer()?;
        if *found == *expected.issuer {
            return Ok(());
        }
        Err(TokenError::IssuerNotAllowed { found: Excerpt::new(&found), expected: Excerpt::new(&expected.issuer) })
    }

    /// `aud` is a string or an array of strings (RFC 7519 section 4.1.3) and holds a configured audience.
    pub(crate) fn meant_for(&self, expected: &Expectations) -> Result<(), TokenError> {
        let mut meant = false;
        self.each_audience(|audience| meant |= expected.audiences.iter().any(|allowed| **allowed == *audience))?;
        if meant {
            return Ok(());
        }
        let found = self.audiences()?;
        Err(TokenError::AudienceNotAllowed {
            found: Excerpt::list(&found),
            expected: Excerpt::list(&expected.audiences),
        })
    }

    /// The `aud` claim, as a list.
    pub(crate) fn audiences(&self) -> Result<Vec<Cow<'p, str>>, TokenError> {
        let mut audiences = Vec::new();
        self.each_audience(|audience| audiences.push(audience))?;
        Ok(audiences)
    }

    fn each_audience(&self, mut each: impl FnMut(Cow<'p, str>)) -> Result<(), TokenError> {
        let raw = self.members.raw(AUD).ok_or_else(|| missing("aud"))?;
        match text(raw) {
            Some(one) => {
                each(one);
                Ok(())
            }
            None => strings(raw, each).ok_or_else(|| invalid_list("aud", raw, "a string or an array of strings")),
        }
    }

    /// Valid while now < exp + leeway.
    pub(crate) fn not_expired(&self, expected: &Expectations, now: Duration) -> Result<NumericDate, TokenError> {
        let expires_at = self.date(EXP)?.ok_or_else(|| missing("exp"))?;
        let now = NumericDate::at(now);
        if now < expires_at.plus(expected.leeway) {
            return Ok(expires_at);
        }
        Err(TokenError::Expired { ago: now.later_than(expires_at), leeway: expected.leeway })
    }

    /// `nbf` and `iat` are optional; valid while they are ≤ now + leeway.
    fn not_before(
        &self,
        index: usize,
        expected: &Expectations,
        now: Duration,
    ) -> Result<Option<NumericDate>, TokenError> {
        let Some(date) = self.date(index)? else { return Ok(None) };
        let now = NumericDate::at(now);
        if date <= now.plus(expected.leeway) {
            return Ok(Some(date));
        }
        let claim = FIXED.get(index).copied().unwrap_or_default();
        Err(TokenError::NotYetValid { claim, ahead: date.later_than(now), leeway: expected.leeway })
    }

    /// `exp` relative to `now`, for people.
    pub(crate) fn times(&self, now: Duration) -> String {
        let Ok(Some(expires_at)) = self.date(EXP) else { return String::new() };
        let now = NumericDate::at(now);
        let (ahead, ago) = (expires_at.later_than(now), now.later_than(expires_at));
        if ago.is_zero() { format!("in {} s", ahead.as_secs_f64()) } else { format!("{} s ago", ago.as_secs_f64()) }
    }

    /// `nbf` and `iat`, both.
    pub(crate) fn already_valid(&self, expected: &Expectations, now: Duration) -> Result<(), TokenError> {
        self.not_before(NBF, expected, now)?;
        self.not_before(IAT, expected, now)?;
        Ok(())
    }

    /// Required and not empty: RFC 9068 section 2.2.
    pub(crate) fn subject(&self) -> Result<Text, TokenError> {
        let raw = self.members.raw(SUB).ok_or_else(|| missing("sub"))?;
        self.filled(raw, "sub")
    }

    /// Absent or null for a service (client credentials).
    pub(crate) fn user_id(&self) -> Result<Option<Text>, TokenError> {
        let Some(index) = self.names.user_id else { return Ok(None) };
        self.members.non_null(index).map(|raw| self.filled(raw, self.name(index))).transpose()
    }

    pub(crate) fn scopes(&self) -> Result<Vec<Text>, TokenError> {
        self.list(self.names.scopes)
    }

    pub(crate) fn groups(&self) -> Result<Vec<Text>, TokenError> {
        self.list(self.names.groups)
    }

    /// The client, if it is one of those that are allowed. Missing or null is not.
    pub(crate) fn client(&self, expected: &Expectations) -> Result<Text, TokenError> {
        let client = self.client_found()?;
        let allowed = |client: &Cow<'_, str>| match &expected.clients {
            Some(clients) => clients.iter().any(|allowed| **allowed == **client),
            None => true,
        };
        match client {
            Some(client) if allowed(&client) => Ok(self.keep(client)),
            other => Err(TokenError::ClientNotAllowed {
                claim: self.name(self.names.client).into(),
                found: other.map_or_else(Excerpt::none, |client| Excerpt::new(&client)),
                expected: expected.clients.as_ref().map_or_else(|| Excerpt::word("any client"), Excerpt::list),
            }),
        }
    }

    /// The client that the token names; an empty name is none.
    pub(crate) fn client_found(&self) -> Result<Option<Cow<'p, str>>, TokenError> {
        let Some(raw) = self.members.non_null(self.names.client) else { return Ok(None) };
        let client = text(raw).ok_or_else(|| invalid(self.name(self.names.client), raw, "a string"))?;
        Ok(Some(client).filter(|client| !client.is_empty()))
    }

    fn date(&self, index: usize) -> Result<Option<NumericDate>, TokenError> {
        let Some(raw) = self.members.raw(index) else { return Ok(None) };
        NumericDate::parse(raw).map(Some).ok_or_else(|| invalid_date(self.name(index), raw))
    }

    fn filled(&self, raw: &'p str, claim: &str) -> Result<Text, TokenError> {
        let text = text(raw).filter(|text| !text.is_empty());
        text.map(|text| self.keep(text)).ok_or_else(|| invalid(claim, raw, "a string that is not empty"))
    }

    /// An array of strings or, where the profile says so, one string of words. Absent and null are empty.
    fn list(&self, index: usize) -> Result<Vec<Text>, TokenError> {
        let Some(raw) = self.members.non_null(index) else { return Ok(Vec::new()) };
        let mut items = Vec::with_capacity(USUAL_LIST);
        if strings(raw, |item| items.push(self.keep(item))).is_some() {
            if items.len() > USUAL_LIST {
                items.shrink_to_fit();
            }
            return Ok(items);
        }
        match text(raw) {
            Some(Cow::Borrowed(words)) if self.names.words => Ok(words
                .split(' ')
                .filter(|word| !word.is_empty())
                .map(|word| self.keep(Cow::Borrowed(word)))
                .collect()),
            Some(Cow::Owned(words)) if self.names.words => {
                Ok(words.split(' ').filter(|word| !word.is_empty()).map(|word| Text::Unescaped(word.into())).collect())
            }
            _ if self.names.words => Err(invalid_list(self.name(index), raw, "an array of strings or one string")),
            _ => Err(invalid_list(self.name(index), raw, "an array of strings")),
        }
    }

    /// A text that stands in the payload is kept as its place there.
    fn keep(&self, text: Cow<'p, str>) -> Text {
        match text {
            Cow::Borrowed(text) => {
                let start = text.as_ptr() as usize - self.payload.as_ptr() as usize;
                Text::Span(start..start + text.len())
            }
            Cow::Owned(text) => Text::Unescaped(text.into()),
        }
    }

    fn name(&self, index: usize) -> &'p str {
        self.names.names.get(index).map_or("", |name| name)
    }
}

fn issuer(raw: Option<&str>) -> Result<Cow<'_, str>, TokenError> {
    let raw = raw.ok_or_else(|| missing("iss"))?;
    text(raw).ok_or_else(|| invalid("iss", raw, "a string"))
}

fn missing(claim: &str) -> TokenError {
    TokenError::MissingClaim { claim: claim.into() }
}

fn invalid(claim: &str, raw: &str, expected: &'static str) -> TokenError {
    TokenError::InvalidClaim { claim: claim.into(), found: kind(raw), expected }
}

/// Where an array is expected, one is refused for what is in it.
fn invalid_list(claim: &str, raw: &str, expected: &'static str) -> TokenError {
    let found = if raw.starts_with('[') { "an array with other items" } else { kind(raw) };
    TokenError::InvalidClaim { claim: claim.into(), found, expected }
}

/// Where a number is expected, one is refused for being none that can be counted with.
fn invalid_date(claim: &str, raw: &str) -> TokenError {
    let found = match kind(raw) {
        "a number" => "a number that is not finite",
        found => found,
    };
    TokenError::InvalidClaim { claim: claim.into(), found, expected: "a finite number of seconds" }
}

fn scan_error<'n>(error: ScanError, payload: &str, name: impl FnOnce(usize) -> &'n str) -> TokenError {
    match error {
        ScanError::NotAnObject => {
            TokenError::NotJsonObject { segment: Segment::Payload, found: in_place_of_an_object(payload) }
        }
        ScanError::Duplicate(index) => {
            TokenError::DuplicateMember { segment: Segment::Payload, member: Excerpt::new(name(index)) }
        }
    }
}

#[cfg(test)]
mod tests;
