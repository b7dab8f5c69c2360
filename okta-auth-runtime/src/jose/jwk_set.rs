//! A parsed JWK Set (RFC 7517 section 5).

use std::collections::HashMap;
use std::fmt;
use std::sync::Arc;
use std::time::Duration;

use serde::Deserialize;
use serde::de::{Deserializer, IgnoredAny, SeqAccess, Visitor};
use serde_json::value::RawValue;

use super::json::Members;
use super::jwk;
use super::key::Key;
use crate::algorithm::Algorithm;
use crate::error::{Excerpt, FindError, JwkSetError, SkippedKey};

/// The most entries of a set. More is not a key set that an authorization server publishes, but costs time and log lines.
pub(crate) const MAX_ENTRIES: usize = 1_000;

/// A parsed JWK Set: the keys that can verify tokens, by key ID and algorithm.
///
/// A validator with a set from [`from_json`](Self::from_json) never fetches keys. A bad key never breaks the set
/// (RFC 7517 section 5). An entry is skipped, and logged when the set is used, unless it meets these conditions:
///
/// - It has a `kid`, and its `kty` is `RSA` (2048 to 8192 bits, or to 4096 with only the feature `rust-crypto`), `EC`
///   on `P-256` or `P-384`, or `OKP` on `Ed25519` with a point that is not of small order.
/// - If present, `use` is `sig`, `key_ops` contains `verify`, and `alg` is an [`Algorithm`] for its type of key.
/// - No earlier key has the same `kid` and algorithm.
///
/// ```
/// use okta_auth_runtime::keys::JwkSet;
///
/// let set = JwkSet::from_json(r#"{"keys": [
///     {"kty": "OKP", "crv": "Ed25519", "kid": "a", "x": "11qYAYKxCrfVS_7TyWQHOg7hcvPapiMlrwIaaPcHURo"},
///     {"kty": "oct", "kid": "b", "k": "c2VjcmV0"},
///     "not a key at all"
/// ]}"#)?;
/// assert_eq!(set.len(), 1);
///
/// assert!(JwkSet::from_json("<html>").is_err());
/// # Ok::<(), okta_auth_runtime::error::JwkSetError>(())
/// ```
#[derive(Clone, Default)]
pub struct JwkSet {
    keys: HashMap<String, Vec<Arc<Key>>>,
    skipped: Vec<SkippedKey>,
}

impl JwkSet {
    /// Parses a JWK Set, as text or bytes, for all algorithms.
    ///
    /// # Errors
    ///
    /// The text is not JSON, not an object with an array `keys`, or the array has more than 1,000 entries. A set without a
    /// usable key is not an error: see [`is_empty`](Self::is_empty).
    pub fn from_json(json: impl AsRef<[u8]>) -> Result<Self, JwkSetError> {
        Self::parse(json.as_ref(), &Algorithm::ALL)
    }

    /// The number of distinct key IDs with a usable key.
    pub fn len(&self) -> usize {
        self.keys.len()
    }

    /// Whether there is no usable key.
    pub fn is_empty(&self) -> bool {
        self.keys.is_empty()
    }

    /// As [`from_json`](Self::from_json), only for these algorithms.
    pub(crate) fn parse(json: &[u8], allowed: &[Algorithm]) -> Result<Self, JwkSetError> {
        // Bytes that are not UTF-8 make only their own entry invalid, not the set.
        let text = String::from_utf8_lossy(json);
        let members = Members::scan(&text, &["keys"]).map_err(|_| JwkSetError::Malformed)?;
        let keys = members.raw(0).ok_or(JwkSetError::Malformed)?;
        let keys: Entries<'_> = serde_json::from_str(keys).map_err(|_| JwkSetError::Malformed)?;
        if keys.is_cut {
            return Err(JwkSetError::TooManyEntries { limit: MAX_ENTRIES });
        }

        let mut set = Self::default();
        for (index, entry) in keys.first.into_iter().enumerate() {
            match jwk::parse(index, entry.get(), allowed) {
                Ok(keys) => keys.into_iter().for_each(|key| set.insert(index, key)),
                Err(skipped) => set.skipped.push(skipped),
            }
        }
        Ok(set)
    }

