//! A test for each defect of this kind of software that was published from 2023 to 2026. Its name is the number of the
//! advisory and the defect. The table "Published defects" in `SECURITY.md` has the sources.
//!
//! `planted/NAME.patch` plants a copy of the defect in the library. `run-planted` shows that the test NAME then fails.

mod support;

use std::process::Command;
use std::time::Duration;

use actix_web::web::{Path, ServiceConfig};
use actix_web::{Responder, get};
use allocation_counter::measure;
use futures_util::FutureExt as _;
use futures_util::future::join_all;
use okta_auth::keys::JwkSet;
use okta_auth::{Algorithm, AuthContext, Issuer, StatusMapping, Validator, login_required};
use okta_auth_testing::{Endpoint, Fault, MockOkta, SigningAlgorithm, SigningKey, Tamper};
use serde_json::{Value, json};

use support::{ACCEPTED, NO_KEYS, NOW, Server, bearer, claims, decode, encode, of, okta, verdict, with, without};

// Algorithms, keys and signatures.

#[actix_web::test]
async fn cve_2026_22818_algorithm_is_taken_from_the_token() {
    use SigningAlgorithm::*;

    let okta = okta();
    let key = SigningKey::unknown(RS256).with_kid("without-alg");
    okta.publish(without(key.jwk(), "alg"));
    let validator = okta.validator();
    assert_eq!(verdict(&validator, &okta.token().signed_by(&key).sign()).await, ACCEPTED);
    for algorithm in [RS384, RS512, PS256, PS384, PS512, HS256] {
        let token = okta.token().signed_by(&key).algorithm(algorithm).sign();
        assert_eq!(verdict(&validator, &token).await, "algorithm_not_allowed", "{algorithm:?}");
    }
}

#[actix_web::test]
async fn cve_2024_54150_hmac_with_the_public_key() {
    let okta = okta();
    let jwk = okta.signing_key().jwk();
    let modulus = jwk["n"].as_str().expect("a modulus");
    let secrets = [jwk.to_string().into_bytes(), modulus.as_bytes().to_vec(), decode(modulus)];
    let validator = okta.validator();
    for algorithm in [SigningAlgorithm::HS256, SigningAlgorithm::HS384, SigningAlgorithm::HS512] {
        let pem = okta.token().algorithm(algorithm);
        let others = secrets.iter().map(|secret| okta.token().algorithm(algorithm).hmac_secret(secret.clone()));
        for token in others.chain([pem]) {
            assert_eq!(verdict(&validator, &token.sign()).await, "algorithm_not_allowed", "{algorithm:?}");
        }
    }
}

#[actix_web::test]
async fn cve_2026_44699_hmac_with_an_empty_key() {
    let okta = okta();
    okta.publish(without(SigningKey::unknown(SigningAlgorithm::RS256).with_kid("without-alg").jwk(), "alg"));
    okta.publish(json!({ "kty": "oct", "kid": "empty", "k": "" }));
    let validator = okta.validator();
    for kid in [okta.signing_key().kid(), "without-alg", "empty", "unknown"] {
        let token = okta.token().kid(kid).hmac_secret(Vec::new()).sign();
        assert_eq!(verdict(&validator, &token).await, "algorithm_not_allowed", "{kid}");
    }
}

#[actix_web::test]
async fn cve_2026_28802_none_with_a_blank_signature() {
    let okta = okta();
    let validator = okta.validator();
    for algorithm in ["none", "None", "NONE", "nOnE", "none ", ""] {
        let token = okta.token().header("alg", algorithm).tamper(Tamper::RemoveSignature).sign();
        assert_eq!(verdict(&validator, &token).await, "algorithm_not_allowed", "{algorithm:?}");
    }
}

#[actix_web::test]
async fn cve_2026_107720_no_signature_under_an_allowed_algorithm() {
    let okta = okta();
    let token = okta.token().tamper(Tamper::RemoveSignature).sign();
    assert_eq!(verdict(&okta.validator(), &token).await, "bad_signature");
}

