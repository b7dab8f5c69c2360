//! The claims of a token and their checks, given `now`: RFC 7519 section 4, RFC 9068 section 4, Okta's tokens.

use std::borrow::Cow;
use std::sync::Arc;
use std::time::Duration;

use super::actor::Actor;
use super::claim_names::{CLAIMS, Claim, FIRST_OPTIONAL};
use super::text_list::TextList;
use super::{Confirmation, IssuerRules};
use crate::error::{Excerpt, Segment, TokenError};
use crate::jose::json::{ScanError, kind, not_an_object, strings, text};
use crate::jose::{Members, NumericDate};

/// Claims that passed every check.
#[derive(Debug, Clone)]
pub(crate) struct ValidClaims {
    pub(crate) subject: Box<str>,
    pub(crate) client: Box<str>,
    pub(crate) user_id: Option<Box<str>>,
    /// Whether an introspection response has a `username`, unless that and `sub` are the client. The token is then not that of a
    /// service.
    pub(crate) names_user: bool,
    pub(crate) scopes: TextList,
    pub(crate) groups: TextList,
    pub(crate) expires_at: NumericDate,
    pub(crate) issued_at: Option<NumericDate>,
    /// How the user was authenticated (OpenID Connect Core section 2).
    pub(crate) acr: Option<Box<str>>,
    /// When the user was authenticated (RFC 9068 section 2.2.1).
    pub(crate) auth_time: Option<NumericDate>,
    pub(crate) actor: Option<Box<Actor>>,
    /// The token has a `cnf`: only the holder of a key may use it (RFC 7800).
    pub(crate) confirmation: Option<Box<Confirmation>>,
}

/// Claims that were found in a payload, while their checks run. Each check stores the value that it accepts.
pub(crate) struct UncheckedClaims<'p> {
    members: Members<'p, CLAIMS>,
    pub(super) rules: &'p Arc<IssuerRules>,
    now: NumericDate,
    pub(super) subject: Option<Box<str>>,
    client: Option<Box<str>>,
    pub(super) user_id: Option<Box<str>>,
    pub(super) scopes: Option<TextList>,
    pub(super) groups: Option<TextList>,
    expires_at: Option<NumericDate>,
    issued_at: Option<NumericDate>,
    /// Set for the claims of an introspection response; `None` for those of a token.
    answer: Option<AnswerTerms<'p>>,
}

/// How the claims of an introspection response differ from those of a token (RFC 7662 section 2.2).
#[derive(Debug, Clone, Copy)]
pub(super) struct AnswerTerms<'p> {
    /// The raw `username`. If there is one, the token has a user.
    pub(super) username: Option<&'p str>,
    /// The time until which the response is used. It takes the place of an absent `exp`.
    pub(super) usable_until: NumericDate,
}

/// The unverified `iss`, which only selects among the configured issuers.
pub(crate) fn unverified_issuer(payload: &str) -> Result<Cow<'_, str>, TokenError> {
    let members = Members::scan(payload, &["iss"]).map_err(|error| scan_error(error, payload, |_| "iss"))?;
    issuer(members.raw(0))
}

impl<'p> UncheckedClaims<'p> {
    /// Finds the members of `payload` that are read under `rules`.
    pub(crate) fn parse(payload: &'p str, rules: &'p Arc<IssuerRules>) -> Result<Self, TokenError> {
        let names = rules.names.all();
        let members = Members::scan_tolerating(payload, names, FIRST_OPTIONAL)
            .map_err(|error| scan_error(error, payload, |index| names.get(index).map_or("", |name| name)))?;
        Ok(Self {
            members,
            rules,
            // Until `at` sets the time, every token has expired.
            now: NumericDate::at(Duration::MAX),
            subject: None,
            client: None,
            user_id: None,
            scopes: None,
            groups: None,
            expires_at: None,
            issued_at: None,
            answer: None,
        })
    }

    /// As [`parse`](Self::parse), for an introspection response that says that the token is active. `iss` and `exp` are optional,
    /// and a member that is null counts as absent: some servers send null for a value that they do not have.
    pub(super) fn of_answer(
        response: &'p str,
        rules: &'p Arc<IssuerRules>,
        terms: AnswerTerms<'p>,
    ) -> Result<Self, TokenError> {
        Ok(Self { answer: Some(terms), ..Self::parse(response, rules)? })
    }

