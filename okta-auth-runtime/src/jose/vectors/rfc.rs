//! The examples of RFC 7515, 7520, 7797 and 8037.
//!
//! Examples that are not supported are rejected: HMAC, ES512 and `none` can't be allowed, and a JSON serialization
//! (RFC 7515 section 7.2) or an encrypted token (RFC 7520 sections 5 and 6) is not a compact JWS. Section 5 is not
//! tested.

use base64_simd::URL_SAFE_NO_PAD;
use serde_json::{Value, json};

use crate::access_token::{UncheckedHeader, decode, unverified_issuer};
use crate::algorithm::Algorithm;
use crate::error::TokenError;
use crate::jose::{JoseError, JwkSet, Jws};

const A_PAYLOAD: &str =
    "eyJpc3MiOiJqb2UiLA0KICJleHAiOjEzMDA4MTkzODAsDQogImh0dHA6Ly9leGFtcGxlLmNvbS9pc19yb290Ijp0cnVlfQ";
const A2_N: &str = "ofgWCuLjybRlzo0tZWJjNiuSfb4p4fAkd_wWJcyQoTbji9k0l8W26mPddxHmfHQp-Vaw-4qPCJrcS2mJPMEzP1Pt0Bm4d4QlL-yRT-SFd2lZS-pCgNMsD1W_YpRPEwOWvG6b32690r2jZ47soMZo9wGzjb_7OMg0LOL-bSf63kpaSHSXndS5z5rexMdbBYUsLA9e-KXBdQOS-UTo7WTBEMa2R2CapHg665xsmtdVMTBQY4uDZlxvb3qCo5ZwKh9kG4LT6_I5IhlJH7aGhyxXFvUK-DWNmoudF8NAco9_h9iaGNj8q2ethFkMLs91kzk2PAcDTW9gb54h4FRWyuXpoQ";
const A2_SIGNATURE: &str = "cC4hiUPoj9Eetdgtv3hF80EGrhuB__dzERat0XF9g2VtQgr9PJbu3XOiZj5RZmh7AAuHIm4Bh-0Qc_lF5YKt_O8W2Fp5jujGbds9uJdbF9CUAr7t1dnZcAcQjbKBYNX4BAynRFdiuB--f_nZLgrnbyTyWzO75vRK5h6xBArLIARNPvkSjtQBMHlb1L07Qe7K0GarZRmB_eSN9383LcOLn6_dO--xi12jzDwusC-eOkHWEsqtFZESc6BfI7noOPqvhJ1phCnvWh6IeYI2w9QOYEUipUTI8np6LbgGY9Fs98rqVt5AXLIhWkWywlVmtVrBp0igcN_IoypGlUPQGe77Rw";
const A3_X: &str = "f83OJ3D2xF1Bg8vub9tLe1gHMzV76e8Tus9uPHvRVEU";
const A3_Y: &str = "x_FEzRu9m36HLN_tue659LNpXW6pCyStikYjKIWI5a0";
const A3_SIGNATURE: &str = "DtEhU3ljbEg8L38VWAfUAqOyKAM6-Xx-F4GawxaepmXFCgfTjDxw5djxLa8ISlSApmWQxfKTUJqPP3-Kg6NU1Q";

