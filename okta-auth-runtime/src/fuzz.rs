//! What has to hold of any input. `fuzz/` looks for one of which it does not; the test below replays what it found.

use std::pin::pin;
use std::sync::LazyLock;
use std::task::{Context, Poll, Waker};
use std::time::{Duration, SystemTime, UNIX_EPOCH};

use base64_simd::URL_SAFE_NO_PAD;
use serde_json::{Map, Value};

use crate::access_token::{ClaimNames, Expectations, Header, Profile, TypeRule, UnverifiedClaims};
use crate::algorithm::Algorithm;
use crate::clock::Clock;
use crate::config::Issuer;
use crate::error::ValidateError;
use crate::jose::{JwkSet, Jws};
use crate::validator::Validator;

const ISSUER: &str = "https://example.okta.com/oauth2/default";
const AUDIENCE: &str = "api://default";
const CLIENT: &str = "client-1";
const NOW: u64 = 1_800_000_000;

/// The text of a JOSE header. Whether it was accepted.
pub fn header(data: &[u8]) -> bool {
    let Ok(text) = std::str::from_utf8(data) else { return false };
    let header = match Header::parse(text, &Algorithm::ALL) {
        Ok(header) => header,
        Err(error) => {
            shown(&error.into());
            return false;
        }
    };
    assert!(!header.key_id.is_empty());
    assert_eq!(Header::parse(text, &[Algorithm::RS256]).is_ok(), header.algorithm == Algorithm::RS256);
    let Some(members) = plain_object(text) else { return true };
    assert_eq!(members.get("alg").and_then(Value::as_str), Some(header.algorithm.name()));
    assert_eq!(members.get("kid").and_then(Value::as_str), Some(&*header.key_id));
    assert!(["crit", "zip", "enc"].iter().all(|name| !members.contains_key(*name)));
    assert!(members.get("b64").is_none_or(|value| *value == Value::Bool(true)));
    let typ = members.get("typ").map(|typ| typ.as_str().expect("a string").to_ascii_lowercase());
    let typ = typ.as_deref().map(|typ| typ.strip_prefix("application/").unwrap_or(typ));
    assert!(matches!(typ, None | Some("jwt" | "at+jwt")), "{typ:?}");
    assert_eq!(header.check_type(TypeRule::AccessToken).is_ok(), typ == Some("at+jwt"));
    true
}

/// A compact token, or header and payload as text with a line feed in between: parsed, its claims checked as if it were
/// signed, by every profile, and put to validators, which have to refuse it. Whether a profile accepted the claims.
pub fn token(data: &[u8]) -> bool {
    let compact = token_text(data);
    let Some(end) = data.iter().position(|byte| *byte == b'\n') else { return compact };
    let (header, payload) = (&data[..end], &data[end + 1..]);
    let encode = |bytes: &[u8]| URL_SAFE_NO_PAD.encode_to_string(bytes);
    token_text(format!("{}.{}.AAAA", encode(header), encode(payload)).as_bytes()) || compact
}

fn token_text(token: &[u8]) -> bool {
    let accepted = Jws::parse(token).is_ok_and(|jws| {
        assert!(token.len() <= 16 * 1024, "{} bytes", token.len());
        let segments: Vec<&[u8]> = token.split(|byte| *byte == b'.').collect();
        let decoded = [jws.header.as_bytes(), jws.payload.as_bytes(), &jws.signature];
        assert_eq!(segments.len(), 3);
        for (segment, decoded) in segments.iter().zip(decoded) {
            assert_eq!(URL_SAFE_NO_PAD.encode_to_string(decoded).as_bytes(), *segment, "two spellings of one token");
        }
        // Each, though one would be enough for the answer.
        READERS.iter().filter(|reader| reader.claims(&jws.payload)).count() > 0
    });
    let Ok(text) = std::str::from_utf8(token) else { return accepted };
    for validator in &*VALIDATORS {
        match poll(validator.validate(text)) {
            Poll::Ready(Ok(_)) => panic!("a token that nobody signed was accepted"),
            Poll::Ready(Err(error)) => shown(&error),
            Poll::Pending => panic!("keys that are given need no waiting"),
        }
    }
    accepted
}