    /// Sets the time that the checks compare with.
    pub(crate) fn at(self, now: Duration) -> Self {
        Self { now: NumericDate::at(now), ..self }
    }

    /// Runs every check at `now`, the time since the Unix epoch, and stops at the first that fails.
    pub(crate) fn check_all(self, now: Duration) -> Result<ValidClaims, TokenError> {
        let mut claims = self.at(now);
        Self::CHECKS.iter().try_for_each(|check| (check.run)(&mut claims))?;
        // After the checks nothing is missing. If it were, the token would be rejected.
        Ok(ValidClaims {
            confirmation: claims.confirmation().map(Box::new),
            names_user: claims.names_user(),
            acr: claims.acr(),
            auth_time: claims.auth_time(),
            actor: claims.actor().map(Box::new),
            subject: claims.subject_or_client().ok_or_else(|| missing("sub"))?,
            client: claims.client.ok_or_else(|| missing(claims.rules.names.name(Claim::Client)))?,
            expires_at: claims.expires_at.ok_or_else(|| missing("exp"))?,
            user_id: claims.user_id,
            scopes: claims.scopes.unwrap_or_default(),
            groups: claims.groups.unwrap_or_default(),
            issued_at: claims.issued_at,
        })
    }

    /// The keys to which the token is bound, if it has a `cnf`, whatever its value.
    pub(crate) fn confirmation(&self) -> Option<Confirmation> {
        self.raw(Claim::Confirmation).map(Confirmation::parse)
    }

    /// Whether the token has a `cnf`, whatever its value.
    pub(crate) fn is_bound(&self) -> bool {
        self.raw(Claim::Confirmation).is_some()
    }

    /// The subject. A response without `sub` and `username` is about a service, whose subject is its client, as in a JWT (RFC
    /// 9068 section 2.2).
    fn subject_or_client(&self) -> Option<Box<str>> {
        let is_service = self.answer.is_some_and(|answer| answer.username.is_none());
        self.subject.clone().or_else(|| self.client.clone().filter(|_| is_service))
    }

    /// Whether a response has a `username` of a user. Some servers repeat the client there and in `sub` for a service. The client in
    /// `username` only is not enough: client IDs are public, and a user can choose one as a name.
    fn names_user(&self) -> bool {
        let username = self.answer.and_then(|answer| answer.username);
        let is_client = |name: Option<&str>| name.is_some() && name == self.client.as_deref();
        username.is_some_and(|raw| !is_client(text(raw).as_deref()) || !is_client(self.subject.as_deref()))
    }

    pub(crate) fn check_issuer(&self) -> Result<(), TokenError> {
        if self.answer.is_some() && self.raw(Claim::Issuer).is_none() {
            return Ok(());
        }
        let (found, expected) = (issuer(self.raw(Claim::Issuer))?, &*self.rules.issuer);
        if found == expected {
            return Ok(());
        }
        Err(TokenError::IssuerNotAllowed { found: Excerpt::new(&found), expected: Excerpt::new(expected) })
    }

    pub(super) fn check_audience(&mut self) -> Result<(), TokenError> {
        let (found, allowed) = (self.audiences()?, &self.rules.audiences);
        if found.iter().any(|audience| allowed.iter().any(|allowed| **allowed == **audience)) {
            return Ok(());
        }
        Err(TokenError::AudienceNotAllowed { found: Excerpt::list(found), expected: Excerpt::list(allowed) })
    }

