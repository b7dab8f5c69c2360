//! Three readers of the same tokens: ours, jsonwebtoken's `decode`, and a deliberately naive one. Where they disagree, a
//! documented rule of ours has to be the reason.

use std::sync::LazyLock;

use jsonwebtoken::errors::ErrorKind;
use jsonwebtoken::jwk::Jwk;
use jsonwebtoken::{DecodingKey, Validation};
use okta_auth::{JwkSet, Validator};
use okta_auth_testing::MockOkta;
use proptest::prelude::*;
use proptest::sample::select;
use serde_json::{Map, Value, json};

use crate::bench::{encode, segments};
use crate::corpus::ACCEPTED;
use crate::verdicts::verdict;

#[cfg(feature = "aws-lc-rs")]
use jsonwebtoken::crypto::aws_lc::DEFAULT_PROVIDER;
#[cfg(all(feature = "rust-crypto", not(feature = "aws-lc-rs")))]
use jsonwebtoken::crypto::rust_crypto::DEFAULT_PROVIDER;

/// What one reader refuses or accepts, the others may for these reasons of ours alone.
///
/// jsonwebtoken accepts what these codes refuse: it does not ask for a key ID, a client or a kind of token, takes `iss` as
/// an array, the last of two equal members, and no notice of `iat`, `cnf`, `crit`, `b64`, `zip`, `enc`, `uid`, `scp`,
/// `groups`. Codes of forged, expired or foreign tokens are not among them.
const STRICTER_THAN_JSONWEBTOKEN: [&str; 9] = [
    "missing_header",
    "invalid_header",
    "unknown_key",
    "type_not_allowed",
    "unsupported_header",
    "duplicate_member",
    "bound_to_key",
    "client_not_allowed",
    "invalid_claim",
];

/// The naive reader takes any spelling of base64url and the last of two equal members.
const STRICTER_THAN_NAIVE: [&str; 2] = ["not_base64url", "duplicate_member"];

struct Readers {
    okta: MockOkta,
    ours: Validator,
    key: DecodingKey,
    validation: Validation,
    now: f64,
    runtime: tokio::runtime::Runtime,
}

static READERS: LazyLock<Readers> = LazyLock::new(|| {
    // `decode` has no other door. Our own code never asks for the process's provider, as the other test binaries show.
    let _ = DEFAULT_PROVIDER.install_default();
    let okta = MockOkta::start();
    let jwk = okta.signing_key().jwk();
    let set = JwkSet::from_json(json!({ "keys": [jwk] }).to_string()).expect("a key set");
    let mut validation = Validation::new(jsonwebtoken::Algorithm::RS256);
    validation.set_issuer(&[okta.issuer()]);
    validation.set_audience(&[okta.audience()]);
    validation.set_required_spec_claims(&["exp", "iss", "aud", "sub"]);
    validation.validate_nbf = true;
    let since = okta.clock().now().duration_since(std::time::UNIX_EPOCH).expect("a clock after 1970");
    Readers {
        ours: okta.validator_builder().jwk_set(set).build().expect("a validator"),
        key: DecodingKey::from_jwk(&serde_json::from_value::<Jwk>(jwk).expect("a JWK")).expect("a key"),
        validation,
        now: since.as_secs_f64().floor(),
        runtime: tokio::runtime::Builder::new_current_thread().enable_all().build().expect("a runtime"),
        okta,
    }
});