/// What one profile reads, and the names of the claims where it does.
struct Reader {
    expected: Expectations,
    client: &'static str,
    user_id: Option<&'static str>,
    lists: [&'static str; 2],
    words: bool,
}

impl Reader {
    fn new(
        profile: &Profile,
        client: &'static str,
        user_id: Option<&'static str>,
        lists: [&'static str; 2],
        words: bool,
    ) -> Self {
        let expected = Expectations {
            issuer: ISSUER.into(),
            audiences: vec![AUDIENCE.into()],
            clients: Some(vec![CLIENT.into()]),
            leeway: Duration::from_secs(60),
            names: ClaimNames::new(profile),
        };
        Self { expected, client, user_id, lists, words }
    }

    /// Claims that pass are those that a reader of plain JSON sees. Whether they pass.
    fn claims(&self, payload: &str) -> bool {
        let Ok(unverified) = UnverifiedClaims::parse(payload, &self.expected.names) else { return false };
        let valid = match unverified.validate(&self.expected, Duration::from_secs(NOW)) {
            Ok(valid) => valid,
            Err(error) => {
                shown(&error.into());
                return false;
            }
        };
        assert!(!valid.subject.of(payload).is_empty());
        assert_eq!(valid.client.of(payload), CLIENT);
        let Some(members) = plain_object(payload) else { return true };
        let text = |name: &str| members.get(name).and_then(Value::as_str);
        assert_eq!(text("iss"), Some(ISSUER));
        assert_eq!(text("sub"), Some(valid.subject.of(payload)));
        assert_eq!(text(self.client), Some(CLIENT));
        assert_eq!(self.user_id.and_then(text), valid.user_id.as_ref().map(|user| user.of(payload)));
        let date = |name: &str| members.get(name).map(|date| date.as_f64().expect("a number"));
        assert!(date("exp").is_some_and(|exp| (NOW as f64) < exp + 60.0), "expired");
        assert!(["nbf", "iat"].map(date).into_iter().flatten().all(|date| date <= NOW as f64 + 60.0), "not yet valid");
        assert!(!members.contains_key("cnf"));
        let holds = |value: &Value| value.as_str() == Some(AUDIENCE);
        assert!(
            members
                .get("aud")
                .is_some_and(|aud| holds(aud) || aud.as_array().is_some_and(|list| list.iter().any(holds)))
        );
        for (name, found) in self.lists.into_iter().zip([&valid.scopes, &valid.groups]) {
            let list: Vec<&str> = match members.get(name) {
                None | Some(Value::Null) => Vec::new(),
                Some(Value::Array(list)) => list.iter().map(|item| item.as_str().expect("a string")).collect(),
                Some(Value::String(words)) if self.words => words.split(' ').filter(|word| !word.is_empty()).collect(),
                other => panic!("{name} is {other:?}"),
            };
            assert_eq!(list, found.iter().map(|item| item.of(payload)).collect::<Vec<_>>(), "{name}");
        }
        true
    }
}

/// An object as a plain reader of JSON sees it; `None` if it can't, for one of the few reasons that are ours to ignore:
/// depth, and strings and numbers in members that nobody reads which are no text and no `f64`.
fn plain_object(text: &str) -> Option<Map<String, Value>> {
    const UNREAD: [&str; 4] = [
        "recursion limit exceeded",
        "lone leading surrogate in hex escape",
        "unexpected end of hex escape",
        "number out of range",
    ];
    let read = serde_json::from_str(text);
    if let Err(error) = &read {
        let error = error.to_string();
        assert!(UNREAD.iter().any(|reason| error.starts_with(reason)), "accepted, though it is no JSON: {error}");
    }
    read.ok()
}

/// A JWK Set. Whether there is a key in it.
pub fn jwk_set(data: &[u8]) -> bool {
    crate::keys::fuzz::jwk_set(data)
}

/// `Cache-Control`, `Age`, `Retry-After`, another `Cache-Control` and `Date`, each in a line of its own. Whether they say
/// anything.
pub fn cache_control(data: &[u8]) -> bool {
    crate::keys::fuzz::cache_control(data)
}

/// What an error shows is short and on one line.
fn shown(error: &ValidateError) {
    let text = format!("{error} {error:?}");
    assert!(text.len() < 8 * 1024, "{} bytes", text.len());
    assert!(!text.chars().any(char::is_control), "{text:?}");
}

fn poll<F: Future>(future: F) -> Poll<F::Output> {
    pin!(future).poll(&mut Context::from_waker(Waker::noop()))
}

struct Frozen;

impl Clock for Frozen {
    fn now(&self) -> SystemTime {
        UNIX_EPOCH + Duration::from_secs(NOW)
    }
}

/// Every profile, and one whose claims serve twice.
static READERS: LazyLock<[Reader; 4]> = LazyLock::new(|| {
    let twice = Profile::custom().client("sub").user_id("sub").scopes("aud").groups("aud").build();
    [
        Reader::new(&Profile::okta(), "cid", Some("uid"), ["scp", "groups"], false),
        Reader::new(&Profile::auth0(), "azp", None, ["scope", "permissions"], true),
        Reader::new(&Profile::rfc9068(), "client_id", None, ["scope", "groups"], true),
        Reader::new(&twice, "sub", Some("sub"), ["aud", "aud"], true),
    ]
});

/// One that trusts one issuer, and one that has to choose among several.
static VALIDATORS: LazyLock<[Validator; 2]> = LazyLock::new(|| {
    let keys = concat!(
        r#"{"keys":[{"kty":"OKP","crv":"Ed25519","kid":"k","x":"11qYAYKxCrfVS_7TyWQHOg7hcvPapiMlrwIaaPcHURo"},"#,
        r#"{"kty":"RSA","kid":"k","e":"AQAB","n":"ofgWCuLjybRlzo0tZWJjNiuSfb4p4fAkd_wWJcyQoTbji9k0l8W26mPddxHmfHQp-Vaw-4"#,
        r#"qPCJrcS2mJPMEzP1Pt0Bm4d4QlL-yRT-SFd2lZS-pCgNMsD1W_YpRPEwOWvG6b32690r2jZ47soMZo9wGzjb_7OMg0LOL-bSf63kpaSHSX"#,
        r#"ndS5z5rexMdbBYUsLA9e-KXBdQOS-UTo7WTBEMa2R2CapHg665xsmtdVMTBQY4uDZlxvb3qCo5ZwKh9kG4LT6_I5IhlJH7aGhyxXFvUK-DW"#,
        r#"NmoudF8NAco9_h9iaGNj8q2ethFkMLs91kzk2PAcDTW9gb54h4FRWyuXpoQ"}]}"#,
    );
    let set = JwkSet::from_json(keys).expect("a key set");
    let one = || {
        let builder = Validator::builder().issuer(ISSUER).audience(AUDIENCE).client_id(CLIENT).jwk_set(set.clone());
        builder.algorithms([Algorithm::RS256, Algorithm::EdDSA]).clock(Frozen)
    };
    let issuer = |name: &str, profile| {
        Issuer::new(name).audience(AUDIENCE).client_id(CLIENT).profile(profile).jwk_set(set.clone())
    };
    let several = one()
        .add_issuer(issuer("https://auth0.example.com/", Profile::auth0()))
        .add_issuer(issuer("https://rfc9068.example.com", Profile::rfc9068()));
    [one(), several].map(|builder| builder.build().expect("a validator"))
});

#[cfg(test)]
mod tests {
    use std::path::Path;