    /// `aud` is a string or an array of strings (RFC 7519 section 4.1.3).
    pub(super) fn audiences(&self) -> Result<Vec<Cow<'p, str>>, TokenError> {
        let raw = self.raw(Claim::Audience).ok_or_else(|| missing("aud"))?;
        let found = text(raw).map(|one| vec![one]).or_else(|| strings(raw));
        found.ok_or_else(|| invalid_list("aud", raw, "a string or an array of strings"))
    }

    /// Valid while now < `exp` + leeway.
    pub(super) fn check_expiration(&mut self) -> Result<(), TokenError> {
        let leeway = self.rules.leeway;
        let expires_at = match (self.parse_date(Claim::Expiration)?, self.answer) {
            (Some(expires_at), _) => expires_at,
            (None, None) => return Err(missing("exp")),
            (None, Some(answer)) => {
                self.expires_at = Some(answer.usable_until);
                return Ok(());
            }
        };
        if self.now < expires_at.plus(leeway) {
            self.expires_at = Some(expires_at);
            return Ok(());
        }
        Err(TokenError::Expired { ago: self.now.later_than(expires_at), leeway })
    }

    /// `nbf` and `iat` are optional, and at most now + leeway.
    pub(super) fn check_nbf_and_iat(&mut self) -> Result<(), TokenError> {
        self.check_not_in_future(Claim::NotBefore, "nbf")?;
        self.issued_at = self.check_not_in_future(Claim::IssuedAt, "iat")?;
        Ok(())
    }

    fn check_not_in_future(&self, claim: Claim, name: &'static str) -> Result<Option<NumericDate>, TokenError> {
        let (Some(date), leeway) = (self.parse_date(claim)?, self.rules.leeway) else { return Ok(None) };
        if date <= self.now.plus(leeway) {
            return Ok(Some(date));
        }
        Err(TokenError::NotYetValid { claim: name, ahead: date.later_than(self.now), leeway })
    }

    pub(super) fn found_expiration(&self) -> String {
        let Ok(Some(expires_at)) = self.parse_date(Claim::Expiration) else { return String::new() };
        let (ahead, ago) = (expires_at.later_than(self.now), self.now.later_than(expires_at));
        if ago.is_zero() { format!("in {} s", ahead.as_secs_f64()) } else { format!("{} s ago", ago.as_secs_f64()) }
    }

    /// `sub` is required and not empty: RFC 9068 section 2.2. The response about a service may lack it.
    pub(super) fn check_subject(&mut self) -> Result<(), TokenError> {
        match (self.raw(Claim::Subject), self.answer) {
            (Some(raw), _) => self.subject = Some(non_empty(raw, "sub")?),
            (None, Some(AnswerTerms { username: None, .. })) => {}
            (None, _) => return Err(missing("sub")),
        }
        Ok(())
    }

    /// The user ID is absent or null for a service (client credentials).
    pub(super) fn check_user_id(&mut self) -> Result<(), TokenError> {
        let raw = self.non_null(Claim::UserId);
        self.user_id = raw.map(|raw| non_empty(raw, self.rules.names.name(Claim::UserId))).transpose()?;
        Ok(())
    }

    pub(super) fn check_scopes(&mut self) -> Result<(), TokenError> {
        self.scopes = Some(self.parse_list(Claim::Scopes, true)?);
        Ok(())
    }

    pub(super) fn check_groups(&mut self) -> Result<(), TokenError> {
        self.groups = Some(self.parse_list(Claim::Groups, self.rules.names.has_space_delimited_groups())?);
        Ok(())
    }

    /// The client is an allowed one. A missing, null or empty client never is.
    pub(super) fn check_client(&mut self) -> Result<(), TokenError> {
        let found = self.found_client()?;
        let allowed = |client: &str| match &self.rules.clients {
            Some(clients) => clients.iter().any(|allowed| **allowed == *client),
            None => true,
        };
        match found {
            Some(client) if allowed(&client) => {
                self.client = Some(client.into());
                Ok(())
            }
            other => Err(TokenError::ClientNotAllowed {
                claim: self.rules.names.name(Claim::Client).into(),
                found: Excerpt::or_none(other),
                expected: self.allowed_clients(),
            }),
        }
    }

    /// The client that the token names; an empty name counts as none.
    pub(super) fn found_client(&self) -> Result<Option<Cow<'p, str>>, TokenError> {
        let Some(raw) = self.non_null(Claim::Client) else { return Ok(None) };
        let client = text(raw).ok_or_else(|| invalid(self.rules.names.name(Claim::Client), raw, "a string"))?;
        Ok(Some(client).filter(|client| !client.is_empty()))
    }

    pub(super) fn allowed_clients(&self) -> Excerpt {
        self.rules.clients.as_ref().map_or_else(|| Excerpt::word("any client"), Excerpt::list)
    }

    /// `acr`, if it is a string.
    fn acr(&self) -> Option<Box<str>> {
        text(self.raw(Claim::Acr)?).map(Box::from)
    }

    /// `auth_time`, if it is a number.
    fn auth_time(&self) -> Option<NumericDate> {
        NumericDate::parse(self.raw(Claim::AuthTime)?)
    }

    /// The current actor. If there is an `act` that can't be read, it is an actor without a subject.
    fn actor(&self) -> Option<Actor> {
        self.raw(Claim::Act).map(Actor::parse)
    }

    /// `acr`, `auth_time` and `act`, as far as an explanation may show them.
    pub(super) fn found_authentication(&self) -> String {
        let acr = if self.acr().is_some() { "an acr" } else { "no acr" };
        let since = match self.auth_time() {
            Some(time) if time > self.now => {
                format!("auth_time {} s in the future", time.later_than(self.now).as_secs_f64())
            }
            Some(time) => format!("authenticated {} s ago", self.now.later_than(time).as_secs_f64()),
            None => "no auth_time".into(),
        };
        let actor = match self.actor() {
            Some(actor) if actor.subject().is_some() => "an actor",
            Some(_) => "an actor without a subject",
            None => "no actor",
        };
        format!("{acr}, {since}, {actor}")
    }

    fn parse_date(&self, claim: Claim) -> Result<Option<NumericDate>, TokenError> {
        let Some(raw) = self.raw(claim) else { return Ok(None) };
        NumericDate::parse(raw).map(Some).ok_or_else(|| invalid_date(self.rules.names.name(claim), raw))
    }

    /// An array of strings, or one string: a list of words that spaces separate (RFC 8693 section 4.2), or one item. Absent,
    /// null, and an empty string are an empty list.
    fn parse_list(&self, claim: Claim, is_space_delimited: bool) -> Result<TextList, TokenError> {
        let Some(raw) = self.non_null(claim) else { return Ok(TextList::default()) };
        if let Some(one) = text(raw) {
            let separates = |character| is_space_delimited && character == ' ';
            let items: Vec<_> = one.split(separates).filter(|item| !item.is_empty()).collect();
            return Ok(TextList::new(&items));
        }
        let items = strings(raw)
            .ok_or_else(|| invalid_list(self.rules.names.name(claim), raw, "an array of strings or one string"))?;
        Ok(TextList::new(&items))
    }

    fn raw(&self, claim: Claim) -> Option<&'p str> {
        let raw = self.members.raw(self.rules.names.position(claim)?);
        raw.filter(|raw| self.answer.is_none() || *raw != "null")
    }

    /// As [`raw`](Self::raw), with null counting as absent.
    fn non_null(&self, claim: Claim) -> Option<&'p str> {
        self.raw(claim).filter(|raw| *raw != "null")
    }
}

