use serde_json::{Value, json};

use super::*;
use crate::jose::der::{INTEGER, OCTET_STRING, Reader, SEQUENCE};
use crate::jose::{JoseHeader, JwkSet, Jws};

macro_rules! pem {
    ($name:literal) => {
        include_str!(concat!("../testdata/private_keys/", $name, ".pem"))
    };
}
macro_rules! embedded {
    ($name:literal) => {
        (
            include_bytes!(concat!("../../../../okta-auth-testing/keys/", $name, ".der")).as_slice(),
            include_str!(concat!("../../../../okta-auth-testing/keys/", $name, ".jwk.json")),
        )
    };
}

/// The public and the private JWK of an embedded key.
fn jwks((der, public): (&[u8], &str)) -> (Value, Value) {
    let public: Value = serde_json::from_str(public).expect("JSON");
    let mut private = public.clone();
    let encode = |bytes: &[u8]| json!(URL_SAFE_NO_PAD.encode_to_string(bytes));
    let mut reader = Reader::of_sequence(der).expect("DER");
    reader.take(INTEGER).expect("a version");
    if public["kty"] == "RSA" {
        for name in ["n", "e", "d", "p", "q", "dp", "dq", "qi"] {
            private[name] = encode(reader.take_number().expect("a number"));
        }
        return (public, private);
    }
    reader.take(SEQUENCE).expect("an algorithm");
    let key = reader.take(OCTET_STRING).expect("a key");
    private["d"] = if public["kty"] == "EC" {
        let mut key = Reader::of_sequence(key).expect("DER");
        key.take(INTEGER).expect("a version");
        encode(key.take(OCTET_STRING).expect("a key"))
    } else {
        encode(Reader::new(key).take(OCTET_STRING).expect("a key"))
    };
    (public, private)
}

fn rsa() -> (Value, Value) {
    jwks(embedded!("rsa-00"))
}

fn p256() -> (Value, Value) {
    jwks(embedded!("p256-00"))
}

fn p384() -> (Value, Value) {
    jwks(embedded!("p384-00"))
}

fn ed25519() -> (Value, Value) {
    jwks(embedded!("ed25519-00"))
}

