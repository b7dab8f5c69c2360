//! What a handler requires of its caller.

use std::borrow::Cow;
use std::fmt;
use std::sync::Arc;

use actix_web::HttpRequest;

use crate::context::{AuthContext, select};

/// The type of a custom check: `true` lets the caller in.
///
/// It runs only where what stands before it in the expression leaves the question open, as Rust's `&&` and `||` do; for
/// a caller who is refused it may run twice. Compare with what is there: two absent values are equal.
///
/// ```
/// use actix_web::HttpRequest;
/// use okta_auth_runtime::{AuthContext, CheckFn};
///
/// fn own_orders(user: &AuthContext, request: &HttpRequest) -> bool {
///     user.user_id().is_some_and(|id| request.match_info().get("user") == Some(id))
/// }
///
/// let check: CheckFn = own_orders;
/// # let _ = check;
/// ```
pub type CheckFn = fn(&AuthContext, &HttpRequest) -> bool;

/// What a handler requires of its caller: pure data, written by `#[login_required(...)]` or `policy!(...)` at compile
/// time, or put together at run time.
///
/// There is no general "not": over anything that may be absent from a token it would let in whoever lacks it.
///
/// ```
/// use okta_auth_runtime::Policy;
///
/// let group = String::from("ops"); // from a configuration file, say
/// let policy = Policy::scope("orders:write").and(Policy::group(group).or(Policy::claim("tier", "gold")));
/// assert_eq!(format!("{policy:?}"), r#"scope("orders:write") && (group("ops") || claim("tier", "gold"))"#);
/// ```
#[derive(Clone)]
pub struct Policy(Rule);

