//! The constructors of policies: for run time, and as `const fn` for the attribute's expansion.

use std::borrow::Cow;
use std::time::Duration;

use super::claim_value::ClaimValue;
use super::requirement::{CheckFn, List, Policy, Requirement};

/// Expands each predicate to a method and to a `const fn` in [`constant`].
macro_rules! text_predicates {
    ($($(#[$doc:meta])* $name:ident($text:ident) => $requirement:expr;)*) => {
        impl Policy {
            $($(#[$doc])*
            pub fn $name($text: impl Into<Cow<'static, str>>) -> Self {
                let $text = $text.into();
                Self($requirement)
            })*
        }

        mod text {
            use super::*;

            $($(#[$doc])*
            pub const fn $name($text: &'static str) -> Policy {
                let $text = Cow::Borrowed($text);
                Policy($requirement)
            })*
        }
    };
}

text_predicates! {
    /// The token was granted this scope.
    scope(scope) => Requirement::Scope(scope);
    /// The user is in this group.
    group(group) => Requirement::Group(group);
    /// The token was issued to this client.
    client(id) => Requirement::Client { id, is: true };
    /// The token was issued to another client. Every token names a client.
    not_client(id) => Requirement::Client { id, is: false };
    /// The token has this subject.
    user(subject) => Requirement::User { subject, is: true };
    /// The token has another subject. Every token has a subject.
    not_user(subject) => Requirement::User { subject, is: false };
    /// The user was authenticated as this class demands, or more strongly: the `acr` claim is this value, or one that implies
    /// it. Okta's order is built in; [`acr_implies`](crate::Issuer::acr_implies) adds to it. Otherwise the caller gets the
    /// challenge of RFC 9470. A class with a space, a quote, a backslash or a character that is not printable ASCII can't be
    /// in a challenge: the caller gets 403 `forbidden`.
    acr(class) => Requirement::Acr(class);
    /// The current actor has this subject: the outermost `act` claim (RFC 8693 section 4.1). An `act` that can't be read
    /// does not meet it. Only `sub` is compared: if actors of several issuers can be in `act`, compare
    /// [`Actor::issuer`](crate::Actor::issuer) in a check.
    actor(subject) => Requirement::Actor { subject };
}

impl Policy {
    /// Any valid token, as for `#[login_required]` without arguments.
    pub const fn authenticated() -> Self {
        Self(Requirement::Authenticated)
    }

    /// The token is that of a person: it has a user ID. No token has one if the profile names no claim for it. An agent can act
    /// for the person: [`no_actor`](Self::no_actor) excludes that.
    pub const fn user_id_present() -> Self {
        Self(Requirement::UserId { present: true })
    }

    /// The caller is a service: the token has no user ID, and an introspection response about it has no `username`, unless that and
    /// `sub` are the client. A [`Profile`](crate::Profile) that names no claim for user IDs, such as those of Auth0 and RFC 9068,
    /// can't identify services. No caller meets this policy then.
    pub const fn user_id_absent() -> Self {
        Self(Requirement::UserId { present: false })
    }

    /// The user was authenticated at most this long ago: the `auth_time` claim. Both ends have the validator's leeway. The
    /// challenge of RFC 9470 has the age in seconds, rounded down. Use whole seconds: most servers write `auth_time` in
    /// whole seconds. A refreshed token keeps its `auth_time`.
    pub const fn auth_within(age: Duration) -> Self {
        Self(Requirement::AuthWithin(age))
    }

    /// No one acts for the subject: there is no `act` claim (RFC 8693 section 4.1). An `act` that can't be read does not
    /// meet it.
    pub const fn no_actor() -> Self {
        Self(Requirement::NoActor)
    }

    /// The token is bound to a key of its sender, who proved to hold it: by a DPoP proof (RFC 9449) or by a client certificate
    /// (RFC 8705). Otherwise the token is rejected as an invalid one, with a DPoP challenge if DPoP is on.
    pub const fn sender_constrained() -> Self {
        Self(Requirement::SenderConstrained)
    }

    /// The claim is this value, or an array that contains it.
    ///
    /// `name` is the name of a top-level claim, or a JSON Pointer (RFC 6901) if it starts with `/`. A caller does not meet the
    /// policy if a member on the path occurs more than once.
    pub fn claim(name: impl Into<Cow<'static, str>>, value: impl Into<ClaimValue>) -> Self {
        Self(Requirement::Claim { name: name.into(), value: value.into() })
    }

    /// The function returns `true`. In a middleware around an `App` or a `Scope` the path has no parameters yet.
    pub const fn check(check: CheckFn) -> Self {
        Self(Requirement::Check(check))
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

    /// All hold. No caller meets an empty list: a list from a configuration can be empty by mistake. For any valid token,
    /// use [`authenticated`](Self::authenticated).
    pub fn all(policies: impl IntoIterator<Item = Self>) -> Self {
        Self(Requirement::All(List::Shared(policies.into_iter().collect())))
    }

    /// At least one holds. No caller meets an empty list.
    pub fn any(policies: impl IntoIterator<Item = Self>) -> Self {
        Self(Requirement::Any(List::Shared(policies.into_iter().collect())))
    }
}

/// The constructors above as `const fn`, for the attribute's expansion.
#[doc(hidden)]
pub mod constant {
    pub use super::text::*;
    use super::*;

    pub const fn authenticated() -> Policy {
        Policy::authenticated()
    }

    pub const fn all(policies: &'static [Policy]) -> Policy {
        Policy(Requirement::All(List::Static(policies)))
    }

    pub const fn any(policies: &'static [Policy]) -> Policy {
        Policy(Requirement::Any(List::Static(policies)))
    }

    pub const fn user_id_present() -> Policy {
        Policy::user_id_present()
    }

    pub const fn user_id_absent() -> Policy {
        Policy::user_id_absent()
    }

    pub const fn auth_within(seconds: u64) -> Policy {
        Policy::auth_within(Duration::from_secs(seconds))
    }

    pub const fn no_actor() -> Policy {
        Policy::no_actor()
    }

    pub const fn sender_constrained() -> Policy {
        Policy::sender_constrained()
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
        Policy(Requirement::Claim { name: Cow::Borrowed(name), value })
    }
}
