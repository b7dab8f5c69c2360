//! Advice for people whose DPoP proof is rejected. It shows nothing of a proof but the beginning of its path.

use std::net::Ipv4Addr;

use base64_simd::{STANDARD, STANDARD_NO_PAD, URL_SAFE, URL_SAFE_NO_PAD};

use crate::error::{Excerpt, ProofError};
use crate::jose::sha256;
use crate::sender::{DpopRules, TargetUri, normalize_below};

/// In seconds: a number that is greater is not a count of seconds since 1970, but of milliseconds or less.
const SECONDS: u64 = 100_000_000_000;

/// In seconds: 30 years.
const DECADES: u64 = 30 * 365 * 24 * 3600;

/// Advice for a text that is not one proof, but something else that people put into its place.
pub(super) fn advise_on_other_text(proof: &str, token: &str) -> Option<&'static str> {
    if proof.get(..5).is_some_and(|prefix| prefix.eq_ignore_ascii_case("DPoP ")) {
        Some("Leave \"DPoP\" out: the header DPoP has only the proof, without a scheme.")
    } else if proof == token {
        Some("This is the access token: the header DPoP needs a proof, which the client signs for each request.")
    } else if proof.contains(',') {
        Some("These are several proofs: send one, in one header DPoP.")
    } else {
        None
    }
}

/// Advice for a text that is not three segments, or too long.
pub(super) fn advise_on_proof_shape(proof: &str) -> &'static str {
    if proof.split('.').count() == 3 {
        "The proof is too long: leave out members that are not needed, such as x5c in jwk."
    } else if proof.starts_with("eyJ") {
        "This begins like a JWT. Was it cut, or broken into lines?"
    } else {
        "This is not a JWT: the header DPoP needs a proof, which the client signs for each request."
    }
}

/// Advice for an error that explains itself. `None` for the errors below, whose advice needs the values.
pub(super) fn advise_on(error: &ProofError) -> Option<String> {
    let advice = match error {
        ProofError::NotBase64Url { found: "padding", .. } => {
            "The parts of a proof are base64url without padding: let the client remove each `=`."
        }
        ProofError::NotBase64Url { .. } => {
            "A part of the proof is not base64url: standard base64 has `+` and `/` where base64url has `-` and `_`. \
             Or the proof was cut, or broken into lines."
        }
        ProofError::NotJsonObject { .. } => {
            "A part of the proof is not a JSON object: use a JWT library, or encode the text of an object in UTF-8."
        }
        ProofError::DuplicateMember { .. } => {
            "A member occurs more than once, so two parsers could read two proofs: let the client write each once."
        }
        ProofError::UnsupportedHeader { .. } => "Leave crit, b64, zip and enc out: a proof is a plain JWS.",
        ProofError::MissingHeader { parameter: "jwk" } => {
            "Put the public key into the header as jwk. A key ID (kid) is not enough: the server knows no keys of \
             clients."
        }
        ProofError::MissingHeader { parameter: "typ" } | ProofError::TypeNotAllowed { .. } => {
            "Set typ to exactly \"dpop+jwt\". JWT libraries write \"JWT\" by default."
        }
        ProofError::MissingHeader { .. } | ProofError::InvalidHeader { .. } => {
            "The header of a proof has typ (\"dpop+jwt\"), alg (such as \"ES256\") and jwk (the public key)."
        }
        ProofError::AlgorithmNotAllowed { found, .. } => return Some(advise_on_algorithm(&found.to_string()).into()),
        ProofError::PrivateKey => {
            "The client sent its private key, so the key is no longer secret: make a new key, get a new token for it, \
             and put only the public members into jwk (for EC: kty, crv, x, y; for RSA: kty, n, e)."
        }
        ProofError::InvalidKey { .. } => {
            "jwk is not a public key for this alg: ES256 needs EC with P-256, RS256 and PS256 need RSA of at least \
             2048 bits, EdDSA needs OKP with Ed25519. Its values are base64url without padding."
        }
        ProofError::MissingClaim { claim: "ath" } => {
            "ath is missing: with an access token, a proof has the token's hash. Proofs for the token endpoint have \
             none, so let the client make another proof for this API."
        }
        ProofError::MissingClaim { .. } => {
            "A proof has the claims jti, iat, htm, htu and ath: let the client add the missing one."
        }
        ProofError::InvalidClaim { claim: "jti", .. } => {
            "jti is a new random text for each proof, of at most 256 bytes, such as a UUID."
        }
        ProofError::InvalidClaim { claim: "iat", .. } => {
            "iat is a JSON number: the seconds since 1970, without quotes."
        }
        ProofError::InvalidClaim { .. } => "htm, htu, ath and nonce are strings.",
        ProofError::Expired { ago, .. } if ago.as_secs() > DECADES => "iat is not the time in seconds since 1970.",
        ProofError::Expired { ago, .. } if ago.as_secs() < 3600 => {
            "The proof is too old: let the client make it right before the request. If it does, compare the clocks of \
             the client and of this machine."
        }
        ProofError::Expired { .. } => {
            "The proof was made long ago: let the client make a new one for each request. If it does, the clock of \
             the client or of this machine is wrong."
        }
        ProofError::NotYetValid { ahead, .. } if ahead.as_secs() > SECONDS => {
            "iat is in milliseconds: divide it by 1000. It is the time in seconds."
        }
        ProofError::NotYetValid { .. } => {
            "The proof is from the future: is the clock of the client ahead, or that of this machine behind?"
        }
        ProofError::NonceRequired { found: "none" } => {
            "This server requires a nonce: take it from the header DPoP-Nonce of the response 401, and put it into \
             the claim nonce of a new proof."
        }
        ProofError::NonceRequired { .. } => {
            "The nonce is older than 5 minutes, or not of this server: let the client keep the last DPoP-Nonce of \
             each server, also of successful responses. The authorization server has nonces of its own, and instances \
             need the same OKTA_DPOP_NONCE_SECRET."
        }
        ProofError::Replayed => {
            "The proof was used before: let the client make a new one for each request and for each retry. A proxy \
             must not repeat requests on its own."
        }
        _ => return None,
    };
    Some(advice.into())
}

