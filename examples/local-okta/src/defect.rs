//! The defects that a user can choose for a token.

use std::time::Duration;

use okta_auth_testing::{SigningAlgorithm, SigningKey, Tamper, TokenBuilder};

/// A defect of the token page.
pub(crate) struct Defect {
    /// The value in the form.
    pub(crate) name: &'static str,
    /// The label in the form.
    pub(crate) label: &'static str,
    pub(crate) apply: fn(TokenBuilder) -> TokenBuilder,
}

/// All defects in the order of the form.
pub(crate) const ALL: [Defect; 16] = [
    Defect { name: "expired", label: "expired an hour ago", apply: TokenBuilder::expired },
    Defect {
        name: "not-yet-valid",
        label: "not valid for another hour",
        apply: |token| token.not_before_in(Duration::from_secs(3600)),
    },
    Defect {
        name: "issuer",
        label: "of another issuer",
        apply: |token| token.issuer("https://other.example.com/oauth2/default"),
    },
    Defect { name: "audience", label: "for another audience", apply: |token| token.audience("api://other") },
    Defect { name: "client", label: "of a client that is not registered", apply: |token| token.client("0oastranger") },
    Defect {
        name: "unknown-key",
        label: "signed by a key that is not published",
        apply: |token| token.signed_by(&SigningKey::unknown(SigningAlgorithm::RS256)),
    },
    Defect { name: "payload", label: "claims changed after signing", apply: |token| token.tamper(Tamper::Payload) },
    Defect { name: "signature", label: "signature broken", apply: |token| token.tamper(Tamper::Signature) },
    Defect { name: "none", label: "unsigned (alg none)", apply: |token| token.algorithm(SigningAlgorithm::None) },
    Defect {
        name: "confusion",
        label: "HMAC with the public key (alg HS256)",
        apply: |token| token.algorithm(SigningAlgorithm::HS256),
    },
    Defect { name: "no-kid", label: "without key ID (kid)", apply: |token| token.without_header("kid") },
    Defect { name: "typ", label: "of another type (typ dpop+jwt)", apply: |token| token.header("typ", "dpop+jwt") },
    Defect { name: "no-exp", label: "without expiry (exp)", apply: |token| token.without("exp") },
    Defect { name: "no-sub", label: "without subject (sub)", apply: |token| token.without("sub") },
    Defect { name: "no-cid", label: "without client (cid)", apply: |token| token.without("cid") },
    Defect {
        name: "cnf",
        label: "bound to a key (cnf)",
        apply: |token| token.claim("cnf", serde_json::json!({ "jkt": "0ZcOCORZNYy-DWpqq30jZyJGHTN0d2HglBV3uiguA4I" })),
    },
];