fn issuer(raw: Option<&str>) -> Result<Cow<'_, str>, TokenError> {
    let raw = raw.ok_or_else(|| missing("iss"))?;
    text(raw).ok_or_else(|| invalid("iss", raw, "a string"))
}

fn non_empty(raw: &str, claim: &str) -> Result<Box<str>, TokenError> {
    let found = text(raw).filter(|text| !text.is_empty());
    found.map(Box::from).ok_or_else(|| invalid(claim, raw, "a string that is not empty"))
}

fn missing(claim: &str) -> TokenError {
    TokenError::MissingClaim { claim: claim.into() }
}

fn invalid(claim: &str, raw: &str, expected: &'static str) -> TokenError {
    TokenError::InvalidClaim { claim: claim.into(), found: kind(raw), expected }
}

/// If the value is an array, its items are wrong.
fn invalid_list(claim: &str, raw: &str, expected: &'static str) -> TokenError {
    let found = if raw.starts_with('[') { "an array with other items" } else { kind(raw) };
    TokenError::InvalidClaim { claim: claim.into(), found, expected }
}

/// If the value is a number, it is not finite.
fn invalid_date(claim: &str, raw: &str) -> TokenError {
    let found = match kind(raw) {
        "a number" => "a number that is not finite",
        found => found,
    };
    TokenError::InvalidClaim { claim: claim.into(), found, expected: "a finite number of seconds" }
}

fn scan_error<'n>(error: ScanError, payload: &str, name: impl FnOnce(usize) -> &'n str) -> TokenError {
    let segment = Segment::Payload;
    match error {
        ScanError::NotAnObject => TokenError::NotJsonObject { segment, found: not_an_object(payload) },
        ScanError::Duplicate(index) => TokenError::DuplicateMember { segment, member: Excerpt::new(name(index)) },
    }
}