fn advise_on_algorithm(found: &str) -> &'static str {
    match found {
        "\"HS256\"" | "\"HS384\"" | "\"HS512\"" => {
            "A shared secret proves no key: sign with a private key, such as one for ES256."
        }
        "\"none\"" => "The proof is not signed: sign it with the private key of the client, such as one for ES256.",
        _ => "Use an algorithm that the challenge lists as algs. `Dpop::algorithms(..)` sets the accepted ones.",
    }
}

pub(super) fn advise_on_other_key() -> &'static str {
    "The token is bound to another key than the one of the proof: let the client keep one key from the token request \
     on. After it made a new key, such as at a restart or when a page was loaded again, it needs a new token."
}

/// Advice for a signature that is not of `jwk`.
pub(super) fn advise_on_signature(signature: &[u8]) -> &'static str {
    // A sequence of ASN.1, whose length follows, with two integers.
    match signature {
        [0x30, length, 0x02, ..] if usize::from(*length) + 2 == signature.len() => {
            "The signature is in DER, as OpenSSL and Java make it: a JWS has R and S one after the other, 64 bytes \
             for ES256 (RFC 7518 section 3.4)."
        }
        [] => "The proof has no signature: sign it with the private key that belongs to jwk.",
        _ => {
            "The proof was changed after it was signed, or signed with another key than the one in jwk: sign the \
             header and the payload as they are sent, with the private key that belongs to jwk."
        }
    }
}

pub(super) fn advise_on_method(htm: &str, method: &str) -> &'static str {
    if htm.eq_ignore_ascii_case(method) {
        "Methods are compared with their case: let the client send and sign the method in capitals, such as GET."
    } else {
        "The proof is for another method: let the client make a proof for each request, with the method that it sends."
    }
}

