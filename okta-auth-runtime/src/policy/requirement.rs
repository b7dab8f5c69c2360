//! A policy, and whether a caller meets it.

use std::borrow::Cow;
use std::fmt;
use std::sync::Arc;
use std::time::Duration;

use actix_web::HttpRequest;

use super::claim_value::ClaimValue;
use crate::context::{AuthContext, select};

/// A custom check. It returns `true` if the caller may proceed.
///
/// It runs only if the expression before it leaves the result open, as with Rust's `&&` and `||`. It may run twice for
/// a caller that is rejected. Check that a value is present before you compare it: two absent values are equal.
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

/// The requirements of a handler for its caller. `#[login_required(...)]` and `policy!(...)` make a policy at compile
/// time. The methods make one at run time.
///
/// There is no general "not": it would admit callers whose token lacks the claim.
///
/// The guide: [policies](https://docs.rs/okta-auth/latest/okta_auth/guide/policies/index.html).
///
/// ```
/// use okta_auth_runtime::Policy;
///
/// let group = String::from("ops"); // from a configuration file, say
/// let policy = Policy::scope("orders:write").and(Policy::group(group).or(Policy::claim("tier", "gold")));
/// assert_eq!(format!("{policy:?}"), r#"scope("orders:write") && (group("ops") || claim("tier", "gold"))"#);
/// ```
#[derive(Clone)]
pub struct Policy(pub(super) Requirement);

#[derive(Clone)]
pub(super) enum Requirement {
    /// A valid token, and nothing else.
    Authenticated,
    /// An empty list holds for no caller, as with [`Self::Any`].
    All(List),
    Any(List),
    Scope(Cow<'static, str>),
    Group(Cow<'static, str>),
    Client {
        id: Cow<'static, str>,
        is: bool,
    },
    User {
        subject: Cow<'static, str>,
        is: bool,
    },
    UserId {
        present: bool,
    },
    Claim {
        name: Cow<'static, str>,
        value: ClaimValue,
    },
    Acr(Cow<'static, str>),
    AuthWithin(Duration),
    Actor {
        subject: Cow<'static, str>,
    },
    NoActor,
    SenderConstrained,
    Check(CheckFn),
}

#[derive(Clone)]
pub(super) enum List {
    Static(&'static [Policy]),
    Shared(Arc<[Policy]>),
}

impl List {
    pub(super) fn policies(&self) -> &[Policy] {
        match self {
            Self::Static(policies) => policies,
            Self::Shared(policies) => policies,
        }
    }
}

/// The facts that a policy is compared with.
#[derive(Clone, Copy)]
pub(crate) struct PolicyInput<'a> {
    pub(crate) user: &'a AuthContext,
    /// The time since the Unix epoch. Only [`Policy::auth_within`] asks for it.
    pub(crate) now: &'a dyn Fn() -> Duration,
    /// Runs a check for the user and the request.
    pub(crate) run_check: &'a dyn Fn(CheckFn) -> bool,
}

impl Policy {
    /// Whether the caller meets this policy.
    pub(super) fn holds(&self, input: PolicyInput<'_>) -> bool {
        let PolicyInput { user, now, run_check } = input;
        match &self.0 {
            Requirement::Authenticated => true,
            Requirement::All(list) => {
                let policies = list.policies();
                !policies.is_empty() && policies.iter().all(|policy| policy.holds(input))
            }
            Requirement::Any(list) => list.policies().iter().any(|policy| policy.holds(input)),
            Requirement::Scope(scope) => user.has_scope(scope),
            Requirement::Group(group) => user.has_group(group),
            Requirement::Client { id, is } => (user.client_id() == id) == *is,
            Requirement::User { subject, is } => (user.user() == subject) == *is,
            Requirement::UserId { present: true } => user.user_id().is_some(),
            Requirement::UserId { present: false } => user.is_service(),
            Requirement::Claim { name, value } => select(user.payload(), name).is_some_and(|raw| value.is_in(raw)),
            Requirement::Acr(class) => user.has_acr(class),
            Requirement::AuthWithin(age) => user.is_authenticated_within(*age, now()),
            Requirement::Actor { subject } => user.actor().is_some_and(|actor| actor.subject() == Some(subject)),
            Requirement::NoActor => user.actor().is_none(),
            Requirement::SenderConstrained => user.is_sender_constrained(),
            Requirement::Check(check) => run_check(*check),
        }
    }
}

impl Policy {
    /// Whether a function is part of this policy.
    pub(crate) fn has_check(&self) -> bool {
        match &self.0 {
            Requirement::All(list) | Requirement::Any(list) => list.policies().iter().any(Self::has_check),
            Requirement::Check(_) => true,
            _ => false,
        }
    }
}

/// Writes the policy as the attribute's expression.
impl fmt::Debug for Policy {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let not = |is: &bool| if *is { "" } else { "!" };
        match &self.0 {
            Requirement::Authenticated => f.write_str("authenticated()"),
            Requirement::All(list) => join(f, list, " && "),
            Requirement::Any(list) => join(f, list, " || "),
            Requirement::Scope(scope) => write!(f, "scope({scope:?})"),
            Requirement::Group(group) => write!(f, "group({group:?})"),
            Requirement::Client { id, is } => write!(f, "{}client({id:?})", not(is)),
            Requirement::User { subject, is } => write!(f, "{}user({subject:?})", not(is)),
            Requirement::UserId { present } => write!(f, "{}user_id_present()", not(present)),
            Requirement::Claim { name, value: ClaimValue::Text(text) } => write!(f, "claim({name:?}, {text:?})"),
            Requirement::Claim { name, value: ClaimValue::Integer(integer) } => write!(f, "claim({name:?}, {integer})"),
            Requirement::Claim { name, value: ClaimValue::Boolean(boolean) } => write!(f, "claim({name:?}, {boolean})"),
            Requirement::Acr(class) => write!(f, "acr({class:?})"),
            Requirement::AuthWithin(age) if age.subsec_nanos() == 0 => write!(f, "auth_within({})", age.as_secs()),
            Requirement::AuthWithin(age) => write!(f, "auth_within({age:?})"),
            Requirement::Actor { subject } => write!(f, "actor({subject:?})"),
            Requirement::NoActor => f.write_str("no_actor()"),
            Requirement::SenderConstrained => f.write_str("sender_constrained()"),
            Requirement::Check(_) => f.write_str("check(..)"),
        }
    }
}

fn join(f: &mut fmt::Formatter<'_>, list: &List, operator: &str) -> fmt::Result {
    for (index, policy) in list.policies().iter().enumerate() {
        if index > 0 {
            f.write_str(operator)?;
        }
        match &policy.0 {
            Requirement::All(inner) | Requirement::Any(inner) if inner.policies().len() > 1 => {
                write!(f, "({policy:?})")?
            }
            _ => write!(f, "{policy:?}")?,
        }
    }
    if list.policies().is_empty() { f.write_str("nobody()") } else { Ok(()) }
}