    fn insert(&mut self, index: usize, key: Key) {
        let (kid, algorithm) = (key.kid(), key.algorithm());
        if self.select(kid, algorithm).is_some() {
            let (kid, algorithm) = (Some(Excerpt::new(kid)), Some(algorithm));
            let reason = "an earlier key has the same kid and algorithm";
            return self.skipped.push(SkippedKey { index, kid, algorithm, reason });
        }
        self.keys.entry(kid.to_owned()).or_default().push(Arc::new(key));
    }

    /// As [`select`](Self::select), with an error that tells an unknown ID from an ID for other algorithms.
    pub(crate) fn find(&self, kid: &str, algorithm: Algorithm) -> Result<Arc<Key>, FindError> {
        let keys = self.keys.get(kid).ok_or(FindError::UnknownKey)?;
        let key = keys.iter().find(|key| key.algorithm() == algorithm);
        key.cloned().ok_or_else(|| FindError::AlgorithmNotOfKey(keys.iter().map(|key| key.algorithm()).collect()))
    }

    pub(crate) fn select(&self, kid: &str, algorithm: Algorithm) -> Option<&Arc<Key>> {
        self.keys.get(kid)?.iter().find(|key| key.algorithm() == algorithm)
    }

    pub(crate) fn has_kid(&self, kid: &str) -> bool {
        self.keys.contains_key(kid)
    }

    pub(crate) fn skipped(&self) -> &[SkippedKey] {
        &self.skipped
    }

    /// Removes the keys for other algorithms.
    pub(crate) fn restricted_to(mut self, allowed: &[Algorithm]) -> Self {
        self.keys.retain(|_, keys| {
            keys.retain(|key| allowed.contains(&key.algorithm()));
            !keys.is_empty()
        });
        self
    }

    /// Replaces `old`: keeps the `Arc` of each key that is in both sets, and retires the other keys of `old`.
    pub(crate) fn replace(&mut self, old: Self) {
        for key in old.keys.into_values().flatten() {
            let twin = self.keys.get_mut(key.kid()).and_then(|keys| keys.iter_mut().find(|new| new.is_same(&key)));
            match twin {
                Some(new) => *new = key,
                None => key.retire(),
            }
        }
    }

    pub(crate) fn use_until(&self, until: Duration) {
        self.keys.values().flatten().for_each(|key| key.use_until(until));
    }

    /// Retires and removes all keys.
    pub(crate) fn retire(&mut self) {
        self.keys.drain().flat_map(|(_, keys)| keys).for_each(|key| key.retire());
    }
}

/// The first entries of a set, not yet parsed.
struct Entries<'a> {
    first: Vec<&'a RawValue>,
    /// There are more than [`MAX_ENTRIES`].
    is_cut: bool,
}

impl<'de: 'a, 'a> Deserialize<'de> for Entries<'a> {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        struct First;

        impl<'de> Visitor<'de> for First {
            type Value = Entries<'de>;

            fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                f.write_str("an array")
            }

            fn visit_seq<A: SeqAccess<'de>>(self, mut entries: A) -> Result<Self::Value, A::Error> {
                let mut first = Vec::new();
                while first.len() < MAX_ENTRIES {
                    let Some(entry) = entries.next_element()? else { return Ok(Entries { first, is_cut: false }) };
                    first.push(entry);
                }
                let is_cut = entries.next_element::<IgnoredAny>()?.is_some();
                // serde_json has to see the end of the array. Nothing of the rest is kept.
                while entries.next_element::<IgnoredAny>()?.is_some() {}
                Ok(Entries { first, is_cut })
            }
        }

        deserializer.deserialize_seq(First)
    }
}

impl fmt::Debug for JwkSet {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let mut keys: Vec<_> = self.keys.values().flatten().collect();
        keys.sort_by_key(|key| (key.kid(), key.algorithm().name()));
        f.debug_struct("JwkSet").field("keys", &keys).field("skipped", &self.skipped).finish()
    }
}

