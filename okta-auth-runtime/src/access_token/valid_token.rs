//! A token that passed every check except `cnf`, which depends on the scheme that the token came with.

use std::sync::Arc;
use std::time::Duration;

use once_cell::race::OnceBox;

use super::IssuerRules;
use super::claims::ValidClaims;
use super::text_list::TextList;
use crate::jose::{KeyLifetime, KnownHeader, NumericDate};

/// A token that its issuer signed, or that the authorization server says is active, and whose claims passed every check. Clones
/// share it.
#[derive(Clone)]
pub(crate) struct ValidToken(Arc<TokenParts>);

struct TokenParts {
    /// The claims, as JSON: the payload of the token, or an introspection response.
    payload: Box<str>,
    /// The token itself, if the authorization server can be asked about it.
    text: Option<Box<str>>,
    rules: Arc<IssuerRules>,
    claims: ValidClaims,
    /// `None` for the callers of tests that have no token.
    verification: Option<Verification>,
    /// The header of the first proof whose key is that of the token.
    proof_header: OnceBox<KnownHeader>,
}

/// The reason why a token is trusted. Times are since the Unix epoch.
pub(super) enum Verification {
    /// A key verified the signature, and the claims were checked at `validated_at`.
    Signature { key: Arc<KeyLifetime>, validated_at: Duration },
    /// The authorization server was asked at `asked_at`. Its answer is used until `usable_until`.
    Introspection { asked_at: Duration, usable_until: Duration },
}

impl Verification {
    fn validated_at(&self) -> Duration {
        match self {
            Self::Signature { validated_at, .. } => *validated_at,
            Self::Introspection { asked_at, .. } => *asked_at,
        }
    }

    fn is_usable_at(&self, now: Duration) -> bool {
        match self {
            Self::Signature { key, .. } => key.usable_at(now),
            Self::Introspection { usable_until, .. } => now < *usable_until,
        }
    }
}

impl ValidToken {
    pub(super) fn new(
        payload: &str,
        text: Option<&str>,
        rules: Arc<IssuerRules>,
        claims: ValidClaims,
        verification: Option<Verification>,
    ) -> Self {
        let (payload, text, proof_header) = (payload.into(), text.map(Box::from), OnceBox::new());
        Self(Arc::new(TokenParts { payload, text, rules, claims, verification, proof_header }))
    }

    /// The memory that the token takes, in bytes: its parts, its payload, each value that is read from it, and the lifetime
    /// of its key, which it can be the last to hold.
    pub(crate) fn kept_bytes(&self) -> usize {
        const REFERENCE_COUNTS: usize = 2 * size_of::<usize>();

        let TokenParts { payload, text, claims, rules: _, verification: _, proof_header: _ } = &*self.0;
        let ValidClaims {
            subject,
            client,
            user_id,
            names_user: _,
            scopes,
            groups,
            acr,
            actor,
            expires_at: _,
            issued_at: _,
            auth_time: _,
            confirmation,
        } = claims;
        let texts = [payload, subject, client].map(|text| text.len());
        let [user_id, acr, text] = [user_id, acr, text].map(|text| text.as_ref().map_or(0, |text| text.len()));
        let confirmation = confirmation.as_deref();
        // The header comes later.
        let proof_header =
            confirmation.and_then(|confirmation| confirmation.key).map_or(0, |_| KnownHeader::KEPT_BYTES);
        let confirmation = confirmation.map_or(0, size_of_val);
        let actors = actor.iter().flat_map(|actor| actor.allocations());
        let [[scopes, scope_ends], [groups, group_ends]] = [scopes, groups].map(TextList::allocations);
        let parts = REFERENCE_COUNTS + size_of::<TokenParts>();
        let lifetime = REFERENCE_COUNTS + size_of::<KeyLifetime>();
        let others =
            [confirmation, proof_header, user_id, acr, text, scopes, scope_ends, groups, group_ends, parts, lifetime];
        texts.into_iter().chain(others).chain(actors).map(allocated_bytes).sum()
    }

    /// Whether every check still passes at `now`. `nbf` and `iat` passed earlier, so they pass unless the clock went back.
    pub(crate) fn is_valid_at(&self, now: Duration) -> bool {
        let validated_at = self.0.verification.as_ref().map(Verification::validated_at);
        validated_at.is_some_and(|validated_at| validated_at <= now) && self.is_unexpired_at(now)
    }

    /// Whether the token has not expired at `now`, and the reason to trust it still holds: its key is neither retired nor too
    /// old, or the answer of the authorization server is recent enough.
    pub(crate) fn is_unexpired_at(&self, now: Duration) -> bool {
        NumericDate::at(now) < self.0.claims.expires_at.plus(self.0.rules.leeway)
            && self.0.verification.as_ref().is_some_and(|verification| verification.is_usable_at(now))
    }

    /// Whether this is the caller of a test, which has no token.
    #[cfg(any(test, feature = "testing"))]
    pub(crate) fn is_fake(&self) -> bool {
        self.0.verification.is_none()
    }

    /// The token itself. `None` if its authorization server can't be asked about it.
    pub(crate) fn text(&self) -> Option<&str> {
        self.0.text.as_deref()
    }