#[actix_web::test]
async fn cve_2026_48523_algorithm_of_the_key_is_not_the_tokens() {
    let okta = okta();
    let key = SigningKey::unknown(SigningAlgorithm::PS256).with_kid("pss");
    okta.publish(key.jwk());
    let token = okta.token().signed_by(&key).header("alg", "RS256").sign();
    assert_eq!(verdict(&okta.validator(), &token).await, "unknown_key");
    let both = okta.validator_builder().algorithms([Algorithm::RS256, Algorithm::PS256]).build().expect("a validator");
    assert_eq!(verdict(&both, &okta.token().signed_by(&key).sign()).await, ACCEPTED);
    assert_eq!(verdict(&both, &token).await, "algorithm_not_of_key");
}

#[actix_web::test]
async fn cve_2026_27962_key_embedded_in_the_header() {
    let okta = okta();
    let validator = okta.validator();
    let theirs = SigningKey::unknown(SigningAlgorithm::RS256);
    for (kid, expected) in [(okta.signing_key().kid(), "bad_signature"), (theirs.kid(), "unknown_key")] {
        let theirs = theirs.clone().with_kid(kid);
        let token = okta.token().signed_by(&theirs).header("jwk", theirs.jwk()).sign();
        assert_eq!(verdict(&validator, &token).await, expected, "{kid}");
    }
}

#[actix_web::test]
async fn cve_2026_81829_kid_becomes_part_of_a_url() {
    let okta = okta();
    let validator = okta.validator();
    for kid in ["../../../admin", "x?next=1", "%2e%2e/x", "http://127.0.0.1/keys", "//127.0.0.1/keys", "x#"] {
        assert_eq!(verdict(&validator, &okta.token().kid(kid).sign()).await, "unknown_key", "{kid}");
    }
    let requests = okta.requests();
    assert!(!requests.is_empty(), "the keys were fetched");
    for request in requests {
        let is_expected = request.endpoint == Endpoint::Keys || request.endpoint.is_discovery();
        assert!(is_expected && request.query.is_empty(), "{} {}", request.path, request.query);
    }
}

/// The same key ID in the sets of two issuers.
#[actix_web::test]
async fn cve_2026_49998_same_kid_of_another_issuer() {
    let (ours, theirs) = (okta(), okta());
    let same_kid = SigningKey::unknown(SigningAlgorithm::RS256).with_kid(ours.signing_key().kid());
    let set = JwkSet::from_json(json!({ "keys": [same_kid.jwk()] }).to_string()).expect("a key set");
    let issuer = Issuer::new(theirs.issuer()).audience(theirs.audience()).client_id(theirs.client_id()).jwk_set(set);
    let validator = ours.validator_builder().add_issuer(issuer).build().expect("a validator");
    assert_eq!(verdict(&validator, &theirs.token().signed_by(&same_kid).sign()).await, ACCEPTED);
    assert_eq!(verdict(&validator, &ours.token().signed_by(&same_kid).sign()).await, "bad_signature");
    assert_eq!(verdict(&validator, &ours.token().sign()).await, ACCEPTED);
    let theirs_by_ours = theirs.token().signed_by(&ours.signing_key()).sign();
    assert_eq!(verdict(&validator, &theirs_by_ours).await, "bad_signature");
}

// The forms of a token.

#[actix_web::test]
async fn cve_2025_59420_unknown_critical_parameter() {
    let okta = okta();
    let validator = okta.validator();
    for (crit, parameter) in [(json!(["bork"]), "bork"), (json!(["cnf"]), "cnf"), (json!(["b64"]), "b64")] {
        let token = okta.token().header("crit", crit.clone()).header(parameter, true).sign();
        assert_eq!(verdict(&validator, &token).await, "unsupported_header", "{crit}");
    }
    for crit in [json!([]), json!("bork"), json!({})] {
        let token = okta.token().header("crit", crit.clone()).sign();
        assert_eq!(verdict(&validator, &token).await, "unsupported_header", "{crit}");
    }
}

#[actix_web::test]
async fn cve_2024_28176_compressed_payload_is_read() {
    let okta = okta();
    let validator = okta.validator();
    let plain = claims(&okta).to_string().into_bytes();
    let length = u16::try_from(plain.len()).expect("a short payload");
    // A block of DEFLATE that is stored, not compressed (RFC 1951 section 3.2.4).
    let stored = [&[1][..], &length.to_le_bytes(), &(!length).to_le_bytes(), &plain].concat();
    for payload in [plain, stored] {
        let token = okta.token().header("zip", "DEF").raw_payload(payload).sign();
        assert_eq!(verdict(&validator, &token).await, "unsupported_header");
    }
}

