//! The answers that are remembered, active ones apart from inactive ones.

use std::hash::BuildHasherDefault;
use std::sync::Arc;
use std::time::Duration;

use quick_cache::Weighter;
use quick_cache::sync::Cache;

use crate::access_token::{Fingerprint, FingerprintHasher, IdentityHasher, ValidToken};
use crate::error::TokenError;

/// The memory that is reserved for each active answer, as for a token of the token cache.
const BYTES_PER_ANSWER: u64 = 2_048;

/// An entry of the memory beside its token: its slot, and its share of the table, of which up to half is unused.
const BYTES_PER_ENTRY: u64 = 320;

/// The most memory that the reason of a rejection takes in addition to its entry: two excerpts of 128 characters, and the name of a
/// claim.
const BYTES_PER_REASON: u64 = 1_280;

/// Inactive answers have this part of the memory of active ones, in addition to it.
const INACTIVE_PART: u64 = 8;

/// A response that breaks a rule is remembered up to this many bytes. A shard of the memory could refuse a larger one, so that the
/// answer is not remembered and each request causes a call.
const MOST_KEPT_OF_REJECTED: usize = 8 * 1024;

/// The answer of the authorization server about one token.
#[derive(Clone)]
pub(super) struct Answer {
    /// When the call was admitted, since the Unix epoch. The statement is at most that old.
    pub(super) asked_at: Duration,
    /// The token with the claims of the answer, or the reason why it is rejected.
    pub(super) verdict: Result<ValidToken, TokenError>,
    /// The response, if it says that the token is active but breaks a rule. For explanations. The memory drops a large one.
    pub(super) rejected: Option<Arc<str>>,
}

type Answers = Cache<Fingerprint, Answer, KeptBytes, BuildHasherDefault<IdentityHasher>>;

/// The answers that are remembered, by the fingerprint of the token.
///
/// Its size is limited in bytes. Callers without an active token can fill only the part for inactive answers, so they can't evict
/// answers about active tokens.
pub(super) struct Memory {
    fingerprints: FingerprintHasher,
    active: Answers,
    inactive: Answers,
}

impl Memory {
    /// `bytes` are for active answers. Inactive answers have an eighth of that in addition. Fails if the operating system has no
    /// randomness.
    pub(super) fn new(bytes: usize) -> Result<Self, getrandom::Error> {
        let bytes = bytes as u64;
        let answers = |bytes: u64, each: u64| {
            let items = usize::try_from(bytes / each).unwrap_or(usize::MAX);
            Cache::with(items, bytes, KeptBytes, BuildHasherDefault::default(), Default::default())
        };
        Ok(Self {
            fingerprints: FingerprintHasher::random()?,
            active: answers(bytes, BYTES_PER_ANSWER),
            inactive: answers(bytes / INACTIVE_PART, BYTES_PER_ENTRY),
        })
    }

    /// `None` for a token that is too long to be accepted.
    pub(super) fn fingerprint(&self, token: &str) -> Option<Fingerprint> {
        self.fingerprints.of(token.as_bytes())
    }

    /// The answer about a token, if it is less than `within` old at `now`, the time since the Unix epoch.
    pub(super) fn find(&self, token: &Fingerprint, within: Duration, now: Duration) -> Option<Answer> {
        let is_recent = |answer: &Answer| answer.asked_at <= now && now < answer.asked_at + within;
        let is_usable = |answer: &Answer| answer.verdict.as_ref().map_or(true, |token| token.is_valid_at(now));
        let answer = self.active.get(token).or_else(|| self.inactive.get(token))?;
        (is_recent(&answer) && is_usable(&answer)).then_some(answer)
    }

    /// Remembers an answer, in place of an earlier one about the same token.
    pub(super) fn insert(&self, token: Fingerprint, answer: Answer) {
        let rejected = answer.rejected.filter(|response| response.len() <= MOST_KEPT_OF_REJECTED);
        let answer = Answer { rejected, ..answer };
        let (to, from) = match answer.verdict {
            Ok(_) => (&self.active, &self.inactive),
            Err(_) => (&self.inactive, &self.active),
        };
        from.remove(&token);
        to.insert(token, answer);
    }

    /// Forgets all answers.
    pub(super) fn clear(&self) {
        self.active.clear();
        self.inactive.clear();
    }

    /// The numbers of active and of inactive answers in memory, including those that are too old to be used.
    pub(super) fn held(&self) -> (usize, usize) {
        (self.active.len(), self.inactive.len())
    }
}

/// Weighs an answer by the memory that it takes.
#[derive(Clone)]
struct KeptBytes;

impl Weighter<Fingerprint, Answer> for KeptBytes {
    fn weight(&self, _: &Fingerprint, answer: &Answer) -> u64 {
        BYTES_PER_ENTRY
            + match &answer.verdict {
                Ok(token) => token.kept_bytes() as u64,
                Err(TokenError::Inactive) => 0,
                Err(_) => BYTES_PER_REASON + answer.rejected.as_ref().map_or(0, |response| response.len() as u64),
            }
    }
}

#[cfg(test)]
mod tests {
    use allocation_counter::measure;
    use serde_json::json;

    use super::*;
    use crate::access_token::{AnswerPeriod, IssuerRules, Profile, UncheckedAnswer};
    use crate::error::Excerpt;

    fn answer(verdict: Result<ValidToken, TokenError>) -> Answer {
        Answer { asked_at: Duration::ZERO, verdict, rejected: None }
    }

    fn token(scopes: usize) -> ValidToken {
        let claims = json!({ "iss": "i", "aud": "a", "cid": "c", "sub": "s", "exp": 9e9, "scp": "s ".repeat(scopes) });
        ValidToken::without_signature(&claims.to_string()).expect("claims")
    }