    /// The header of a proof whose key is that of the token.
    pub(crate) fn known_proof_header(&self) -> Option<&KnownHeader> {
        self.0.proof_header.get()
    }

    /// Keeps the header of a proof, whose key must be that of the token, for the next proofs.
    pub(crate) fn keep_proof_header(&self, header: KnownHeader) {
        // At most one is kept.
        drop(self.0.proof_header.set(Box::new(header)));
    }

    pub(crate) fn payload(&self) -> &str {
        &self.0.payload
    }

    pub(crate) fn claims(&self) -> &ValidClaims {
        &self.0.claims
    }

    pub(crate) fn rules(&self) -> &Arc<IssuerRules> {
        &self.0.rules
    }

    /// Whether the token belongs to a service: its issuer's users have a user ID, the token has none, and no introspection
    /// response names a user.
    pub(crate) fn is_service(&self) -> bool {
        let ValidClaims { user_id, names_user, .. } = &self.0.claims;
        user_id.is_none() && !names_user && self.0.rules.has_user_id()
    }

    /// A token that was never signed, with the claims of an Okta access token. Only for okta-auth-testing. Any audience and
    /// client is accepted, at the Unix epoch with a leeway of 136 years.
    #[cfg(any(test, feature = "testing"))]
    pub(crate) fn without_signature(payload: &str) -> Result<Self, crate::error::TokenError> {
        use super::{Profile, UncheckedClaims, unverified_issuer};

        let issuer = unverified_issuer(payload)?.into();
        let rules = |audiences, leeway| {
            Arc::new(IssuerRules::new(Arc::clone(&issuer), audiences, None, leeway, &Profile::okta()))
        };
        let any_time = Duration::from_secs(u32::MAX.into());
        let any = |audiences| rules(audiences, any_time);
        let lenient = any(Vec::new());
        let found = UncheckedClaims::parse(payload, &lenient)?.audiences()?;
        let lenient = any(found.into_iter().map(|audience| audience.as_ref().into()).collect());
        let claims = UncheckedClaims::parse(payload, &lenient)?.check_all(Duration::ZERO)?;
        // Policies compare `auth_time` with the leeway that a validator has by default.
        Ok(Self::new(payload, None, rules(Vec::new(), Duration::from_secs(60)), claims, None))
    }

    /// The same token, with the leeway and the orders of other rules. Only for okta-auth-testing.
    #[cfg(feature = "testing")]
    pub(crate) fn with_orders_of(&self, others: &IssuerRules) -> Self {
        let issuer = Arc::clone(&self.0.rules.issuer);
        let rules = IssuerRules::new(issuer, Vec::new(), None, others.leeway, &super::Profile::okta())
            .with_order(Arc::clone(&others.scope_order), Arc::clone(&others.acr_order));
        Self::new(&self.0.payload, None, Arc::new(rules), self.0.claims.clone(), None)
    }
}

/// The memory that an allocator takes for so many bytes: rounded up to 16, with a word of its own.
fn allocated_bytes(length: usize) -> usize {
    if length == 0 { 0 } else { (length + size_of::<usize>()).next_multiple_of(16).max(32) }
}

#[cfg(test)]
mod tests {
    use allocation_counter::measure;
    use serde_json::json;

    use super::super::{Profile, UncheckedClaims};
    use super::*;

    #[test]
    fn kept_bytes_cover_the_memory_of_a_token() {
        let (issuer, audience) = ("https://a.example", "b");
        let rules = IssuerRules::new(issuer.into(), [audience.into()].into(), None, Duration::ZERO, &Profile::okta());
        let rules = Arc::new(rules);
        let groups = |count: usize, length: usize| vec!["g".repeat(length); count];
        for (name, subject, agent, groups) in [
            ("ordinary", 17, 8, groups(20, 15)),
            ("one group", 17, 8, groups(1, 8)),
            ("empty groups", 1, 8, groups(3_900, 0)),
            ("short groups", 1, 8, groups(2_900, 1)),
            ("groups of 25 bytes", 1, 8, groups(420, 25)),
            ("long subject", 11_700, 8, Vec::new()),
            ("long actor", 1, 11_700, Vec::new()),
        ] {
            let (subject, agent) = ("s".repeat(subject), "a".repeat(agent));
            let actors = json!({ "sub": agent, "iss": issuer, "act": { "sub": "another agent", "client_id": "0oa1" } });
            let claims = json!({
                "acr": "urn:okta:loa:2fa:any", "auth_time": 1, "act": actors, "iss": issuer, "aud": audience, "cid": "c", "exp": 2_000_000_000, "sub": subject, "groups": groups,
                "scp": ["openid"], "uid": "u",
            });
            let payload = claims.to_string();
            let mut token = None;
            let memory = measure(|| {
                let claims = UncheckedClaims::parse(&payload, &rules).unwrap().check_all(Duration::ZERO).unwrap();
                token = Some(ValidToken::new(&payload, None, Arc::clone(&rules), claims, None));
            });
            let (memory, kept) = (memory.bytes_current as usize, token.expect("a token").kept_bytes());
            // The counter does not see what an allocator adds to small allocations.
            let most = memory * 5 / 4 + 32 * (groups.len() + 13);
            assert!((memory..=most).contains(&kept), "{name}: {kept} kept bytes for {memory} bytes");
        }
    }
}