const COOKBOOK_PAYLOAD: &str = "SXTigJlzIGEgZGFuZ2Vyb3VzIGJ1c2luZXNzLCBGcm9kbywgZ29pbmcgb3V0IHlvdXIgZG9vci4gWW91IHN0ZXAgb250byB0aGUgcm9hZCwgYW5kIGlmIHlvdSBkb24ndCBrZWVwIHlvdXIgZmVldCwgdGhlcmXigJlzIG5vIGtub3dpbmcgd2hlcmUgeW91IG1pZ2h0IGJlIHN3ZXB0IG9mZiB0by4";
const COOKBOOK_N: &str = "n4EPtAOCc9AlkeQHPzHStgAbgs7bTZLwUBZdR8_KuKPEHLd4rHVTeT-O-XV2jRojdNhxJWTDvNd7nqQ0VEiZQHz_AJmSCpMaJMRBSFKrKb2wqVwGU_NsYOYL-QtiWN2lbzcEe6XC0dApr5ydQLrHqkHHig3RBordaZ6Aj-oBHqFEHYpPe7Tpe-OfVfHd1E6cS6M1FZcD1NNLYD5lFHpPI9bTwJlsde3uhGqC0ZCuEHg8lhzwOHrtIQbS0FVbb9k3-tVTU4fg_3L_vniUFAKwuCLqKnS2BYwdq_mzSnbLY7h_qixoR7jig3__kRhuaxwUkRz5iaiQkqgc5gHdrNP5zw";
const COOKBOOK_RS256: &str = "MRjdkly7_-oTPTS3AXP41iQIGKa80A0ZmTuV5MEaHoxnW2e5CZ5NlKtainoFmKZopdHM1O2U4mwzJdQx996ivp83xuglII7PNDi84wnB-BDkoBwA78185hX-Es4JIwmDLJK3lfWRa-XtL0RnltuYv746iYTh_qHRD68BNt1uSNCrUCTJDt5aAE6x8wW1Kt9eRo4QPocSadnHXFxnt8Is9UzpERV0ePPQdLuW3IS_de3xyIrDaLGdjluPxUAhb6L2aXic1U12podGU0KLUQSE_oI-ZnmKJ3F4uOZDnd6QZWJushZ41Axf_fcIe8u9ipH84ogoree7vjbU5y18kDquDg";
const COOKBOOK_PS384: &str = "cu22eBqkYDKgIlTpzDXGvaFfz6WGoz7fUDcfT0kkOy42miAh2qyBzk1xEsnk2IpN6-tPid6VrklHkqsGqDqHCdP6O8TTB5dDDItllVo6_1OLPpcbUrhiUSMxbbXUvdvWXzg-UD8biiReQFlfz28zGWVsdiNAUf8ZnyPEgVFn442ZdNqiVJRmBqrYRXe8P_ijQ7p8Vdz0TTrxUeT3lm8d9shnr2lfJT8ImUjvAA2Xez2Mlp8cBE5awDzT0qI0n6uiP1aCN_2_jLAeQTlqRHtfa64QQSUmFAAjVKPbByi7xho0uTOcbH510a6GYmJUAfmWjwZ6oD4ifKo8DYM-X72Eaw";

const COOKBOOK_HS256: &str = "s0h6KThzkfBBBkLspW1h84VsJZFTsPPqMDA7g1Md7p0";
const COOKBOOK_SECRET_ID: &str = "018c0ae5-4d9b-471b-bfd6-eef314bc7037";

const EDDSA_X: &str = "11qYAYKxCrfVS_7TyWQHOg7hcvPapiMlrwIaaPcHURo";
const EDDSA_SIGNATURE: &str = "hgyY0il_MGCjP0JzlnLWG1PPOt7-09PGcvMg3AIbQR6dWbhijcNR4ki4iylGjg5BhVsPt9g7sVvpAr_MuM0KAg";

fn set_of(mut jwk: Value) -> JwkSet {
    jwk["kid"] = json!("k");
    JwkSet::from_json(json!({ "keys": [jwk] }).to_string()).expect("a key set")
}

fn encode(text: &str) -> String {
    URL_SAFE_NO_PAD.encode_to_string(text)
}

/// Whether the key verifies the token's signature. Ignores the header and the claims.
fn verifies(jwk: Value, algorithm: Algorithm, token: &str) -> bool {
    let (message, signature) = token.rsplit_once('.').expect("a token");
    let signature = URL_SAFE_NO_PAD.decode_to_vec(signature).expect("base64url");
    let set = set_of(jwk);
    let key = set.select("k", algorithm).expect("the key of the example");
    key.verify(message.as_bytes(), &signature).is_ok()
}

/// The result of the header rules, with every algorithm allowed.
fn header_code(header: &str) -> &'static str {
    UncheckedHeader::parse(header, &Algorithm::ALL)
        .and_then(|header| header.check_all())
        .err()
        .map_or("accepted", |error| error.code())
}

fn bilbo() -> Value {
    json!({ "kty": "RSA", "kid": "bilbo.baggins@hobbiton.example", "use": "sig", "n": COOKBOOK_N, "e": "AQAB" })
}