/// The content of an encrypted token is a token without a signature.
#[actix_web::test]
async fn cve_2026_29000_token_inside_of_a_jwe() {
    let okta = okta();
    let validator = okta.validator();
    let kid = okta.signing_key().kid().to_owned();
    let content = claims(&okta).to_string();
    let unsigned = format!("{}.{}.", encode(r#"{"alg":"none"}"#), encode(&content));
    let header = |alg: &str, enc: bool| {
        let header = json!({ "alg": alg, "kid": kid, "cty": "JWT" });
        encode(if enc { with(header, "enc", "A256GCM") } else { header }.to_string())
    };
    for (token, expected) in [
        (format!("{}.a2V5.aXY.{}.dGFn", header("RSA-OAEP-256", true), encode(&unsigned)), "wrong_segment_count"),
        (format!("{}.a2V5.aXY.{}.dGFn", header("RS256", true), encode(&content)), "wrong_segment_count"),
        (format!("{}..aXY.{}.dGFn", header("RS256", false), encode(&content)), "wrong_segment_count"),
        (format!("{}.{}.", header("RS256", true), encode(&content)), "unsupported_header"),
        (okta.token().header("cty", "JWT").raw_payload(unsigned).sign(), "not_json_object"),
    ] {
        assert_eq!(verdict(&validator, &token).await, expected, "{token}");
    }
}

#[actix_web::test]
async fn cve_2026_96760_json_serialization_without_a_signature() {
    let okta = okta();
    let validator = okta.validator();
    let token = okta.token().sign();
    let segments: Vec<&str> = token.split('.').collect();
    let (protected, payload) = (segments[0], segments[1]);
    for token in [
        json!({ "protected": protected, "payload": payload }),
        json!({ "protected": protected, "payload": payload, "signature": "" }),
        json!({ "protected": protected, "payload": payload, "signatures": [] }),
        json!({ "payload": payload, "signatures": [{ "protected": protected }] }),
    ] {
        assert_ne!(verdict(&validator, &token.to_string()).await, ACCEPTED, "{token}");
    }
}

/// The bytes that the validator allocates for a token that it has to reject at once, and its verdict.
fn cost(validator: &Validator, token: &str) -> (u64, &'static str) {
    let mut code = ACCEPTED;
    let cost = measure(|| code = verdict(validator, token).now_or_never().expect("no fetch"));
    (cost.bytes_total, code)
}

#[test]
fn cve_2025_30204_flood_of_dots() {
    let validator = okta().validator();
    for (length, expected) in [(16_000, "wrong_segment_count"), (1 << 20, "too_long")] {
        let (bytes, code) = cost(&validator, &".".repeat(length));
        assert_eq!(code, expected);
        assert!(bytes < 4096, "{bytes} bytes for {length} dots");
    }
}

#[test]
fn cve_2025_61920_segment_of_unlimited_size() {
    let validator = okta().validator();
    let large = "A".repeat(1 << 20);
    for token in [format!("{large}.e30.e30"), format!("e30.{large}.e30"), format!("e30.e30.{large}")] {
        let (bytes, code) = cost(&validator, &token);
        assert_eq!(code, "too_long");
        assert!(bytes < 4096, "{bytes} bytes");
    }
}

/// A stack overflow would abort this process. Therefore, another process of this test reads the token.
#[test]
fn cve_2025_53864_deeply_nested_json() {
    const NAME: &str = "cve_2025_53864_deeply_nested_json";

    if std::env::var_os("DEEPLY_NESTED_JSON").is_none() {
        let test = std::env::current_exe().expect("this test");
        let output = Command::new(test).args(["--exact", NAME]).env("DEEPLY_NESTED_JSON", "1").output();
        let output = output.expect("a process");
        let text = String::from_utf8_lossy(&output.stdout);
        assert!(output.status.success() && text.contains("1 passed"), "{} {text}", output.status);
        return;
    }
    let okta = okta();
    let keys = JwkSet::from_json(json!({ "keys": [okta.signing_key().jwk()] }).to_string()).expect("a key set");
    let validator = okta.validator_builder().jwk_set(keys).build().expect("a validator");
    let deep = [("[".repeat(5_000), "]".repeat(5_000)), (r#"{"":"#.repeat(1_500) + "1", "}".repeat(1_500))];
    let tokens = deep.map(|(open, close)| {
        let claims = claims(&okta).to_string();
        okta.token().raw_payload(claims.replacen('{', &format!(r#"{{"deep":{open}{close},"#), 1)).sign()
    });
    let read = move || {
        for token in &tokens {
            let user = validator.validate(token).now_or_never().expect("no fetch").expect("a caller");
            assert!(user.claim::<Value>("deep").is_err());
            assert!(user.claims::<Value>().is_err());
        }
    };
    std::thread::Builder::new().stack_size(512 * 1024).spawn(read).expect("a thread").join().expect("a verdict");
}

// Claims.

#[actix_web::test]
async fn cve_2026_107723_array_as_the_payload() {
    let okta = okta();
    let validator = okta.validator();
    for payload in [json!([claims(&okta)]), json!([]), json!([[]]), json!("{}"), json!(null), json!(1)] {
        assert_eq!(verdict(&validator, &of(&okta, &payload).sign()).await, "not_json_object", "{payload}");
    }
}

#[actix_web::test]
async fn cve_2026_25537_wrong_typed_date_counts_as_absent() {
    let okta = okta();
    let validator = okta.validator();
    for claim in ["nbf", "iat", "exp"] {
        for value in [json!("9999999999"), json!(true), json!(false), json!([NOW]), json!({}), json!(null)] {
            let token = of(&okta, &with(claims(&okta), claim, value.clone())).sign();
            assert_eq!(verdict(&validator, &token).await, "invalid_claim", "{claim} {value}");
        }
    }
}

#[actix_web::test]
async fn cve_2026_44459_zero_or_infinite_date_is_not_checked() {
    let okta = okta();
    let validator = okta.validator();
    for (claim, value, expected) in [
        ("exp", "0", "expired"),
        ("exp", "-1", "expired"),
        ("exp", "1e999", "invalid_claim"),
        ("nbf", "-1e999", "invalid_claim"),
        ("nbf", "1e300", "not_yet_valid"),
        ("iat", "1e999", "invalid_claim"),
    ] {
        let payload = without(claims(&okta), claim).to_string();
        let payload = payload.replacen('{', &format!(r#"{{"{claim}":{value},"#), 1);
        let token = okta.token().raw_payload(payload).sign();
        assert_eq!(verdict(&validator, &token).await, expected, "{claim} {value}");
    }
}

#[actix_web::test]
async fn cve_2024_53861_issuer_is_compared_as_a_substring() {
    let okta = okta();
    let one = okta.validator();
    let second = Issuer::new("https://second.example.com").audience("api").client_id("client");
    let two = okta.validator_builder().add_issuer(second).build().expect("a validator");
    let ours = okta.issuer();
    for issuer in [
        "",
        "http",
        okta.origin(),
        &ours[1..],
        &ours[..ours.len() - 1],
        &format!("{ours}/"),
        &format!("{ours}.evil.example.com"),
        &format!("https://evil.example.com/?{ours}"),
    ] {
        for validator in [&one, &two] {
            let token = okta.token().issuer(issuer).sign();
            assert_eq!(verdict(validator, &token).await, "issuer_not_allowed", "{issuer}");
        }
    }
}

#[actix_web::test]
async fn cve_2025_30144_issuer_is_a_list() {
    let okta = okta();
    let validator = okta.validator();
    let ours = okta.issuer();
    for issuer in [json!(["https://evil.example.com", ours]), json!([ours]), json!({ "iss": ours })] {
        let token = of(&okta, &with(claims(&okta), "iss", issuer.clone())).sign();
        assert_eq!(verdict(&validator, &token).await, "invalid_claim", "{issuer}");
    }
}

#[actix_web::test]
async fn cve_2025_62610_audience_is_not_checked() {
    let okta = okta();
    let validator = okta.validator();
    let ours = okta.audience();
    for audience in
        [json!("api://another"), json!([]), json!(["api://another", &ours[1..]]), json!(format!("{ours}/x"))]
    {
        let token = of(&okta, &with(claims(&okta), "aud", audience.clone())).sign();
        assert_eq!(verdict(&validator, &token).await, "audience_not_allowed", "{audience}");
    }
    let token = of(&okta, &without(claims(&okta), "aud")).sign();
    assert_eq!(verdict(&validator, &token).await, "missing_claim");
}

#[actix_web::test]
async fn cve_2026_19194_claim_name_in_another_case() {
    let okta = okta();
    let validator = okta.validator();
    for (claim, other, expected) in [
        ("iss", "ISS", "missing_claim"),
        ("aud", "Aud", "missing_claim"),
        ("exp", "Exp", "missing_claim"),
        ("sub", "SUB", "missing_claim"),
        ("cid", "CID", "client_not_allowed"),
    ] {
        let good = claims(&okta);
        let value = good[claim].clone();
        let token = of(&okta, &with(without(good, claim), other, value)).sign();
        assert_eq!(verdict(&validator, &token).await, expected, "{other}");
    }
    let past = with(claims(&okta), "exp", NOW - 3600);
    let token = of(&okta, &with(past, "EXP", NOW + 3600)).sign();
    assert_eq!(verdict(&validator, &token).await, "expired");
}

#[actix_web::test]
async fn cve_2026_41164_token_of_another_type() {
    let okta = okta();
    let validator = okta.validator();
    for typ in ["vp+jwt", "dpop+jwt", "logout+jwt", "secevent+jwt", "oauth-id-jag+jwt", "id_token"] {
        let token = okta.token().header("typ", typ).sign();
        assert_eq!(verdict(&validator, &token).await, "type_not_allowed", "{typ}");
    }
    assert_eq!(verdict(&validator, &okta.id_token().sign()).await, "audience_not_allowed");
}

#[actix_web::test]
async fn cve_2026_107721_leeway_without_a_limit() {
    let okta = okta();
    for leeway in [Duration::MAX, Duration::from_secs(301)] {
        let validator = okta.validator_builder().leeway(leeway).build();
        let error = validator.expect_err("a leeway that never ends");
        assert!(error.to_string().contains("at most 300 s"), "{error}");
    }
}

// Cached tokens and callers.

#[actix_web::test]
async fn cve_2026_35039_cache_keys_collide() {
    let okta = okta();
    let validator = okta.validator();
    let tokens = ["alice", "carol"].map(|user| (user, okta.token().user(user).sign()));
    for (user, token) in tokens.iter().chain(&tokens) {
        let caller = validator.validate(token).await.expect("a caller");
        assert_eq!(caller.user(), *user);
    }
    let [alice, carol] = tokens.map(|(_, token)| token.split('.').map(str::to_owned).collect::<Vec<_>>());
    for (header, payload, signature) in
        [(&alice[0], &carol[1], &alice[2]), (&alice[0], &alice[1], &carol[2]), (&carol[0], &alice[1], &carol[2])]
    {
        let mixed = format!("{header}.{payload}.{signature}");
        assert_eq!(verdict(&validator, &mixed).await, "bad_signature");
    }
}

#[actix_web::test]
async fn cve_2026_107719_cache_ignores_expiration() {
    let okta = okta();
    let validator = okta.validator();
    let tokens = [okta.token().sign(), of(&okta, &without(claims(&okta), "iat")).sign()];
    for token in tokens.iter().chain(&tokens) {
        assert_eq!(verdict(&validator, token).await, ACCEPTED);
    }
    okta.clock().advance(Duration::from_secs(3600 + 59));
    for token in &tokens {
        assert_eq!(verdict(&validator, token).await, ACCEPTED, "within the leeway");
    }
    okta.clock().advance(Duration::from_secs(1));
    for token in &tokens {
        assert_eq!(verdict(&validator, token).await, "expired");
    }
}

#[get("/orders")]
#[login_required(scope("orders:read"))]
async fn orders() -> impl Responder {
    "ORDERS"
}

#[actix_web::test]
async fn cve_2026_102460_scopes_are_skipped_for_a_known_caller() {
    let okta = okta();
    // The middleware authenticates the caller before the handler asks for a scope.
    let server = Server::start_behind_login(okta.validator(), &[], |app| _ = app.service(orders));
    assert_eq!(server.status_with("/orders", &okta.token().scope("orders:read").sign()).await, 200);
    assert_eq!(server.status_with("/orders", &okta.token().scope("orders:write").sign()).await, 403);
}

#[actix_web::test]
async fn cve_2026_32716_scope_is_compared_as_a_prefix() {
    let okta = okta();
    let server = Server::start(okta.validator(), |app| _ = app.service(orders));
    for scope in ["orders", "orders:", "orders:read:own", "orders:readers", "order", "", "*", "ORDERS:READ"] {
        let response = server.get("/orders", &[bearer(&okta.token().scope(scope).sign())]).await;
        assert_eq!(response.status, 403, "{scope}");
    }
}

// Requests.

#[get("/caller")]
async fn show_caller(user: AuthContext) -> impl Responder {
    user.user().to_owned()
}

#[get("/admin/users")]
async fn admin() -> impl Responder {
    "ADMIN"
}

/// Registered before the pattern that it matches.
#[get("/docs/drafts")]
async fn drafts() -> impl Responder {
    "DRAFTS"
}

#[get("/docs/{tail:.*}")]
async fn docs(tail: Path<String>) -> impl Responder {
    format!("docs {tail}")
}

#[get("/health")]
async fn health() -> impl Responder {
    "healthy"
}

const EXCEPTIONS: &[&str] = &["/docs/{tail:.*}", "/health"];

fn routes(app: &mut ServiceConfig) {
    app.service((show_caller, admin, drafts, docs, health));
}

/// An app in which only `/docs/...` and `/health` are open.
async fn closed_app(okta: &MockOkta) -> Server {
    let server = Server::start_behind_login(okta.validator(), EXCEPTIONS, routes);
    assert_eq!(server.status("/health").await, 200);
    assert_eq!(server.status("/docs/page").await, 200);
    assert_eq!(server.status("/admin/users").await, 403);
    assert_eq!(server.status_with("/admin/users", &okta.token().sign()).await, 200);
    server
}

/// Asserts that these header lines open no handler.
async fn assert_closed(server: &Server, headers: &[String]) {
    for target in ["/admin/users", "/caller", "/docs/drafts"] {
        assert_eq!(server.get(target, headers).await.status, 403, "{target} with {headers:?}");
    }
}

#[actix_web::test]
async fn cve_2025_64527_two_authorization_headers() {
    let okta = okta();
    let server = Server::start(okta.validator(), routes);
    let (good, bad) = (bearer(&okta.token().sign()), bearer(&okta.token().expired().sign()));
    let basic = "Authorization: Basic YTpi".to_owned();
    let pairs = [[&good, &good], [&good, &bad], [&bad, &good], [&good, &basic], [&basic, &good]];
    // The defect needs a failed fetch of the keys.
    okta.go_down();
    for is_up in [false, true] {
        for pair in pairs {
            let response = server.get("/caller", &pair.map(Clone::clone)).await;
            assert_eq!(response.status, 403, "{pair:?}");
            assert!(response.body.contains("malformed_credentials"), "{}", response.body);
        }
        if !is_up {
            okta.come_back();
            assert_eq!(server.get("/caller", std::slice::from_ref(&good)).await.status, 200);
        }
    }
}

#[actix_web::test]
async fn cve_2025_64484_identity_comes_from_a_header() {
    let okta = okta();
    let server = Server::start(okta.validator(), routes);
    let token = bearer(&okta.token().user("alice").sign());
    for name in [
        "X-Forwarded-User",
        "X_Forwarded_User",
        "X-Forwarded-Email",
        "X-Forwarded-Preferred-Username",
        "X-Auth-Request-User",
        "X-Remote-User",
        "Remote-User",
        "X-User-Id",
        "X-Authenticated-Userid",
    ] {
        let header = format!("{name}: admin");
        assert_eq!(server.get("/caller", std::slice::from_ref(&header)).await.status, 403, "{name}");
        let response = server.get("/caller", &[header, token.clone()]).await;
        assert_eq!((response.status, &*response.body), (200, "alice"), "{name}");
    }
}

#[actix_web::test]
async fn cve_2026_40575_path_comes_from_a_forwarded_header() {
    let okta = okta();
    let server = closed_app(&okta).await;
    for name in [
        "X-Forwarded-Uri",
        "X-Forwarded-Path",
        "X-Forwarded-Prefix",
        "X-Original-Uri",
        "X-Original-Url",
        "X-Rewrite-Url",
        "X-Envoy-Original-Path",
    ] {
        for path in ["/health", "/docs/page", "http://localhost/health"] {
            assert_closed(&server, &[format!("{name}: {path}")]).await;
        }
    }
    assert_closed(&server, &["X-Forwarded-Method: OPTIONS".into(), "X-HTTP-Method-Override: OPTIONS".into()]).await;
}

#[actix_web::test]
async fn cve_2026_34457_user_agent_of_a_health_check() {
    let okta = okta();
    let server = closed_app(&okta).await;
    for agent in
        ["GoogleHC/1.0", "kube-probe/1.33", "ELB-HealthChecker/2.0", "Amazon-Route53-Health-Check-Service", "Ping/1.0"]
    {
        assert_closed(&server, &[format!("User-Agent: {agent}")]).await;
    }
}

#[actix_web::test]
async fn cve_2025_29927_header_that_skips_the_middleware() {
    let okta = okta();
    let server = closed_app(&okta).await;
    for value in ["middleware", "src/middleware", "middleware:middleware:middleware:middleware:middleware", "1"] {
        assert_closed(&server, &[format!("x-middleware-subrequest: {value}")]).await;
    }
    assert_closed(&server, &["x-middleware-next: 1".into(), "x-internal-request: 1".into()]).await;
}

#[actix_web::test]
async fn cve_2025_54576_exception_matches_the_query() {
    let okta = okta();
    let server = closed_app(&okta).await;
    for target in [
        "/admin/users?/health",
        "/admin/users?next=/docs/page",
        "/admin/users?/docs/page",
        "/docs/drafts?/health",
        "/admin/users?x=%23/health",
    ] {
        let response = server.get(target, &[]).await;
        assert_eq!(response.status, 403, "{target}: {}", response.body);
    }
}

/// The check and the router understand a pattern in different ways: here a route that was registered earlier, and a
/// path that begins like an exception.
#[actix_web::test]
async fn cve_2023_34034_exception_matches_unlike_the_router() {
    let okta = okta();
    let server = closed_app(&okta).await;
    for target in ["/docs/drafts", "/docs", "/doc", "/health/", "/healthy", "/health/users", "/", "/x/health", "*"] {
        let response = server.get(target, &[]).await;
        assert!([400, 403].contains(&response.status), "{target}: {response:?}");
    }
}

#[actix_web::test]
async fn cve_2026_2880_other_spelling_of_a_closed_path() {
    let okta = okta();
    let server = closed_app(&okta).await;
    for target in [
        "//admin/users",
        "/admin//users",
        "/%61dmin/users",
        "/admin%2fusers",
        "/ADMIN/users",
        "/admin/users/",
        "/admin;x=1/users",
        "/admin/users;x=1",
        "/./admin/users",
        "/docs/%64rafts",
        "/docs//drafts",
        "/doc%73/drafts",
        "http://localhost/admin/users",
        "http://localhost/health/../admin/users",
    ] {
        let response = server.get(target, &[]).await;
        assert_ne!(response.status, 200, "{target}: {}", response.body);
    }
}

/// A path with dot segments begins in an open directory. It may be a page there, and nothing else.
#[actix_web::test]
async fn cve_2025_32431_dot_segments_leave_an_open_directory() {
    let okta = okta();
    let server = closed_app(&okta).await;
    for target in [
        "/docs/../admin/users",
        "/docs/%2e%2e/admin/users",
        "/docs/..%2fadmin/users",
        "/docs/..;x/admin/users",
        "/docs/./drafts",
        "/docs/x/../drafts",
        "/docs/#/../../admin/users",
        "/health/../admin/users",
    ] {
        let body = server.get(target, &[]).await.body;
        assert!(!body.contains("ADMIN") && !body.contains("DRAFTS"), "{target}: {body}");
    }
}

// Key sets and outages.

#[actix_web::test]
async fn cve_2026_48524_unknown_kids_flood_the_key_server() {
    let okta = okta();
    let validator = okta.validator();
    assert_eq!(verdict(&validator, &okta.token().sign()).await, ACCEPTED);
    for number in 0..50 {
        let token = okta.token().kid(format!("unknown-{number}")).sign();
        assert_eq!(verdict(&validator, &token).await, "unknown_key");
    }
    assert_eq!(okta.key_fetches(), 2, "the first one, and one for all unknown keys");
}

#[actix_web::test]
async fn cve_2026_48524_failed_fetch_evicts_the_keys() {
    let okta = okta();
    let validator = okta.validator();
    assert_eq!(verdict(&validator, &okta.token().sign()).await, ACCEPTED);
    okta.go_down();
    assert_eq!(verdict(&validator, &okta.token().kid("unknown").sign()).await, NO_KEYS);
    assert_eq!(okta.requests_turned_away(), 1, "a fetch failed");
    assert_eq!(verdict(&validator, &okta.token().sign()).await, ACCEPTED);
}

#[actix_web::test]
async fn spring_security_18196_outage_is_a_storm_of_401() {
    let okta = okta();
    let validator = okta.validator_builder().status_mapping(StatusMapping::Rfc6750).build().expect("a validator");
    let server = Server::start(validator, routes);
    let tokens: Vec<String> = (0..20).map(|number| okta.token().user(format!("user-{number}")).sign()).collect();
    okta.go_down();
    for statuses in [
        join_all(tokens.iter().map(|token| server.status_with("/caller", token))).await,
        join_all(tokens.iter().map(|token| server.status_with("/caller", token))).await,
    ] {
        assert_eq!(statuses, [503; 20]);
    }
    assert_eq!(okta.requests_turned_away(), 1, "one fetch for all requests");
    okta.come_back();
    okta.clock().advance(Duration::from_secs(5));
    assert_eq!(server.status_with("/caller", &tokens[0]).await, 200);
    // From now on, an outage does not matter: the keys are at hand.
    okta.go_down();
    okta.clock().advance(Duration::from_secs(30 * 60));
    for token in &tokens {
        assert_eq!(server.status_with("/caller", token).await, 200);
    }
}

/// A server that wants to replace the keys of `okta`, and a token that one of its keys signed.
fn attacker(okta: &MockOkta) -> (MockOkta, String) {
    let theirs = SigningKey::unknown(SigningAlgorithm::RS256).with_kid(okta.signing_key().kid());
    let evil = support::okta();
    evil.publish(theirs.jwk());
    (evil, okta.token().signed_by(&theirs).sign())
}

#[actix_web::test]
async fn cve_2026_102267_key_set_is_redirected() {
    let okta = okta();
    let (evil, forged) = attacker(&okta);
    okta.fault(Fault::Redirect(evil.jwks_uri()).on(Endpoint::Keys));
    assert_eq!(verdict(&okta.validator(), &forged).await, NO_KEYS);
    assert_eq!(evil.requests().len(), 0);
}

#[actix_web::test]
async fn cve_2026_104056_metadata_of_another_issuer() {
    let okta = okta();
    let (evil, forged) = attacker(&okta);
    let metadata = json!({ "issuer": evil.issuer(), "jwks_uri": evil.jwks_uri() }).to_string();
    okta.fault(Fault::Body(metadata).on(Endpoint::OpenIdConfiguration));
    assert_eq!(verdict(&okta.validator(), &forged).await, NO_KEYS);
    assert_eq!(evil.requests().len(), 0);
}

#[actix_web::test]
async fn cve_2026_102274_one_bad_key_breaks_the_set() {
    let okta = okta();
    let jwk = SigningKey::unknown(SigningAlgorithm::RS256).with_kid("bad").jwk();
    for bad in [with(jwk.clone(), "n", "!"), with(jwk.clone(), "e", ""), with(jwk, "kty", 1), json!({}), json!(null)] {
        okta.publish(bad);
    }
    assert_eq!(verdict(&okta.validator(), &okta.token().sign()).await, ACCEPTED);
}