#[derive(Clone)]
enum Rule {
    All(List),
    Any(List),
    Scope(Cow<'static, str>),
    Group(Cow<'static, str>),
    Client { id: Cow<'static, str>, is: bool },
    User { subject: Cow<'static, str>, is: bool },
    UserId { present: bool },
    Claim { name: Cow<'static, str>, value: ClaimValue },
    Check(CheckFn),
}

#[derive(Clone)]
enum List {
    Static(&'static [Policy]),
    Shared(Arc<[Policy]>),
}

impl List {
    fn policies(&self) -> &[Policy] {
        match self {
            Self::Static(policies) => policies,
            Self::Shared(policies) => policies,
        }
    }
}

/// The value that a claim has to have, or to hold if it is an array.
///
/// ```
/// use okta_auth_runtime::ClaimValue;
///
/// assert_eq!(ClaimValue::from("gold"), ClaimValue::Text("gold".into()));
/// assert_eq!(ClaimValue::from(3), ClaimValue::Integer(3));
/// assert_eq!(ClaimValue::from(true), ClaimValue::Boolean(true));
/// ```
#[derive(Debug, Clone, PartialEq, Eq)]
#[non_exhaustive]
pub enum ClaimValue {
    /// A JSON string.
    Text(Cow<'static, str>),
    /// A JSON number without a fraction.
    Integer(i64),
    /// `true` or `false`.
    Boolean(bool),
}

impl From<&'static str> for ClaimValue {
    fn from(text: &'static str) -> Self {
        Self::Text(text.into())
    }
}

impl From<String> for ClaimValue {
    fn from(text: String) -> Self {
        Self::Text(text.into())
    }
}

impl From<i64> for ClaimValue {
    fn from(integer: i64) -> Self {
        Self::Integer(integer)
    }
}

impl From<bool> for ClaimValue {
    fn from(boolean: bool) -> Self {
        Self::Boolean(boolean)
    }
}

impl ClaimValue {
    fn is_in(&self, found: &serde_json::Value) -> bool {
        match found {
            serde_json::Value::Array(items) => items.iter().any(|item| self.is(item)),
            one => self.is(one),
        }
    }

    fn is(&self, found: &serde_json::Value) -> bool {
        match self {
            Self::Text(text) => found.as_str() == Some(text),
            Self::Integer(integer) => found.as_i64() == Some(*integer),
            Self::Boolean(boolean) => found.as_bool() == Some(*boolean),
        }
    }
}

impl Policy {
    /// Whoever has a valid token: what a bare `#[login_required]` requires.
    pub const fn authenticated() -> Self {
        Self(Rule::All(List::Static(&[])))
    }

    /// The token was granted this scope.
    pub fn scope(scope: impl Into<Cow<'static, str>>) -> Self {
        Self(Rule::Scope(scope.into()))
    }

    /// The user is in this group.
    pub fn group(group: impl Into<Cow<'static, str>>) -> Self {
        Self(Rule::Group(group.into()))
    }

    /// The token was issued to this client.
    pub fn client(id: impl Into<Cow<'static, str>>) -> Self {
        Self(Rule::Client { id: id.into(), is: true })
    }

    /// The token was issued to another client. Every token names one.
    pub fn not_client(id: impl Into<Cow<'static, str>>) -> Self {
        Self(Rule::Client { id: id.into(), is: false })
    }

    /// The token's subject is this one.
    pub fn user(subject: impl Into<Cow<'static, str>>) -> Self {
        Self(Rule::User { subject: subject.into(), is: true })
    }

    /// The token's subject is another one. Every token names one.
    pub fn not_user(subject: impl Into<Cow<'static, str>>) -> Self {
        Self(Rule::User { subject: subject.into(), is: false })
    }

    /// The caller is a person: the token has a user ID. Nobody's has one where the profile names no claim for it.
    pub const fn user_id_present() -> Self {
        Self(Rule::UserId { present: true })
    }

    /// The caller is a service: the token has no user ID. Under a [`Profile`](crate::Profile) that names no claim for it,
    /// as those of Auth0 and RFC 9068, nobody is known to be a service, and nobody is let in.
    pub const fn user_id_absent() -> Self {
        Self(Rule::UserId { present: false })
    }

    /// The claim is this value, or an array that holds it.
    ///
    /// `name` is that of a top-level claim, or a JSON Pointer (RFC 6901) if it starts with `/`.
    pub fn claim(name: impl Into<Cow<'static, str>>, value: impl Into<ClaimValue>) -> Self {
        Self(Rule::Claim { name: name.into(), value: value.into() })
    }

    /// The function says so. In a middleware around an `App` or a `Scope` the parameters of the path are not there yet.
    pub const fn check(check: CheckFn) -> Self {
        Self(Rule::Check(check))
    }

    /// Both hold.
    #[must_use]
    pub fn and(self, other: Self) -> Self {
        Self::all([self, other])
    }

    /// At least one holds.
    #[must_use]
    pub fn or(self, other: Self) -> Self {
        Self::any([self, other])
    }

    /// All hold; with none this is [`authenticated`](Self::authenticated).
    pub fn all(policies: impl IntoIterator<Item = Self>) -> Self {
        Self(Rule::All(List::Shared(policies.into_iter().collect())))
    }

    /// At least one holds; with none nobody is let in.
    pub fn any(policies: impl IntoIterator<Item = Self>) -> Self {
        Self(Rule::Any(List::Shared(policies.into_iter().collect())))
    }

    /// Whether `user` meets this policy, or what would help.
    pub(crate) fn evaluate(&self, user: &AuthContext, request: &HttpRequest) -> Result<(), Unmet> {
        if self.holds(user, request) {
            return Ok(());
        }
        let cheapest = self.ways(user, request, true).into_iter().min_by_key(Way::cost);
        Err(cheapest.map_or(Unmet::Forbidden, |Way(scopes)| {
            Unmet::Scopes(scopes.into_iter().map(|(scope, _)| scope.to_owned()).collect())
        }))
    }

    fn holds(&self, user: &AuthContext, request: &HttpRequest) -> bool {
        match &self.0 {
            Rule::All(list) => list.policies().iter().all(|policy| policy.holds(user, request)),
            Rule::Any(list) => list.policies().iter().any(|policy| policy.holds(user, request)),
            Rule::Scope(scope) => user.has_scope(scope),
            Rule::Group(group) => user.has_group(group),
            Rule::Client { id, is } => (user.client_id() == id) == *is,
            Rule::User { subject, is } => (user.user() == subject) == *is,
            Rule::UserId { present: true } => user.user_id().is_some(),
            Rule::UserId { present: false } => user.is_service(),
            Rule::Claim { name, value } => select(user.payload(), name).is_some_and(|found| value.is_in(&found)),
            Rule::Check(check) => check(user, request),
        }
    }

    /// The ways to meet this policy with other scopes and nothing else changed.
    ///
    /// `reached`: what stands before this in the expression holds. Where it does not, a check is not asked but taken to
    /// agree, since it may rely on what stands before it.
    fn ways<'p>(&'p self, user: &AuthContext, request: &HttpRequest, reached: bool) -> Vec<Way<'p>> {
        match &self.0 {
            Rule::All(list) => {
                let (mut ways, mut reached) = (vec![Way::default()], reached);
                for policy in list.policies() {
                    let others = policy.ways(user, request, reached);
                    reached &= others.iter().any(Way::is_met);
                    ways = few(ways.iter().flat_map(|way| others.iter().map(|other| way.with(other))).collect());
                    if ways.is_empty() {
                        break;
                    }
                }
                ways
            }
            Rule::Any(list) => {
                let mut ways = Vec::new();
                for policy in list.policies() {
                    ways.extend(policy.ways(user, request, reached));
                    if ways.iter().any(Way::is_met) {
                        break;
                    }
                }
                few(ways)
            }
            Rule::Scope(scope) => vec![Way(vec![(scope, !user.has_scope(scope))])],
            Rule::Check(_) if !reached => vec![Way::default()],
            _ if self.holds(user, request) => vec![Way::default()],
            _ => Vec::new(),
        }
    }
}

/// Why a caller does not meet a policy.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) enum Unmet {
    /// A token with these scopes would.
    Scopes(Vec<String>),
    /// No other scopes would help: a group, claim, client, user or check says no.
    Forbidden,
}

/// Scopes that would meet a policy, each with whether the caller lacks it.
#[derive(Clone, Default)]
struct Way<'p>(Vec<(&'p str, bool)>);

impl Way<'_> {
    fn with(&self, other: &Self) -> Self {
        let mut both = self.clone();
        both.0.extend(other.0.iter().filter(|wanted| !self.0.contains(wanted)));
        both
    }