#[cfg(test)]
mod tests {
    use serde_json::{Value, json};

    use super::*;
    use crate::jose::testdata::{jwk, renamed, set, vector, vector_of};

    fn with(mut jwk: Value, name: &str, value: &str) -> Value {
        jwk[name] = json!(value);
        jwk
    }

    fn parsed(jwks: &[Value]) -> JwkSet {
        JwkSet::from_json(set(jwks)).expect("a key set")
    }

    #[test]
    fn unusable_entries_are_skipped_and_the_others_work() {
        let deep = "[".repeat(1000) + &"]".repeat(1000);
        let text = format!(
            r#"{{"x": {deep}, "keys": [null, 1, "a", [], {{}}, {{"kid": {deep}}}, {{"kid": "\ud800"}}, {{"kid": 1e999}},
            {}, {{"kty": "RSA"}}], "more": 1}}"#,
            jwk("rsa-2048")
        );
        let set = JwkSet::from_json(text).expect("a key set");
        assert_eq!((set.len(), set.skipped().len()), (1, 9));
        let vector = vector(Algorithm::RS256);
        let key = set.select("rsa-2048", Algorithm::RS256).expect("the key");
        assert_eq!(key.verify(&vector.message, &vector.signature), Ok(()));
    }

    #[test]
    fn invalid_utf8_affects_only_one_entry() {
        let mut bytes = br#"{"keys": [{"kty": "R"#.to_vec();
        bytes.push(0xff);
        bytes.extend_from_slice(format!(r#""}}, {}]}}"#, jwk("rsa-2048")).as_bytes());
        let set = JwkSet::from_json(bytes).expect("a key set");
        assert_eq!((set.len(), set.skipped().len()), (1, 1));
    }

    #[test]
    fn text_that_is_not_a_set_is_an_error() {
        let array = format!("[[{}]]", jwk("rsa-2048"));
        let twice = format!(r#"{{"keys": [{}], "k\u0065ys": []}}"#, jwk("rsa-2048"));
        for text in
            ["", "[]", "{}", "null", "<html>", r#"{"keys": {}}"#, r#"{"keys": [}"#, r#"{"keys": []"#, &array, &twice]
        {
            assert_eq!(JwkSet::from_json(text).err(), Some(JwkSetError::Malformed), "{text}");
        }
        assert!(JwkSet::from_json(r#"{"keys": []}"#).expect("a set without keys").is_empty());
    }

    #[test]
    fn set_of_more_than_1000_entries_is_an_error() {
        let zeros = |count: usize| format!(r#"{{"keys": [{}0]}}"#, "0,".repeat(count - 1));
        let set = JwkSet::from_json(zeros(1_000)).expect("a key set");
        assert_eq!((set.len(), set.skipped().len()), (0, 1_000));
        for count in [1_001, 500_000] {
            let text = zeros(count);
            let held = allocation_counter::measure(|| {
                let error = JwkSet::from_json(&text).err();
                assert_eq!(error, Some(JwkSetError::TooManyEntries { limit: 1_000 }), "{count}");
            });
            assert!(held.bytes_max <= 50_000, "{count} entries: {} bytes", held.bytes_max);
        }
        assert_eq!(JwkSet::from_json(r#"{"keys": [0}"#).err(), Some(JwkSetError::Malformed));
    }

    #[test]
    fn a_signing_key_is_found_behind_others_of_the_same_kid() {
        let set = parsed(&[
            with(renamed("rsa-2048-b", "k"), "use", "enc"),
            renamed("p256", "k"),
            json!({"kty": "oct", "kid": "k", "k": "c2VjcmV0"}),
            with(renamed("rsa-2048-c", "k"), "alg", "RS512"),
            with(renamed("rsa-2048", "k"), "alg", "RS256"),
        ]);
        assert_eq!(set.len(), 1);
        let vector = vector_of("rsa-2048", Algorithm::RS256);
        let key = set.select("k", Algorithm::RS256).expect("the signing key");
        assert_eq!(key.verify(&vector.message, &vector.signature), Ok(()));
        let of_key = vec![Algorithm::ES256, Algorithm::RS512, Algorithm::RS256];
        assert_eq!(set.find("k", Algorithm::PS256).err(), Some(FindError::AlgorithmNotOfKey(of_key)));
        assert_eq!(set.find("x", Algorithm::RS256).err(), Some(FindError::UnknownKey));
        let vector = vector_of("p256", Algorithm::ES256);
        let key = set.select("k", Algorithm::ES256).expect("the key of the other type");
        assert_eq!(key.verify(&vector.message, &vector.signature), Ok(()));
        assert!(set.select("k", Algorithm::PS256).is_none() && set.has_kid("k"));
    }

    #[test]
    fn of_two_keys_with_one_kid_and_algorithm_the_first_counts() {
        let set = parsed(&[renamed("rsa-2048", "k"), with(renamed("rsa-2048-b", "k"), "alg", "RS256")]);
        let key = set.select("k", Algorithm::RS256).expect("a key");
        let first = vector_of("rsa-2048", Algorithm::RS256);
        assert_eq!(key.verify(&first.message, &first.signature), Ok(()));
        let lines: Vec<_> = set.skipped().iter().map(ToString::to_string).collect();
        assert_eq!(
            lines,
            [
                r#"entry 1 of the key set, kid "k", for RS256, is skipped: an earlier key has the same kid and algorithm"#
            ]
        );
    }

    #[test]
    fn a_skipped_key_displays_its_entry_reason_and_escaped_kid() {
        let set = parsed(&[json!({"kty": "oct", "kid": "a\nb"})]);
        let line = set.skipped()[0].to_string();
        assert_eq!(line, r#"entry 0 of the key set, kid "a\nb", is skipped: its kty is not RSA, EC or OKP"#);
    }

    #[test]
    fn a_replacement_keeps_unchanged_keys_and_retires_the_rest() {
        let old = parsed(&[renamed("rsa-2048", "same"), renamed("rsa-2048", "changed"), renamed("rsa-2048", "gone")]);
        let take = |set: &JwkSet, kid| Arc::clone(set.select(kid, Algorithm::RS256).expect("a key"));
        let (same, changed, gone) = (take(&old, "same"), take(&old, "changed"), take(&old, "gone"));

        let mut new = parsed(&[renamed("rsa-2048-b", "changed"), renamed("rsa-2048", "same")]);
        new.replace(old);
        new.use_until(Duration::from_secs(10));

        assert!(Arc::ptr_eq(&same, &take(&new, "same")));
        assert!(!Arc::ptr_eq(&changed, &take(&new, "changed")));
        let now = Duration::from_secs(9);
        assert!(same.usable_at(now) && take(&new, "changed").usable_at(now));
        assert!(!changed.usable_at(now) && !gone.usable_at(now));
    }

    #[test]
    fn the_debug_of_a_set_escapes_and_cuts_the_kids() {
        let long = "k".repeat(200);
        let set = parsed(&[renamed("rsa-2048", "a\r\nforged"), renamed("p256", &long), json!({"kid": long.as_str()})]);
        let shown = format!("{set:?}");
        let cut = format!("\"{}…\"", "k".repeat(128));
        assert!(shown.contains(r#"kid: "a\r\nforged""#), "{shown}");
        assert!(!shown.contains(&"k".repeat(129)) && shown.matches(&cut).count() == 2, "{shown}");
        assert!(!shown.contains(char::is_control), "{shown}");
    }

    #[test]
    fn restricting_drops_the_keys_of_other_algorithms() {
        let set = parsed(&[jwk("rsa-2048"), jwk("p256")]).restricted_to(&[Algorithm::RS256]);
        assert_eq!(set.len(), 1);
        assert!(set.select("rsa-2048", Algorithm::RS384).is_none());
    }
}