    #[test]
    fn what_fuzzing_found_interesting_stays_so() {
        let corpus = Path::new(env!("CARGO_MANIFEST_DIR")).join("../fuzz/corpus");
        type Target = fn(&[u8]) -> bool;
        let targets: [(&str, Target); 4] = [
            ("header", super::header),
            ("token", super::token),
            ("jwk_set", super::jwk_set),
            ("cache_control", super::cache_control),
        ];
        for (target, run) in targets {
            let (mut accepted, mut refused) = (0, 0);
            for input in std::fs::read_dir(corpus.join(target)).expect("the committed corpus") {
                let input = std::fs::read(input.expect("an entry").path()).expect("an input");
                *(if run(&input) { &mut accepted } else { &mut refused }) += 1;
            }
            // A corpus of which everything is refused at once would replay nothing.
            assert!(accepted >= 8 && refused >= 8, "{target}: {accepted} inputs accepted, {refused} refused");
        }
    }

    /// One payload that is good for it and for no other.
    #[test]
    fn every_profile_is_reached_by_the_corpus() {
        let corpus = Path::new(env!("CARGO_MANIFEST_DIR")).join("../fuzz/corpus/token");
        let mut reached = [0; 4];
        for input in std::fs::read_dir(corpus).expect("the committed corpus") {
            let input = std::fs::read(input.expect("an entry").path()).expect("an input");
            let Ok(text) = std::str::from_utf8(&input) else { continue };
            let Some((_, payload)) = text.split_once('\n') else { continue };
            let accepting = super::READERS.each_ref().map(|reader| reader.claims(payload));
            if let [at] = *(0..4).filter(|at| accepting[*at]).collect::<Vec<_>>() {
                reached[at] += 1;
            }
        }
        assert!(reached.iter().all(|count| *count > 0), "inputs that one profile alone accepts: {reached:?}");
    }
}