#[test]
fn only_the_signatures_of_the_rfc_examples_verify() {
    let rsa = json!({ "kty": "RSA", "n": A2_N, "e": "AQAB" });
    let ec = json!({ "kty": "EC", "crv": "P-256", "x": A3_X, "y": A3_Y });
    let okp = json!({ "kty": "OKP", "crv": "Ed25519", "x": EDDSA_X });
    let named = json!({ "kty": "OKP", "crv": "Ed25519", "x": EDDSA_X, "alg": "Ed25519" });
    let cookbook = |alg| encode(&format!(r#"{{"alg":"{alg}","kid":"bilbo.baggins@hobbiton.example"}}"#));
    for (about, jwk, algorithm, header, payload, signature) in [
        ("RFC 7515 A.2", rsa, Algorithm::RS256, encode(r#"{"alg":"RS256"}"#), A_PAYLOAD, A2_SIGNATURE),
        ("RFC 7515 A.3", ec, Algorithm::ES256, encode(r#"{"alg":"ES256"}"#), A_PAYLOAD, A3_SIGNATURE),
        ("RFC 7520 4.1", bilbo(), Algorithm::RS256, cookbook("RS256"), COOKBOOK_PAYLOAD, COOKBOOK_RS256),
        ("RFC 7520 4.2", bilbo(), Algorithm::PS384, cookbook("PS384"), COOKBOOK_PAYLOAD, COOKBOOK_PS384),
        (
            "RFC 8037 A.4",
            okp,
            Algorithm::EdDSA,
            encode(r#"{"alg":"EdDSA"}"#),
            "RXhhbXBsZSBvZiBFZDI1NTE5IHNpZ25pbmc",
            EDDSA_SIGNATURE,
        ),
        (
            "RFC 8037 A.4, with a key of RFC 9864",
            named,
            Algorithm::EdDSA,
            encode(r#"{"alg":"EdDSA"}"#),
            "RXhhbXBsZSBvZiBFZDI1NTE5IHNpZ25pbmc",
            EDDSA_SIGNATURE,
        ),
    ] {
        assert!(verifies(jwk.clone(), algorithm, &format!("{header}.{payload}.{signature}")), "{about}");
        assert!(!verifies(jwk, algorithm, &format!("{header}.{payload}A.{signature}")), "{about}, changed");
    }
}

/// Our rules are stricter than the examples: a header needs a `kid`.
#[test]
fn headers_of_the_rfc_examples_follow_our_rules() {
    for (about, header, expected) in [
        ("RFC 7515 A.1", "{\"typ\":\"JWT\",\r\n \"alg\":\"HS256\"}", "algorithm_not_allowed"),
        ("RFC 7515 A.2", r#"{"alg":"RS256"}"#, "missing_header"),
        ("RFC 7515 A.4", r#"{"alg":"ES512"}"#, "algorithm_not_allowed"),
        ("RFC 7515 A.5", r#"{"alg":"none"}"#, "algorithm_not_allowed"),
        (
            "RFC 7515 E",
            r#"{"alg":"none","crit":["http://example.com/UNDEFINED"],"http://example.com/UNDEFINED":true}"#,
            "unsupported_header",
        ),
        ("RFC 7519 6.1", r#"{"alg":"none"}"#, "algorithm_not_allowed"),
        ("RFC 7520 4.1", r#"{"alg":"RS256","kid":"bilbo.baggins@hobbiton.example"}"#, "accepted"),
        ("RFC 7520 4.2", r#"{"alg":"PS384","kid":"bilbo.baggins@hobbiton.example"}"#, "accepted"),
        ("RFC 7520 4.3", r#"{"alg":"ES512","kid":"bilbo.baggins@hobbiton.example"}"#, "algorithm_not_allowed"),
        ("RFC 8037 A.4", r#"{"alg":"EdDSA","kid":"k"}"#, "accepted"),
        ("RFC 9864 2.2", r#"{"alg":"Ed25519","kid":"k"}"#, "accepted"),
        ("RFC 9864 2.2, Ed448", r#"{"alg":"Ed448","kid":"k"}"#, "algorithm_not_allowed"),
        ("RFC 7520 4.4", r#"{"alg":"HS256","kid":"018c0ae5-4d9b-471b-bfd6-eef314bc7037"}"#, "algorithm_not_allowed"),
        // Sections 4.6 to 4.8 have these protected headers. Their unprotected headers exist only in JSON.
        ("RFC 7520 4.6", r#"{"alg":"HS256"}"#, "algorithm_not_allowed"),
        ("RFC 7520 4.7", "", "not_json_object"),
        ("RFC 7520 4.8, first", r#"{"alg":"RS256"}"#, "missing_header"),
        ("RFC 7520 6, signed", r#"{"alg":"PS256","typ":"JWT"}"#, "missing_header"),
        ("RFC 7520 6, encrypted", r#"{"alg":"RSA-OAEP","cty":"JWT","enc":"A128GCM"}"#, "unsupported_header"),
        ("RFC 7797 4.1", r#"{"alg":"HS256"}"#, "algorithm_not_allowed"),
        ("RFC 7797 4.2", r#"{"alg":"HS256","b64":false,"crit":["b64"]}"#, "unsupported_header"),
        (
            "RFC 7797 4.2 with our algorithm",
            r#"{"alg":"RS256","kid":"k","b64":false,"crit":["b64"]}"#,
            "unsupported_header",
        ),
        ("RFC 7797 6 without crit", r#"{"alg":"RS256","kid":"k","b64":false}"#, "unsupported_header"),
    ] {
        assert_eq!(header_code(header), expected, "{about}");
    }
}

#[test]
fn example_payloads_that_are_not_claims_are_rejected() {
    let header = encode(r#"{"alg":"RS256","kid":"bilbo.baggins@hobbiton.example"}"#);
    let secret = encode(&format!(r#"{{"alg":"HS256","kid":"{COOKBOOK_SECRET_ID}"}}"#));
    // RFC 7520 signs a sentence. The payload of RFC 7797 is "$.02": encoded, unencoded or detached.
    for (about, token, expected) in [
        (
            "RFC 7797 4.1",
            "eyJhbGciOiJIUzI1NiJ9.JC4wMg.5mvfOroL-g7HyqJoozehmsaqmvTYGEq5jTI1gVvoEoQ".to_owned(),
            "accepted",
        ),
        (
            "RFC 7797 4.2, detached",
            "eyJhbGciOiJIUzI1NiIsImI2NCI6ZmFsc2UsImNyaXQiOlsiYjY0Il19..A5dxf2s96_n5FLueVuW1Z_vh161FwXZC4YLPff6dmDY"
                .to_owned(),
            "accepted",
        ),
        (
            "RFC 7797 4.2, attached",
            "eyJhbGciOiJIUzI1NiIsImI2NCI6ZmFsc2UsImNyaXQiOlsiYjY0Il19.$.02.A5dxf2s96_n5FLueVuW1Z_vh161FwXZC4YLPff6dmDY"
                .to_owned(),
            "wrong_segment_count",
        ),
        ("RFC 7520 4.1", format!("{header}.{COOKBOOK_PAYLOAD}.{COOKBOOK_RS256}"), "accepted"),
        ("RFC 7520 4.5, detached", format!("{secret}..{COOKBOOK_HS256}"), "accepted"),
        ("RFC 7520 4.1, its payload detached", format!("{header}..{COOKBOOK_RS256}"), "accepted"),
    ] {
        // "accepted" means three segments of base64url. The rules for the header or the claims reject the token next.
        let found = parse(&token);
        assert_eq!(found.as_ref().err().map_or("accepted", |error| error.code()), expected, "{about}");
        if let Ok((header, payload)) = found {
            let refused = header_code(&header) != "accepted"
                || unverified_issuer(&payload).is_err_and(|error| error.code() == "not_json_object");
            assert!(refused, "{about}");
        }
    }
}

/// Decodes the header and the payload of a compact token.
fn parse(token: &str) -> Result<(String, String), TokenError> {
    let parse = || -> Result<_, JoseError> {
        let jws = Jws::split(token.as_bytes())?;
        Ok((jws.header_text()?, decode(&jws)?.0))
    };
    Ok(parse()?)
}

/// They are rejected for the number of dots: JSON has none, or four in its key IDs, and encrypted tokens have four.
#[test]
fn json_serializations_and_encrypted_tokens_are_rejected() {
    let [rs256, es256, hs256] = ["RS256", "ES256", "HS256"].map(|alg| encode(&format!(r#"{{"alg":"{alg}"}}"#)));
    let a3 = json!({
        "protected": es256, "header": { "kid": "e9bc097a-ce51-4036-9562-d2ade882db0d" }, "signature": A3_SIGNATURE,
    });
    let a2 = json!({ "protected": rs256, "header": { "kid": "2010-12-29" }, "signature": A2_SIGNATURE });
    let mut flat = a3.clone();
    flat["payload"] = json!(A_PAYLOAD);
    let secret = json!({ "kid": COOKBOOK_SECRET_ID });
    let cookbook = |signatures: Value| json!({ "payload": COOKBOOK_PAYLOAD, "signatures": signatures }).to_string();
    let detached = json!({
        "protected": encode(&format!(r#"{{"alg":"HS256","kid":"{COOKBOOK_SECRET_ID}"}}"#)), "signature": COOKBOOK_HS256,
    });
    let bilbo = |protected: &str| json!({ "protected": protected, "header": { "kid": "bilbo.baggins@hobbiton.example" }, "signature": "AAAA" });
    for (about, token, segments) in [
        ("RFC 7515 A.6", json!({ "payload": A_PAYLOAD, "signatures": [a2, a3] }).to_string(), 1),
        ("RFC 7515 A.7", flat.to_string(), 1),
        ("RFC 7520 4.5, detached", detached.to_string(), 1),
        (
            "RFC 7520 4.6",
            cookbook(json!([{
                "protected": hs256, "header": secret, "signature": "bWUSVaxorn7bEF1djytBd0kHv70Ly5pvbomzMWSOr20",
            }])),
            1,
        ),
        (
            "RFC 7520 4.7",
            cookbook(json!([{
                "header": { "alg": "HS256", "kid": COOKBOOK_SECRET_ID },
                "signature": "xuLifqLGiblpv9zBpuZczWhNj1gARaLV3UxvxhJxZuk",
            }])),
            1,
        ),
        // Only the shape of these two: their signatures and ciphertexts are long.
        ("RFC 7520 4.8", cookbook(json!([bilbo(&rs256), bilbo(&rs256), detached])), 5),
        (
            "RFC 7520 6",
            format!("{}.AAAA.AAAA.AAAA.AAAA", encode(r#"{"alg":"RSA-OAEP","cty":"JWT","enc":"A128GCM"}"#)),
            5,
        ),
    ] {
        assert_eq!(token.split('.').count(), segments, "{about}");
        let code = parse(&token).err().map(|error| error.code());
        assert_eq!(code, Some("wrong_segment_count"), "{about}");
    }
}

#[test]
fn example_keys_of_unsupported_types_are_skipped() {
    for (about, jwk) in [
        (
            "RFC 7520 3.1, P-521",
            json!({
                "kty": "EC", "crv": "P-521", "use": "sig",
                "x": "AHKZLLOsCOzz5cY97ewNUajB957y-C-U88c3v13nmGZx6sYl_oJXu9A5RkTKqjqvjyekWF-7ytDyRXYgCF5cj0Kt",
                "y": "AdymlHvOiLxXkEhayXQnNCvDX4h9htZaCJN34kfmC6pV5OhQHiraVySsUdaQkAgDPrwQrJmbnX9cwlGfP-HqHZR1",
            }),
        ),
        (
            "RFC 7515 A.1, a secret",
            json!({ "kty": "oct", "k": "AyM1SysPpbyDfgZld3umj1qzKObwVMkoqQ-EstJQLr_T-1qS0gZH75aKtMN3Yj0iPS4hcgUuTwjAzZr1Z9CAow" }),
        ),
        (
            "RFC 8037 A.6, X25519",
            json!({ "kty": "OKP", "crv": "X25519", "x": "3p7bfXt9wbTTW2HC7OQ1Nz-DQ8hbeGdNrfx-FG-IK08" }),
        ),
    ] {
        let set = set_of(jwk);
        assert_eq!((set.len(), set.skipped().len()), (0, 1), "{about}");
    }
}