    fn text(number: u32) -> String {
        format!("{:x}", u128::from(number + 1).wrapping_mul(0x9E37_79B9_7F4A_7C15_F39C_C060_5CED_C835))
    }

    #[test]
    fn inactive_answers_do_not_evict_active_ones() {
        let memory = Memory::new(1 << 20).expect("randomness");
        let known: Vec<_> = (0..100).filter_map(|number| memory.fingerprint(&text(number))).collect();
        known.iter().for_each(|known| memory.insert(*known, answer(Ok(token(1)))));
        assert_eq!(memory.held(), (100, 0));
        for number in 100..50_000 {
            memory.insert(memory.fingerprint(&text(number)).expect("a short text"), answer(Err(TokenError::Inactive)));
        }
        let (active, inactive) = memory.held();
        assert!(active == 100 && (256..=512).contains(&inactive), "{active} {inactive}");
    }

    #[test]
    fn weight_of_an_answer_covers_its_memory() {
        let excerpt = || Excerpt::new(&"\u{1F512}".repeat(1_000));
        let rejected = || TokenError::ClientNotAllowed { claim: "c".into(), found: excerpt(), expected: excerpt() };
        let token = token(1);
        let response = "r".repeat(3_000);
        let with_response = || Answer { rejected: Some(response.as_str().into()), ..answer(Err(rejected())) };
        assert_covers(&|| answer(Ok(token.clone())), BYTES_PER_ENTRY);
        assert_covers(&|| answer(Err(TokenError::Inactive)), BYTES_PER_ENTRY);
        assert_covers(&|| answer(Err(rejected())), BYTES_PER_ENTRY + BYTES_PER_REASON);
        assert_covers(&with_response, BYTES_PER_ENTRY + BYTES_PER_REASON + 3_000);
    }

    /// Each of many answers takes at most `limit` bytes, without its token.
    fn assert_covers(answer: &dyn Fn() -> Answer, limit: u64) {
        for count in [1_000, 5_000] {
            let memory = Memory::new(256 << 20).expect("randomness");
            let tokens: Vec<_> = (0..count).filter_map(|number| memory.fingerprint(&text(number))).collect();
            let taken = measure(|| tokens.iter().for_each(|token| memory.insert(*token, answer())));
            let each = taken.bytes_current as u64 / u64::from(count);
            assert!(each <= limit, "{each} bytes for each of {count}, expected at most {limit}");
            assert!(answer().verdict.is_ok() || KeptBytes.weight(&tokens[0], &answer()) == limit);
        }
    }

    #[test]
    fn large_response_does_not_keep_an_answer_out() {
        let memory = Memory::new(1 << 20).expect("randomness");
        let known = memory.fingerprint("token").expect("a short text");
        let find = || memory.find(&known, Duration::from_secs(1), Duration::ZERO).expect("an answer");
        for (length, is_kept) in [(8 * 1024, true), (8 * 1024 + 1, false), (1 << 20, false)] {
            let rejected = Some("r".repeat(length).into());
            memory.insert(known, Answer { rejected, ..answer(Err(TokenError::AmbiguousAnswer)) });
            assert_eq!((find().verdict.err(), find().rejected.is_some()), (Some(TokenError::AmbiguousAnswer), is_kept));
        }
    }

    #[test]
    fn answer_about_a_token_replaces_the_earlier_one() {
        let memory = Memory::new(1 << 20).expect("randomness");
        let known = memory.fingerprint("token").expect("a short text");
        let find = |within| memory.find(&known, Duration::from_secs(within), Duration::from_secs(3));
        memory.insert(known, answer(Err(TokenError::Inactive)));
        assert!(find(4).is_some() && find(3).is_none(), "within is exclusive");
        memory.insert(known, answer(Err(TokenError::AmbiguousAnswer)));
        assert_eq!(find(4).and_then(|answer| answer.verdict.err()), Some(TokenError::AmbiguousAnswer));
        memory.insert(known, answer(Ok(token(1))));
        assert_eq!(memory.held(), (1, 0));
        memory.insert(known, answer(Err(TokenError::Inactive)));
        assert_eq!(memory.held(), (0, 1));
    }

    /// Answers like those of Okta, about an opaque token and about a JWT of 1,000 bytes.
    #[test]
    fn default_memory_holds_15_000_ordinary_answers() {
        let claims = json!({
            "active": true, "token_type": "Bearer", "scope": "openid profile orders:read", "username": "alice@example.com",
            "exp": 9e9, "iat": 1_800_000_000, "sub": "alice@example.com", "aud": "api", "iss": "https://dev-123456.okta.com/oauth2/default",
            "jti": "AT.0mP4JKAZX1iACIT4vbEDF7LpvDVjxypPMf0D7uX39RE", "client_id": "client", "uid": "00u1a2b3c4d5e6f7g8h9",
        });
        let issuer = "https://dev-123456.okta.com/oauth2/default";
        let rules = IssuerRules::new(issuer.into(), vec!["api".into()], None, Duration::ZERO, &Profile::okta());
        let rules = Arc::new(rules.of_answers(&Profile::okta()));
        let now = Duration::from_secs(1_800_000_000);
        for (length, held) in [(43, 27_000), (1_000, 15_000)] {
            let response = claims.to_string();
            let period = AnswerPeriod { asked_at: now, usable_until: now + Duration::from_secs(10) };
            let token = UncheckedAnswer::parse(&response).validate(&"a".repeat(length), &rules, period, now);
            let memory = Memory::new(1 << 20).expect("randomness");
            let each = KeptBytes.weight(&memory.fingerprint("token").expect("a short text"), &answer(token));
            assert!((held..held + 1_000).contains(&((32 << 20) / each)), "{each} bytes with {length} bytes of token");
        }
    }
}
