//! The actor of a token: `act` of RFC 8693 section 4.1.

use std::fmt;

use crate::error::Excerpt;
use crate::jose::Members;
use crate::jose::json::text;

/// The actors that one chain may have. A token exchange adds one.
const MAX_ACTORS: usize = 8;

/// A party that acts for the subject of a token, such as an agent or a service that exchanged a user's token.
///
/// [`AuthContext::actor`](crate::AuthContext::actor) has the current actor, the outermost `act`. It is the only one that may
/// decide about access (RFC 8693 section 4.1). [`actor`](Self::actor) and [`chain`](Self::chain) have the earlier ones, which
/// are history.
///
/// If the claim can't be read, there is an actor without a subject: a caller without an actor is never mistaken for one
/// with an unknown actor. The claim can't be read if it is not an object, if one of the members below is not a string
/// or is empty or occurs more than once, or if more than eight actors are nested.
///
/// | accessor | member |
/// |---|---|
/// | [`subject`](Self::subject) | `sub` |
/// | [`issuer`](Self::issuer) | `iss` |
/// | [`client_id`](Self::client_id) | `client_id`, or else `cid` |
/// | [`actor`](Self::actor) | `act` |
///
/// The guide: [step_up](https://docs.rs/okta-auth/latest/okta_auth/guide/step_up/index.html#agents).
///
/// ```
/// use okta_auth_runtime::AuthContext;
///
/// fn audit(caller: &AuthContext) -> String {
///     let actors = caller.actor().into_iter().flat_map(|actor| actor.chain());
///     let names: Vec<&str> = actors.map(|actor| actor.subject().unwrap_or("unknown")).collect();
///     if names.is_empty() { caller.subject().into() } else { format!("{} for {}", names.join(" for "), caller.subject()) }
/// }
/// # let _ = audit;
/// ```
#[derive(Clone, PartialEq, Eq, Default)]
pub struct Actor {
    subject: Option<Box<str>>,
    issuer: Option<Box<str>>,
    client: Option<Box<str>>,
    actor: Option<Box<Actor>>,
}

impl Actor {
    /// Reads the raw JSON of `act`.
    pub(super) fn parse(raw: &str) -> Self {
        Self::parse_chain(raw, MAX_ACTORS).unwrap_or_default()
    }

    /// `None` if the claim can't be read.
    fn parse_chain(raw: &str, most_actors: usize) -> Option<Self> {
        let remaining = most_actors.checked_sub(1)?;
        let members = Members::scan(raw, &["sub", "iss", "client_id", "cid", "act"]).ok()?;
        let [subject, issuer, client_id, cid] = [0, 1, 2, 3].map(|index| members.raw(index).map(name));
        let actor = members.raw(4).map(|raw| Self::parse_chain(raw, remaining).map(Box::new));
        Some(Self {
            subject: all_or_nothing(subject)?,
            issuer: all_or_nothing(issuer)?,
            client: all_or_nothing(client_id)?.or(all_or_nothing(cid)?),
            actor: all_or_nothing(actor)?,
        })
    }

    /// The `sub` of the actor. `None` if the token does not name it, or if the claim can't be read.
    pub fn subject(&self) -> Option<&str> {
        self.subject.as_deref()
    }

    /// The `iss` of the actor: the issuer for whom the subject is unique, if the token names it.
    pub fn issuer(&self) -> Option<&str> {
        self.issuer.as_deref()
    }

    /// The client of the actor, if the token names it.
    pub fn client_id(&self) -> Option<&str> {
        self.client.as_deref()
    }

    /// The actor before this one, if there was one. It must not decide about access (RFC 8693 section 4.1).
    pub fn actor(&self) -> Option<&Self> {
        self.actor.as_deref()
    }

    /// This actor and all before it, the current one first. At most eight.
    pub fn chain(&self) -> impl Iterator<Item = &Self> {
        std::iter::successors(Some(self), |actor| actor.actor())
    }

    /// The bytes of each allocation, its own included.
    pub(super) fn allocations(&self) -> impl Iterator<Item = usize> {
        self.chain().flat_map(|actor| {
            let texts = [&actor.subject, &actor.issuer, &actor.client];
            texts.map(|text| text.as_ref().map_or(0, |text| text.len())).into_iter().chain([size_of::<Self>()])
        })
    }
}

