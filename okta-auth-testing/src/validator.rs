//! Validators that trust a mock.

use std::time::SystemTime;

use okta_auth_runtime::{
    Algorithm, Validator,
    config::{Clock, Introspection, ValidatorBuilder},
};

use crate::authorization_server::AuthorizationServer;
use crate::client::DEFAULT_CLIENT_SECRET;
use crate::clock::TestClock;
use crate::mock::MockOkta;

/// A validator can use the clock of a mock for token times, key freshness and back-off.
impl Clock for TestClock {
    fn now(&self) -> SystemTime {
        TestClock::now(self)
    }
}

impl AuthorizationServer {
    /// A validator that trusts this authorization server. It has the server's issuer, audience and algorithm,
    /// and the default client and the clock of the mock.
    ///
    /// # Panics
    ///
    /// If the validator can't be built, which is a bug in okta-auth.
    pub fn validator(&self) -> Validator {
        self.validator_builder().build().unwrap_or_else(|error| panic!("a MockOkta's own validator: {error}"))
    }

    /// The builder of [`validator`](Self::validator), for further settings.
    pub fn validator_builder(&self) -> ValidatorBuilder {
        let algorithm = Algorithm::try_from(self.signing_key().algorithm());
        Validator::builder()
            .issuer(self.issuer())
            .audience(self.audience())
            .client_id(self.state().default_client_id())
            .algorithms([algorithm.expect("every signing key has a public key")])
            .clock(self.state().clock.clone())
    }

    /// The setting with which a validator asks this authorization server about tokens (RFC 7662): the default client of
    /// the mock with its secret, and the defaults of [`Introspection`].
    ///
    /// Only the org authorization server needs a mode, because its tokens look like JWTs:
    ///
    /// ```
    /// use okta_auth_runtime::config::IntrospectionMode;
    /// use okta_auth_testing::MockOkta;
    ///
    /// # #[tokio::main(flavor = "current_thread")] async fn main() {
    /// let okta = MockOkta::builder().org_authorization_server().start();
    /// let org = okta.org_authorization_server();
    /// let introspection = org.introspection().mode(IntrospectionMode::Always);
    /// let validator = org.validator_builder().introspection(introspection).build().unwrap();
    ///
    /// let token = org.token().user("alice@example.com").sign();
    /// assert_eq!(validator.validate(&token).await.unwrap().user(), "alice@example.com");
    /// # }
    /// ```
    pub fn introspection(&self) -> Introspection {
        Introspection::client(self.state().default_client_id(), DEFAULT_CLIENT_SECRET)
    }
}

impl MockOkta {
    /// A validator that trusts the first authorization server, for `App::app_data`.
    ///
    /// ```
    /// use std::time::Duration;
    /// use okta_auth_testing::MockOkta;
    ///
    /// # #[tokio::main(flavor = "current_thread")] async fn main() {
    /// let okta = MockOkta::start();
    /// let validator = okta.validator();
    ///
    /// let token = okta.token().user("alice@example.com").sign();
    /// assert_eq!(validator.validate(&token).await.unwrap().user(), "alice@example.com");
    /// assert_eq!(okta.key_fetches(), 1);
    ///
    /// // The validator and the mock share a clock.
    /// okta.clock().advance(Duration::from_secs(2 * 3600));
    /// assert!(validator.validate(&token).await.is_err());
    /// # }
    /// ```
    ///
    /// # Panics
    ///
    /// If the validator can't be built, which is a bug in okta-auth.
    pub fn validator(&self) -> Validator {
        self.first().validator()
    }

    /// The builder of [`validator`](Self::validator), for further settings.
    pub fn validator_builder(&self) -> ValidatorBuilder {
        self.first().validator_builder()
    }
    /// The setting with which a validator asks the first authorization server about tokens (RFC 7662). See
    /// [`AuthorizationServer::introspection`].
    ///
    /// ```
    /// use okta_auth_testing::MockOkta;
    ///
    /// # #[tokio::main(flavor = "current_thread")] async fn main() {
    /// let okta = MockOkta::start();
    /// let validator = okta.validator_builder().introspection(okta.introspection()).build().unwrap();
    ///
    /// let token = okta.token().user("alice@example.com").opaque();
    /// assert_eq!(validator.validate(&token).await.unwrap().user(), "alice@example.com");
    /// assert_eq!(okta.introspections(&token), 1);
    ///
    /// // The answer is remembered for 10 s. The validator and the mock share a clock.
    /// okta.revoke(&token);
    /// okta.clock().advance(std::time::Duration::from_secs(10));
    /// assert!(validator.validate(&token).await.is_err());
    /// # }
    /// ```
    pub fn introspection(&self) -> Introspection {
        self.first().introspection()
    }
}