/// Advice for an `ath` that is not the hash of the token.
pub(super) fn advise_on_token_hash(ath: &str, token: &str) -> &'static str {
    let hash = sha256(token.as_bytes());
    let encoded = |text: &str| URL_SAFE_NO_PAD.encode_to_string(sha256(text.as_bytes()));
    let hex: String = hash.iter().map(|byte| format!("{byte:02x}")).collect();
    let (half, _) = hash.split_at(16);
    if ath.is_empty() {
        "ath is empty: set it to the SHA-256 hash of the access token, in base64url without padding."
    } else if ath == token {
        "ath is the token itself: set it to the SHA-256 hash of the token, in base64url without padding."
    } else if ath.eq_ignore_ascii_case(&hex) || ath == URL_SAFE_NO_PAD.encode_to_string(&hex) {
        "ath is the hash in hexadecimal digits: encode the 32 bytes of the hash in base64url without padding."
    } else if ath == URL_SAFE.encode_to_string(hash) {
        "ath has padding: remove the `=` at its end."
    } else if ath == STANDARD.encode_to_string(hash) || ath == STANDARD_NO_PAD.encode_to_string(hash) {
        "ath is in standard base64: use base64url, with `-` and `_` in place of `+` and `/`, without padding."
    } else if ["DPoP ", "Bearer "].iter().any(|scheme| ath == encoded(&format!("{scheme}{token}"))) {
        "ath is the hash of the whole Authorization header: hash only the token, without the scheme."
    } else if ath == encoded(&format!("{token}\n")) {
        "ath is the hash of the token and a line break, as `echo` adds it: hash only the token."
    } else if ath == URL_SAFE_NO_PAD.encode_to_string(half) {
        "ath is half of the hash, as at_hash of an ID token: encode all 32 bytes."
    } else {
        "ath is the hash of another token, such as the one before a refresh: let the client hash the token that it \
         sends, the whole text in ASCII."
    }
}

/// Advice for an `htu` that is not the URL of the request. `path` is the path that the server receives.
pub(super) fn advise_on_target(rules: &DpopRules, htu: &str, url: &str, path: Option<&str>) -> Vec<String> {
    let Some(target) = TargetUri::parse(htu) else { return vec![advise_on_text(htu).into()] };
    let called = TargetUri::parse(url);
    let mut advice = Vec::new();
    if !rules.origins.contains(&target.origin) {
        advice.push(advise_on_origin(&rules.origins, &target.origin, called.as_ref()));
    }
    let Some(path) = path else {
        advice.push(
            "The URL to compare with is not one: give the URL that the client calls, beginning with https.".into(),
        );
        return advice;
    };
    match normalize_below(&rules.path_prefix, path) {
        Some(expected) if *expected == *target.path => {}
        Some(expected) => advice.push(advise_on_path(&rules.path_prefix, &target.path, &expected)),
        None => advice.push(
            "The path of the URL has dot segments, or characters that RFC 3986 does not allow, so the server refuses \
             every proof for it: let the client send the path without them, percent-encoded."
                .into(),
        ),
    }
    advice
}

/// An `htu` that is not a URL of RFC 3986.
fn advise_on_text(htu: &str) -> &'static str {
    let authority = htu.split_once("://").map(|(_, rest)| rest.split(['/', '?', '#']).next().unwrap_or_default());
    if htu.starts_with('/') {
        "htu is only a path: sign the whole URL, with https and the host."
    } else if authority.is_none() {
        "htu is not a URL: sign the whole URL that the client calls, with https and the host."
    } else if authority.is_some_and(|authority| authority.contains('@')) {
        "htu has user information: leave everything up to the `@` out."
    } else {
        "htu is not a URL of RFC 3986: percent-encode spaces and other characters, exactly as they are sent, and \
         write `/` instead of a backslash."
    }
}