/// A string that is not empty.
fn name(raw: &str) -> Option<Box<str>> {
    text(raw).filter(|text| !text.is_empty()).map(Box::from)
}

/// The value of a member that may be absent. The outer `None` says that the member can't be read.
fn all_or_nothing<T>(member: Option<Option<T>>) -> Option<Option<T>> {
    match member {
        None => Some(None),
        Some(value) => value.map(Some),
    }
}

/// Shows issuers, clients and the number of actors; never a subject.
impl fmt::Debug for Actor {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Actor")
            .field("issuer", &Excerpt::or_none(self.issuer()))
            .field("client_id", &Excerpt::or_none(self.client_id()))
            .field("actors", &self.chain().count())
            .finish_non_exhaustive()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// The subject, issuer and client of each actor.
    fn chain(raw: &str) -> Vec<[Option<String>; 3]> {
        let actor = Actor::parse(raw);
        let owned = |text: Option<&str>| text.map(str::to_owned);
        actor.chain().map(|actor| [actor.subject(), actor.issuer(), actor.client_id()].map(owned)).collect()
    }

    fn named(texts: [Option<&str>; 3]) -> [Option<String>; 3] {
        texts.map(|text| text.map(str::to_owned))
    }

    #[test]
    fn chain_has_the_members_of_each_actor() {
        for (raw, expected) in [
            (r#"{"sub":"a"}"#, vec![[Some("a"), None, None]]),
            (r#"{"sub":"a","iss":"i","client_id":"c"}"#, vec![[Some("a"), Some("i"), Some("c")]]),
            (r#"{"sub":"a","cid":"c"}"#, vec![[Some("a"), None, Some("c")]]),
            (r#"{"client_id":"c","cid":"d"}"#, vec![[None, None, Some("c")]]),
            (r#"{"s\u0075b":"\u0061"}"#, vec![[Some("a"), None, None]]),
            (
                r#"{"sub":"a","act":{"sub":"b","act":{"iss":"i"}}}"#,
                vec![[Some("a"), None, None], [Some("b"), None, None], [None, Some("i"), None]],
            ),
            (r#"{"sub":"a","x":1,"x":2}"#, vec![[Some("a"), None, None]]),
            ("{}", vec![[None, None, None]]),
        ] {
            assert_eq!(chain(raw), expected.into_iter().map(named).collect::<Vec<_>>(), "{raw}");
        }
    }

    #[test]
    fn claim_that_cannot_be_read_is_an_actor_without_members() {
        let nested = |actors: usize| {
            format!("{}{}", r#"{"sub":"a","act":"#.repeat(actors - 1) + r#"{"sub":"a""#, "}".repeat(actors))
        };
        for raw in [
            "null",
            "true",
            "1",
            "\"a\"",
            "[]",
            r#"[{"sub":"a"}]"#,
            r#"{"sub":1}"#,
            r#"{"sub":""}"#,
            r#"{"sub":null}"#,
            r#"{"sub":"\ud800"}"#,
            r#"{"sub":"a","sub":"a"}"#,
            r#"{"sub":"a","s\u0075b":"b"}"#,
            r#"{"sub":"a","iss":[]}"#,
            r#"{"sub":"a","client_id":1}"#,
            r#"{"sub":"a","client_id":"c","cid":1}"#,
            r#"{"sub":"a","act":null}"#,
            r#"{"sub":"a","act":"b"}"#,
            r#"{"sub":"a","act":{"sub":1}}"#,
            r#"{"sub":"a","act":{"sub":"b"},"act":{}}"#,
            &nested(MAX_ACTORS + 1),
        ] {
            assert_eq!(Actor::parse(raw), Actor::default(), "{raw}");
        }
        assert_eq!(Actor::parse(&nested(MAX_ACTORS)).chain().count(), MAX_ACTORS);
    }

    #[test]
    fn debug_never_shows_a_subject() {
        let actor = Actor::parse(r#"{"sub":"secret-1","iss":"https://i","act":{"sub":"secret-2"}}"#);
        let shown = format!("{actor:?}");
        assert_eq!(shown, r#"Actor { issuer: "https://i", client_id: none, actors: 2, .. }"#);
    }
}