/// Asserts that the owner of the public key has signed a token, and only this token.
fn assert_signs(key: &SigningKey, public: &Value, algorithm: Algorithm) {
    let mut public = public.clone();
    public["kid"] = json!("k");
    let set = JwkSet::from_json(json!({ "keys": [public] }).to_string()).expect("a key set");
    let verifier = set.restricted_to(&Algorithm::ALL);
    let verifier = verifier.select("k", algorithm).expect("the public key");
    let token = key.sign(r#"{"iss":"me"}"#).expect("a token");
    let jws = Jws::split(token.as_bytes()).expect("a compact JWS");
    assert_eq!(jws.payload_text().expect("text"), r#"{"iss":"me"}"#);
    let signature = jws.signature().expect("base64url");
    assert!(verifier.verify(jws.signing_input, &signature).is_ok(), "{algorithm}");
    let other = token.replacen('.', ".e", 1);
    let other = Jws::split(other.as_bytes()).expect("a compact JWS");
    assert!(verifier.verify(other.signing_input, &signature).is_err(), "{algorithm}");
    for position in [0, signature.len() / 2, signature.len() - 1] {
        let mut signature = signature.clone();
        signature[position] ^= 1;
        assert!(verifier.verify(jws.signing_input, &signature).is_err(), "{algorithm}, byte {position}");
    }
}

/// The header of a token that the key signs.
fn header(key: &SigningKey) -> Value {
    let token = key.sign("{}").expect("a token");
    let text = Jws::split(token.as_bytes()).expect("a compact JWS").header_text().expect("text");
    assert!(JoseHeader::parse(&text).is_ok());
    serde_json::from_str(&text).expect("JSON")
}

fn with(mut jwk: Value, changes: Value) -> String {
    for (name, value) in changes.as_object().expect("an object") {
        jwk[name] = value.clone();
    }
    jwk.to_string()
}

#[test]
fn every_encoding_of_a_key_signs_for_its_public_key() {
    for (pem, (public, _), algorithm) in [
        (pem!("rsa-pkcs8"), rsa(), Algorithm::RS256),
        (pem!("rsa-pkcs1"), rsa(), Algorithm::RS256),
        (pem!("p256-pkcs8"), p256(), Algorithm::ES256),
        (pem!("p256-sec1"), p256(), Algorithm::ES256),
        (pem!("p384-pkcs8"), p384(), Algorithm::ES384),
        (pem!("p384-sec1"), p384(), Algorithm::ES384),
        (pem!("ed25519-pkcs8"), ed25519(), Algorithm::EdDSA),
    ] {
        assert_signs(&SigningKey::from_pem(pem).expect(pem), &public, algorithm);
        let around = format!("A note.\n{}\nAnother.\n", pem.replace('\n', "\r\n"));
        assert!(SigningKey::from_pem(&around).is_ok(), "{around}");
    }
    for ((public, private), algorithm) in [
        (rsa(), Algorithm::RS256),
        (p256(), Algorithm::ES256),
        (p384(), Algorithm::ES384),
        (ed25519(), Algorithm::EdDSA),
    ] {
        assert_signs(&SigningKey::from_jwk(&private.to_string()).expect("a key"), &public, algorithm);
    }
    for (key, algorithm) in [
        (embedded!("rsa-01"), Algorithm::RS256),
        (embedded!("p256-01"), Algorithm::ES256),
        (embedded!("p256-02"), Algorithm::ES256),
    ] {
        let (public, private) = jwks(key);
        assert_signs(&SigningKey::from_jwk(&private.to_string()).expect("a key"), &public, algorithm);
    }
}

#[test]
fn alg_of_a_jwk_is_the_algorithm() {
    for algorithm in Algorithm::ALL {
        let (public, private) = match algorithm.key_kind() {
            KeyKind::Rsa => rsa(),
            KeyKind::P256 => p256(),
            KeyKind::P384 => p384(),
            KeyKind::Ed25519 => ed25519(),
        };
        let key = SigningKey::from_jwk(&with(private, json!({ "alg": algorithm.name() }))).expect("a key");
        assert_eq!(header(&key)["alg"], algorithm.name());
        assert_signs(&key, &public, algorithm);
    }
    let (public, private) = ed25519();
    let key = SigningKey::from_jwk(&with(private, json!({"alg": "Ed25519"}))).expect("a key");
    assert_eq!(header(&key)["alg"], "Ed25519");
    assert_signs(&key, &public, Algorithm::EdDSA);
}

#[test]
fn header_names_the_key_if_it_has_an_id() {
    let jwk = |changes| SigningKey::from_jwk(&with(p256().1, changes)).expect("a key");
    let key = || jwk(json!({"kid": "a \"quoted\" id", "use": "sig", "key_ops": ["sign"], "x5c": 7}));
    assert_eq!(header(&key()), json!({"typ": "JWT", "alg": "ES256", "kid": "a \"quoted\" id"}));
    assert_eq!(header(&key().with_key_id("b"))["kid"], "b");
    for absent in [json!({}), json!({"kid": null}), json!({"kid": ""})] {
        assert_eq!(header(&jwk(absent)), json!({"typ": "JWT", "alg": "ES256"}));
    }
}

/// RFC 8037 appendix A.4.
#[test]
fn ed25519_has_the_signature_of_rfc_8037() {
    let jwk = r#"{"kty":"OKP","crv":"Ed25519","d":"nWGxne_9WmC6hEr0kuwsxERJxWl7MmkZcDusAxyuf2A","x":"11qYAYKxCrfVS_7TyWQHOg7hcvPapiMlrwIaaPcHURo"}"#;
    let key = SigningKey::from_jwk(jwk).expect("a key");
    let signature = key.signer.sign(b"eyJhbGciOiJFZERTQSJ9.RXhhbXBsZSBvZiBFZDI1NTE5IHNpZ25pbmc").expect("a signature");
    assert_eq!(
        URL_SAFE_NO_PAD.encode_to_string(signature),
        "hgyY0il_MGCjP0JzlnLWG1PPOt7-09PGcvMg3AIbQR6dWbhijcNR4ki4iylGjg5BhVsPt9g7sVvpAr_MuM0KAg"
    );
}

/// RFC 8410 section 10.3: without and with the public key.
#[test]
fn both_versions_of_pkcs8_are_read() {
    let public = json!({"kty": "OKP", "crv": "Ed25519", "x": "Gb9ECWmEzf6FQbrBZ9w7lshQhqowtrbLDFw4rXAxZuE"});
    for base64 in [
        "MC4CAQAwBQYDK2VwBCIEINTuctv5E1hK1bbY8fdp+K06/nwoy/HU++CXqI9EdVhC",
        "MHICAQEwBQYDK2VwBCIEINTuctv5E1hK1bbY8fdp+K06/nwoy/HU++CXqI9EdVhCoB8wHQYKKoZIhvcNAQkJFDEPDA1DdXJkbGUgQ2hhaXJz\
         gSEAGb9ECWmEzf6FQbrBZ9w7lshQhqowtrbLDFw4rXAxZuE=",
    ] {
        let pem = format!("-----BEGIN PRIVATE KEY-----\n{base64}\n-----END PRIVATE KEY-----\n");
        assert_signs(&SigningKey::from_pem(&pem).expect(base64), &public, Algorithm::EdDSA);
    }
}

#[test]
fn pem_that_is_not_one_private_key_is_refused() {
    let p256 = pem!("p256-pkcs8");
    let base64 = |text: &str, from: &str, to: &str| text.replacen(from, to, 1);
    for (pem, expected) in [
        (String::new(), "is not PEM"),
        ("MC4CAQAwBQYDK2VwBCIEINTuctv5E1hK1bbY8fdp".into(), "is not PEM"),
        (p256.replace("-----END", "-----"), "is not PEM"),
        (p256.replace("-----END PRIVATE", "-----END EC PRIVATE"), "is not PEM"),
        (pem!("p256-encrypted-pkcs8").into(), "encrypted"),
        (pem!("p256-encrypted-sec1").into(), "encrypted"),
        (include_str!("../../../../okta-auth-testing/keys/p256-00.pub.pem").into(), "public key"),
        (p256.replace("PRIVATE KEY", "CERTIFICATE"), "certificate"),
        (p256.replace("PRIVATE KEY", "OPENSSH PRIVATE KEY"), "OpenSSH"),
        (p256.replace("PRIVATE KEY", "DSA PRIVATE KEY"), "PKCS#8"),
        (format!("{p256}{p256}"), "more than one"),
        (p256.replace('\n', "\\n"), "base64"),
        (base64(p256, "MIG", "MI*G"), "base64"),
        (p256.replace("PRIVATE KEY", "RSA PRIVATE KEY"), "DER"),
        (p256.replace("PRIVATE KEY", "EC PRIVATE KEY"), "DER"),
        (pem!("rsa-pkcs1").replace("RSA PRIVATE KEY", "PRIVATE KEY"), "DER"),
        (pem!("p384-sec1").replace("EC PRIVATE KEY", "PRIVATE KEY"), "DER"),
        ("-----BEGIN PRIVATE KEY-----\n-----END PRIVATE KEY-----".into(), "DER"),
        (pem!("rsa-1024").into(), "2048"),
        (pem!("secp256k1-sec1").into(), "curve"),
    ] {
        let error = SigningKey::from_pem(&pem).expect_err(expected);
        assert!(error.contains(expected), "{error}\n{pem}");
    }
    let both =
        format!("-----BEGIN EC PARAMETERS-----\nBggqhkjOPQMBBw==\n-----END EC PARAMETERS-----\n{}", pem!("p256-sec1"));
    assert!(SigningKey::from_pem(&both).is_ok());
}

#[test]
fn jwk_that_is_not_one_private_key_is_refused() {
    let (public, private) = p256();
    let (_, rsa) = rsa();
    for (jwk, expected) in [
        (String::new(), "not a JSON object"),
        ("[]".into(), "not a JSON object"),
        (private.to_string().replacen('{', r#"{"d":"","#, 1), "more than once"),
        (private.to_string().replacen('{', r#"{"\u0064":"","#, 1), "more than once"),
        (private.to_string().replacen('{', r#"{"x":{"a":1,"a":1},"#, 1), "more than once"),
        (json!({ "keys": [private] }).to_string(), "JWK Set"),
        (json!({"kty": "oct", "k": "AAAA", "d": "AAAA"}).to_string(), "symmetric"),
        (json!({"kty": "AKP", "d": "AAAA"}).to_string(), "kty"),
        (json!({"kty": ["EC"]}).to_string(), "JSON type"),
        (json!({}).to_string(), "kty"),
        (public.to_string(), "public key"),
        (with(private.clone(), json!({"d": null})), "public key"),
        (with(private.clone(), json!({"d": 7})), "JSON type"),
        (with(private.clone(), json!({"kid": 7})), "JSON type"),
        (with(private.clone(), json!({"alg": 7})), "JSON type"),
        (with(private.clone(), json!({"use": "enc"})), "use"),
        (with(private.clone(), json!({"use": ["sig"]})), "JSON type"),
        (with(private.clone(), json!({"key_ops": ["verify"]})), "key_ops"),
        (with(private.clone(), json!({"key_ops": "sign"})), "key_ops"),
        (with(private.clone(), json!({"alg": "RS256"})), "alg"),
        (with(private.clone(), json!({"alg": "HS256"})), "alg"),
        (with(private.clone(), json!({"alg": "none"})), "alg"),
        (with(private.clone(), json!({"alg": ""})), "alg"),
        (with(private.clone(), json!({"crv": "P-521"})), "crv"),
        (with(private.clone(), json!({"crv": "P-384"})), "coordinate"),
        (with(private.clone(), json!({"y": null})), "missing or not supported"),
        (with(private.clone(), json!({"d": "AAAA"})), "coordinate"),
        (with(private.clone(), json!({"d": jwks(embedded!("p256-01")).1["d"]})), "private"),
        (with(ed25519().1, json!({"d": jwks(embedded!("ed25519-01")).1["d"]})), "private"),
        (with(ed25519().1, json!({"crv": "Ed448"})), "missing or not supported"),
        (with(rsa.clone(), json!({"oth": []})), "primes"),
        (with(rsa.clone(), json!({"qi": null})), "missing"),
        (with(rsa.clone(), json!({"dp": "*"})), "base64url"),
        (with(rsa.clone(), json!({"n": jwks(embedded!("rsa-01")).1["n"]})), "RSA"),
        (with(rsa.clone(), json!({"e": "AQAC"})), "exponent"),
    ] {
        let error = SigningKey::from_jwk(&jwk).expect_err(expected);
        assert!(error.contains(expected), "{error}, expected {expected}\n{jwk}");
    }
}

#[test]
fn debug_shows_no_private_number() {
    for key in [SigningKey::from_pem(pem!("rsa-pkcs8")), SigningKey::from_jwk(&rsa().1.to_string())] {
        let shown = format!("{:?}", key.expect("a key").with_key_id("k"));
        assert_eq!(shown, r#"SigningKey { alg: "RS256", key_id: Some("k"), .. }"#);
    }
}