/// An origin that is not configured.
fn advise_on_origin(origins: &[Box<str>], found: &str, called: Option<&TargetUri>) -> String {
    let public = Excerpt::list(origins);
    if called.is_some_and(|called| *called.origin == *found) {
        return format!(
            "htu names the origin of the URL, which this server does not know: it knows {public}. If clients call the \
             API by that name, set OKTA_RESOURCE to its public URL, or add the origin with `.origin(..)`. If not, let \
             the client call and sign the public URL."
        );
    }
    let (scheme, host) = scheme_and_host(found);
    let same_host = origins.iter().find(|origin| scheme_and_host(origin).1 == host);
    match same_host {
        Some(origin) if scheme_and_host(origin).0 != scheme => format!(
            "htu has the scheme {scheme}, where the public URL begins with {origin}: behind a proxy that ends TLS, a \
             library sees only the connection to the server. Let the client sign the URL that it calls."
        ),
        Some(origin) => format!(
            "htu names another port than {origin}: let the client sign the URL that it calls, without the port of a \
             server behind a proxy."
        ),
        None if is_internal(host) => format!(
            "htu names an internal host or an address: let the client sign the URL that it calls, at {public}. If \
             clients do call the API by that name, add its origin with `.origin(..)`."
        ),
        None => format!(
            "htu names another host: let the client sign the URL that it calls, at {public}. If that is a further \
             name of the API, add its origin with `.origin(..)`, or correct OKTA_RESOURCE."
        ),
    }
}

fn scheme_and_host(origin: &str) -> (&str, &str) {
    let (scheme, authority) = origin.split_once("://").unwrap_or(("", origin));
    let end = authority.find(']').map(|bracket| bracket + 1).or_else(|| authority.find(':'));
    (scheme, authority.split_at(end.unwrap_or(authority.len())).0)
}

/// Whether a host is one that only a private network knows.
fn is_internal(host: &str) -> bool {
    let is_address = host.starts_with('[') || host.parse::<Ipv4Addr>().is_ok();
    let private = [".internal", ".local", ".localhost", ".lan", ".svc", ".corp", ".intranet", ".arpa"];
    is_address || !host.contains('.') || private.iter().any(|suffix| host.ends_with(suffix))
}

/// A path that is not the expected one, which has the `prefix` of the settings in front.
fn advise_on_path(prefix: &str, found: &str, expected: &str) -> String {
    let without_slashes =
        |path: &str| path.split('/').filter(|segment| !segment.is_empty()).collect::<Vec<_>>().join("/");
    if without_slashes(found) == without_slashes(expected) {
        return "htu and the URL differ only by a slash: let the client sign exactly the path that it sends. If it \
                does, something in front rewrites the path, such as a proxy, or NormalizePath: put LoginRequired \
                outside of such middleware (the last `.wrap` is the outermost)."
            .into();
    }
    if !prefix.is_empty() && expected.strip_prefix(prefix) == Some(found) {
        return format!(
            "The setting path_prefix puts {prefix} in front of the path. If a proxy removes {prefix}, let the client \
             sign the path with it, as it calls it. If no proxy does, remove `.path_prefix(..)`."
        );
    }
    if let Some(front) = found.strip_suffix(expected).filter(|front| expected != "/" && !front.is_empty()) {
        let front = Excerpt::new(&format!("{front}{prefix}"));
        return format!(
            "htu has more in front of the path of the URL. If a proxy removes that from the path, set \
             `.path_prefix({front})`. If not, let the client sign exactly the path that it sends."
        );
    }
    if found == "/" || expected.ends_with(found) {
        return "htu lacks the beginning of the path: sign the whole path of the URL, not the path below a base URL."
            .into();
    }
    if found.eq_ignore_ascii_case(expected) {
        return "htu and the URL differ only by capitals: paths are compared with their case.".into();
    }
    if found.replace("%25", "%") == expected {
        return "htu is percent-encoded more than once: sign the path exactly as it is sent.".into();
    }
    "htu names another path than the URL: let the client make a proof for each request, with the path that it sends, \
     also after a redirect."
        .into()
}

/// A hint for a request that passed every check here.
pub(super) fn advise_on_success(rules: &DpopRules, url: &str) -> String {
    let unknown = TargetUri::parse(url).filter(|called| !rules.origins.contains(&called.origin));
    if unknown.is_some() {
        return format!(
            "htu is right, but the URL is at another origin: if clients call the API by that name, and sign it, add \
             it with `.origin(..)`. The server knows {}.",
            Excerpt::list(&rules.origins)
        );
    }
    "If the server refuses this request all the same, the path arrives changed: `.path_prefix(..)` is for a proxy \
     that removes the beginning, and LoginRequired must be outside of middleware that rewrites the path, such as \
     NormalizePath. Or the proof was used in the meantime."
        .into()
}