    fn is_met(&self) -> bool {
        self.0.iter().all(|(_, missing)| !missing)
    }

    /// How many scopes the caller lacks, then how many there are.
    fn cost(&self) -> (usize, usize) {
        (self.0.iter().filter(|(_, missing)| *missing).count(), self.0.len())
    }
}

/// The most ways that are followed: expressions are small, and run-time policies can't make this explode.
const FEW: usize = 64;

fn few(mut ways: Vec<Way<'_>>) -> Vec<Way<'_>> {
    ways.sort_by_key(Way::cost);
    ways.truncate(FEW);
    ways
}

/// Writes the policy as the attribute's expression.
impl fmt::Debug for Policy {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let not = |is: &bool| if *is { "" } else { "!" };
        match &self.0 {
            Rule::All(list) => join(f, list, " && ", "authenticated()"),
            Rule::Any(list) => join(f, list, " || ", "nobody()"),
            Rule::Scope(scope) => write!(f, "scope({scope:?})"),
            Rule::Group(group) => write!(f, "group({group:?})"),
            Rule::Client { id, is } => write!(f, "{}client({id:?})", not(is)),
            Rule::User { subject, is } => write!(f, "{}user({subject:?})", not(is)),
            Rule::UserId { present } => write!(f, "{}user_id_present()", not(present)),
            Rule::Claim { name, value: ClaimValue::Text(text) } => write!(f, "claim({name:?}, {text:?})"),
            Rule::Claim { name, value: ClaimValue::Integer(integer) } => write!(f, "claim({name:?}, {integer})"),
            Rule::Claim { name, value: ClaimValue::Boolean(boolean) } => write!(f, "claim({name:?}, {boolean})"),
            Rule::Check(_) => f.write_str("check(..)"),
        }
    }
}

fn join(f: &mut fmt::Formatter<'_>, list: &List, operator: &str, empty: &str) -> fmt::Result {
    for (index, policy) in list.policies().iter().enumerate() {
        if index > 0 {
            f.write_str(operator)?;
        }
        match &policy.0 {
            Rule::All(inner) | Rule::Any(inner) if inner.policies().len() > 1 => write!(f, "({policy:?})")?,
            _ => write!(f, "{policy:?}")?,
        }
    }
    if list.policies().is_empty() { f.write_str(empty) } else { Ok(()) }
}

/// What the attribute's expansion is made of: the constructors above for `const`.
#[doc(hidden)]
pub mod constant {
    use super::{CheckFn, ClaimValue, Cow, List, Policy, Rule};

    pub const fn authenticated() -> Policy {
        Policy::authenticated()
    }

    pub const fn all(policies: &'static [Policy]) -> Policy {
        Policy(Rule::All(List::Static(policies)))
    }

    pub const fn any(policies: &'static [Policy]) -> Policy {
        Policy(Rule::Any(List::Static(policies)))
    }

    pub const fn scope(scope: &'static str) -> Policy {
        Policy(Rule::Scope(Cow::Borrowed(scope)))
    }

    pub const fn group(group: &'static str) -> Policy {
        Policy(Rule::Group(Cow::Borrowed(group)))
    }

    pub const fn client(id: &'static str) -> Policy {
        Policy(Rule::Client { id: Cow::Borrowed(id), is: true })
    }

    pub const fn not_client(id: &'static str) -> Policy {
        Policy(Rule::Client { id: Cow::Borrowed(id), is: false })
    }

    pub const fn user(subject: &'static str) -> Policy {
        Policy(Rule::User { subject: Cow::Borrowed(subject), is: true })
    }

    pub const fn not_user(subject: &'static str) -> Policy {
        Policy(Rule::User { subject: Cow::Borrowed(subject), is: false })
    }

    pub const fn user_id_present() -> Policy {
        Policy::user_id_present()
    }

    pub const fn user_id_absent() -> Policy {
        Policy::user_id_absent()
    }

    pub const fn claim_text(name: &'static str, value: &'static str) -> Policy {
        claim(name, ClaimValue::Text(Cow::Borrowed(value)))
    }

    pub const fn claim_integer(name: &'static str, value: i64) -> Policy {
        claim(name, ClaimValue::Integer(value))
    }

    pub const fn claim_boolean(name: &'static str, value: bool) -> Policy {
        claim(name, ClaimValue::Boolean(value))
    }

    pub const fn check(check: CheckFn) -> Policy {
        Policy::check(check)
    }

    const fn claim(name: &'static str, value: ClaimValue) -> Policy {
        Policy(Rule::Claim { name: Cow::Borrowed(name), value })
    }
}

#[cfg(test)]
mod tests;