impl Readers {
    fn ours(&self, token: &str) -> &'static str {
        self.runtime.block_on(verdict(&self.ours, token))
    }

    fn jsonwebtoken(&self, token: &str) -> Result<(), ErrorKind> {
        let decoded = jsonwebtoken::decode::<Map<String, Value>>(token, &self.key, &self.validation);
        decoded.map(drop).map_err(|error| error.kind().clone())
    }

    /// The rules, as one would write them on one page.
    fn naive(&self, token: &str) -> Option<()> {
        let holds = |condition: bool| condition.then_some(());
        let parts: Vec<Vec<u8>> = token.split('.').map(sloppy_base64).collect::<Option<_>>()?;
        let [header_bytes, payload_bytes, signature] = <[Vec<u8>; 3]>::try_from(parts).ok()?;
        // RS256 has one signature for each message, so it is verified by signing again.
        let again = self.okta.token().raw_header(header_bytes.as_slice()).raw_payload(payload_bytes.as_slice()).sign();
        holds(segments(&again)[2] == encode(signature))?;

        let header: Map<String, Value> = serde_json::from_slice(&header_bytes).ok()?;
        holds(header.get("alg")? == "RS256" && header.get("kid")? == self.okta.signing_key().kid())?;
        holds(["crit", "zip", "enc"].iter().all(|name| !header.contains_key(*name)))?;
        holds(header.get("b64").is_none_or(|value| *value == true))?;
        if let Some(typ) = header.get("typ") {
            let typ = typ.as_str()?.to_ascii_lowercase();
            holds(["jwt", "at+jwt"].contains(&typ.strip_prefix("application/").unwrap_or(&typ)))?;
        }

        let claims: Map<String, Value> = serde_json::from_slice(&payload_bytes).ok()?;
        let text = |name: &str| claims.get(name)?.as_str().filter(|text| !text.is_empty());
        let date = |name: &str| claims.get(name).map(Value::as_f64);
        holds(text("iss")? == self.okta.issuer() && text("cid")? == self.okta.client_id())?;
        let ours = |aud: &Value| aud == self.okta.audience();
        holds(match claims.get("aud")? {
            Value::Array(list) => list.iter().all(Value::is_string) && list.iter().any(ours),
            one => ours(one),
        })?;
        holds(self.now < date("exp")?? + 60.0)?;
        for name in ["nbf", "iat"] {
            if let Some(date) = date(name) {
                holds(date? <= self.now + 60.0)?;
            }
        }
        text("sub")?;
        holds(claims.get("uid").is_none_or(Value::is_null) || text("uid").is_some())?;
        for name in ["scp", "groups"] {
            let strings = |value: &Value| value.as_array().is_some_and(|list| list.iter().all(Value::is_string));
            holds(claims.get(name).is_none_or(|value| value.is_null() || strings(value)))?;
        }
        holds(!claims.contains_key("cnf"))
    }

    /// Members of a good token's header and payload, as names and JSON text.
    fn good(&self) -> [Vec<(String, String)>; 2] {
        let members = |list: &[(&str, Value)]| list.iter().map(|(name, v)| ((*name).into(), v.to_string())).collect();
        [
            members(&[("kid", json!(self.okta.signing_key().kid())), ("alg", json!("RS256"))]),
            members(&[
                ("iss", json!(self.okta.issuer())),
                ("aud", json!(self.okta.audience())),
                ("sub", json!("alice")),
                ("cid", json!(self.okta.client_id())),
                ("uid", json!("00u1")),
                ("iat", json!(self.now - 10.0)),
                ("exp", json!(self.now + 3600.0)),
                ("scp", json!(["openid"])),
            ]),
        ]
    }

    /// Values that are right for some member, and many that are not. Dates are far from now: jsonwebtoken has no clock but
    /// the system's. What happens at the bounds is in the corpus.
    fn values(&self) -> Vec<String> {
        let okta = &self.okta;
        let texts = [okta.issuer(), okta.audience(), okta.client_id(), "alice", "", "RS256", "none", "HS256", "RS384"];
        let texts = texts.iter().chain(&["JWT", "at+jwt", "id+jwt", "application/jwt", "b64", "DEF"]);
        let mut values: Vec<String> =
            texts.flat_map(|text| [json!(text), json!([text])]).map(|v| v.to_string()).collect();
        let odd =
            ["null", "true", "false", "0", "-1", "1.5", "1e300", "[]", "{}", "[1]", "[\"a\",1]", "{\"a\":[null]}"];
        values.extend(odd.map(str::to_owned));
        values.push(json!([okta.audience(), "api://other"]).to_string());
        values.extend([-7200.0, 1200.0, 7200.0].map(|from_now| json!(self.now + from_now).to_string()));
        values.push(r#""\u0061lice""#.into());
        values.push(r#""\ud800""#.into());
        values.push("[".repeat(200) + &"]".repeat(200));
        values
    }
}

fn sloppy_base64(text: &str) -> Option<Vec<u8>> {
    let (mut bits, mut count, mut bytes) = (0_u32, 0, Vec::new());
    for letter in text.trim_end_matches('=').chars().filter(|letter| !letter.is_ascii_whitespace()) {
        let value = match letter {
            'A'..='Z' => u32::from(letter) - 65,
            'a'..='z' => u32::from(letter) - 71,
            '0'..='9' => u32::from(letter) + 4,
            '-' | '+' => 62,
            '_' | '/' => 63,
            _ => return None,
        };
        bits = bits << 6 | value;
        count += 6;
        if count >= 8 {
            count -= 8;
            bytes.push((bits >> count).to_be_bytes()[3]);
        }
    }
    Some(bytes)
}

/// One change of a good token.
#[derive(Debug, Clone)]
enum Edit {
    /// A member of the header (0) or payload (1) set, or, if it is there, replaced.
    Set(usize, &'static str, String),
    /// The same, but beside the one that is there.
    Add(usize, &'static str, String),
    Remove(usize, &'static str),
    /// A letter of the finished token put in, taken out, or replaced.
    Insert(prop::sample::Index, char),
    Delete(prop::sample::Index),
    Replace(prop::sample::Index, char),
    /// Signed with a key that nobody published.
    Forge,
}

impl Edit {
    fn sets_iat(&self) -> bool {
        matches!(self, Self::Set(1, "iat", _) | Self::Add(1, "iat", _))
    }
}

fn edits() -> impl Strategy<Value = Vec<Edit>> {
    const HEADER: [&str; 11] = ["alg", "kid", "typ", "crit", "b64", "zip", "enc", "jku", "cty", "x", "x5c"];
    const CLAIMS: [&str; 13] =
        ["iss", "sub", "aud", "exp", "nbf", "iat", "cid", "uid", "scp", "groups", "cnf", "x", "jti"];
    let letters: Vec<char> = "AZaz09-_+/=. \n\0é".chars().collect();
    let member = prop_oneof![
        1 => select(HEADER.to_vec()).prop_map(|name| (0, name)),
        2 => select(CLAIMS.to_vec()).prop_map(|name| (1, name)),
    ];
    let value = select(READERS.values());
    let position = any::<prop::sample::Index>;
    let edit = prop_oneof![
        8 => (member.clone(), value.clone()).prop_map(|((part, name), value)| Edit::Set(part, name, value)),
        2 => (member.clone(), value).prop_map(|((part, name), value)| Edit::Add(part, name, value)),
        2 => member.prop_map(|(part, name)| Edit::Remove(part, name)),
        1 => (position(), select(letters.clone())).prop_map(|(at, letter)| Edit::Insert(at, letter)),
        1 => position().prop_map(Edit::Delete),
        1 => (position(), select(letters)).prop_map(|(at, letter)| Edit::Replace(at, letter)),
        1 => Just(Edit::Forge),
    ];
    prop::collection::vec(edit, 0..4)
}

fn build(edits: &[Edit]) -> String {
    let mut parts = READERS.good();
    for edit in edits {
        match edit {
            Edit::Set(part, name, value) => {
                parts[*part].retain(|(known, _)| known != name);
                parts[*part].push(((*name).into(), value.clone()));
            }
            Edit::Add(part, name, value) => parts[*part].push(((*name).into(), value.clone())),
            Edit::Remove(part, name) => parts[*part].retain(|(known, _)| known != name),
            _ => {}
        }
    }
    let [header, payload] = parts.map(|members| {
        let members: Vec<_> = members.iter().map(|(name, value)| format!("\"{name}\":{value}")).collect();
        format!("{{{}}}", members.join(","))
    });
    let mut token = READERS.okta.token();
    if edits.iter().any(|edit| matches!(edit, Edit::Forge)) {
        token = token.signed_by(&okta_auth_testing::SigningKey::unknown(okta_auth_testing::Algorithm::RS256));
    }
    let mut letters: Vec<char> = token.raw_header(header).raw_payload(payload).sign().chars().collect();
    for edit in edits {
        match edit {
            Edit::Insert(at, letter) => letters.insert(at.index(letters.len() + 1), *letter),
            Edit::Delete(at) => drop(letters.remove(at.index(letters.len()))),
            Edit::Replace(at, letter) => {
                let at = at.index(letters.len());
                letters[at] = *letter;
            }
            _ => {}
        }
    }
    letters.into_iter().collect()
}

/// Whether a plain reader of JSON gets through: not beyond a depth of 128 or a lone surrogate in what nobody reads.
fn is_plain_json(token: &str) -> bool {
    let parts: Vec<_> = token.split('.').filter_map(sloppy_base64).collect();
    parts.iter().take(2).all(|part| serde_json::from_slice::<Map<String, Value>>(part).is_ok())
}

/// They want members typed that we do not read, and read dates as unsigned 64-bit numbers. The naive reader has agreed
/// with us before.
fn they_are_narrower(error: &ErrorKind) -> bool {
    match error {
        ErrorKind::Json(_) => true,
        ErrorKind::MissingRequiredClaim(claim) | ErrorKind::InvalidClaimFormat(claim) => {
            ["exp", "nbf"].contains(&claim.as_str())
        }
        _ => false,
    }
}

/// 1,000 tokens, or `PROPTEST_CASES`.
fn cases() -> u32 {
    std::env::var("PROPTEST_CASES").ok().and_then(|cases| cases.parse().ok()).unwrap_or(1000)
}

proptest! {
    #![proptest_config(ProptestConfig { cases: cases(), failure_persistence: None, ..ProptestConfig::default() })]

    #[test]
    fn every_disagreement_is_a_documented_rule(edits in edits()) {
        let token = build(&edits);
        let (ours, theirs) = (READERS.ours(&token), READERS.jsonwebtoken(&token));
        let naive = READERS.naive(&token).is_some();
        match (ours == ACCEPTED, naive) {
            (true, false) => prop_assert!(!is_plain_json(&token), "we accept what the rules refuse: {edits:?}"),
            (false, true) => prop_assert!(STRICTER_THAN_NAIVE.contains(&ours), "we refuse as {ours}: {edits:?}"),
            _ => {}
        }
        match (ours == ACCEPTED, theirs) {
            (true, Err(error)) => prop_assert!(they_are_narrower(&error), "they say {error:?}: {edits:?}"),
            (false, Ok(())) => {
                let by_iat = ours == "not_yet_valid" && edits.iter().any(Edit::sets_iat);
                let stricter = by_iat || STRICTER_THAN_JSONWEBTOKEN.contains(&ours);
                prop_assert!(stricter, "we refuse as {ours}: {edits:?}");
            }
            _ => {}
        }
    }
}

#[test]
fn a_good_token_is_good_for_all_three() {
    let token = build(&[]);
    assert_eq!(READERS.ours(&token), ACCEPTED);
    assert!(READERS.jsonwebtoken(&token).is_ok());
    assert!(READERS.naive(&token).is_some());
    let forged = build(&[Edit::Forge]);
    assert_ne!(READERS.ours(&forged), ACCEPTED);
    assert!(READERS.jsonwebtoken(&forged).is_err());
    assert!(READERS.naive(&forged).is_none());
}
