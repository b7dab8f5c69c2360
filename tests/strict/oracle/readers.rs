//! The readers: our validator, and jsonwebtoken's key and rules, configured alike for three algorithms.

use std::sync::LazyLock;
use std::time::{Duration, UNIX_EPOCH};

use jsonwebtoken::jwk::Jwk;
use jsonwebtoken::{DecodingKey, Validation};
use okta_auth::{Algorithm, Validator, keys::JwkSet};
use okta_auth_testing::{MockOkta, SigningAlgorithm, SigningKey};
use serde_json::json;

use crate::verdicts::verdict;

#[cfg(feature = "aws-lc-rs")]
use jsonwebtoken::crypto::aws_lc::DEFAULT_PROVIDER;
#[cfg(all(feature = "rust-crypto", not(feature = "aws-lc-rs")))]
use jsonwebtoken::crypto::rust_crypto::DEFAULT_PROVIDER;

/// The readers of tokens that are signed with one algorithm.
pub(super) struct Readers {
    pub(super) okta: MockOkta,
    pub(super) attacker: SigningKey,
    pub(super) algorithm: jsonwebtoken::Algorithm,
    pub(super) leeway: f64,
    ours: Validator,
    pub(super) key: DecodingKey,
    pub(super) validation: Validation,
    runtime: tokio::runtime::Runtime,
}

/// The defaults, and two configurations that differ from them in every setting.
pub(super) static READERS: LazyLock<[Readers; 3]> = LazyLock::new(|| {
    // `decode` requires the process-wide provider. Our code does not, as the other test binaries show.
    let _ = DEFAULT_PROVIDER.install_default();
    [
        Readers::new(SigningAlgorithm::RS256, Algorithm::RS256, jsonwebtoken::Algorithm::RS256, None),
        Readers::new(SigningAlgorithm::ES256, Algorithm::ES256, jsonwebtoken::Algorithm::ES256, Some(Duration::ZERO)),
        Readers::new(
            SigningAlgorithm::PS256,
            Algorithm::PS256,
            jsonwebtoken::Algorithm::PS256,
            Some(Duration::from_secs(300)),
        ),
    ]
});

impl Readers {
    fn new(
        signs: SigningAlgorithm,
        ours: Algorithm,
        theirs: jsonwebtoken::Algorithm,
        leeway: Option<Duration>,
    ) -> Self {
        let okta = MockOkta::builder().algorithm(signs).start();
        let jwk = okta.signing_key().jwk();
        let set = JwkSet::from_json(json!({ "keys": [jwk] }).to_string()).expect("a key set");
        let mut builder = okta.validator_builder().algorithms([ours]).jwk_set(set);
        if let Some(leeway) = leeway {
            builder = builder.leeway(leeway);
        }
        let leeway = leeway.map_or(60, |leeway| leeway.as_secs());
        let mut validation = Validation::new(theirs);
        validation.set_issuer(&[okta.issuer()]);
        validation.set_audience(&[okta.audience()]);
        validation.set_required_spec_claims(&["exp", "iss", "aud", "sub"]);
        validation.validate_nbf = true;
        validation.leeway = leeway;
        Self {
            attacker: SigningKey::unknown(signs),
            algorithm: theirs,
            leeway: leeway as f64,
            ours: builder.build().expect("a validator"),
            key: DecodingKey::from_jwk(&serde_json::from_value::<Jwk>(jwk).expect("a JWK")).expect("a key"),
            validation,
            runtime: tokio::runtime::Builder::new_current_thread().enable_all().build().expect("a runtime"),
            okta,
        }
    }

    /// The system's clock. jsonwebtoken can't use another.
    pub(super) fn now(&self) -> f64 {
        self.okta.clock().now().duration_since(UNIX_EPOCH).expect("a clock after 1970").as_secs_f64()
    }

    pub(super) fn ours(&self, token: &str) -> &'static str {
        self.runtime.block_on(verdict(&self.ours, token))
    }

    /// The scopes and groups that our validator reads from an accepted token.
    pub(super) fn lists(&self, token: &str) -> [Vec<String>; 2] {
        let caller = self.runtime.block_on(self.ours.validate(token)).expect("an accepted token");
        [caller.scopes().map(str::to_owned).collect(), caller.groups().map(str::to_owned).collect()]
    }
}
