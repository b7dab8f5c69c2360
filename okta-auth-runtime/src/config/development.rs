//! Warnings about settings and features that belong only in development.

use std::sync::Arc;

use url::Url;

use super::Introspection;
use super::issuer::KeyOrigin;
use crate::error::Excerpt;
use crate::http::is_loopback;

/// An issuer that is trusted over plain http, on this machine.
pub(super) struct LocalIssuer {
    issuer: Arc<str>,
    url: Excerpt,
    /// The beginning of the warning: what is trusted, with its verb.
    trusted: &'static str,
}

impl LocalIssuer {
    /// Empty if the keys are given or fetched from elsewhere, and tokens are introspected elsewhere or not at all.
    pub(super) fn of(issuer: &Arc<str>, origin: &KeyOrigin, introspection: Option<&Introspection>) -> Vec<Self> {
        let keys_from = match origin {
            _ if introspection.is_some_and(Introspection::is_always) => None,
            KeyOrigin::Discovery => Some(&**issuer),
            KeyOrigin::Uri(uri) => Some(uri.as_str()),
            KeyOrigin::Set(_) | KeyOrigin::File(_) => None,
        };
        let asked = introspection.map(|introspection| introspection.called_url(issuer));
        let local = |url: Option<&str>, trusted: &'static str| {
            let url = Url::parse(url?).ok().filter(|url| url.scheme() == "http" && is_loopback(url))?;
            Some(Self { issuer: Arc::clone(issuer), url: Excerpt::url(url.as_str()), trusted })
        };
        [local(keys_from, "keys are fetched"), local(asked, "tokens are introspected")].into_iter().flatten().collect()
    }

    /// A leftover of development is as trusted as the real issuer, and nothing else shows it.
    pub(super) fn warn(&self) {
        let Self { issuer, url, trusted } = self;
        tracing::warn!(
            issuer = &**issuer,
            %url,
            "{trusted} over plain http from this machine, so any program that binds this port is trusted: only for development"
        );
    }
}

/// Warns if this build can make callers without a token although it is optimized like one for production.
pub(super) fn warn_of_testing() {
    if is_testing_in_release(cfg!(feature = "testing"), cfg!(debug_assertions)) {
        tracing::warn!(
            "this build has the feature `testing` of okta-auth-runtime, which makes callers without a token: \
             okta-auth-testing belongs in dev-dependencies"
        );
    }
}

fn is_testing_in_release(testing: bool, debug_assertions: bool) -> bool {
    testing && !debug_assertions
}

#[cfg(test)]
mod tests {
    use tracing::Level;

    use super::*;
    use crate::jose::JwkSet;
    use crate::jose::testdata::{jwk, set};
    use crate::test_log::Log;
    use crate::{Issuer, Validator};

    #[test]
    fn only_a_release_build_with_testing_is_warned_of() {
        for (testing, debug_assertions, expected) in
            [(true, false, true), (true, true, false), (false, false, false), (false, true, false)]
        {
            assert_eq!(is_testing_in_release(testing, debug_assertions), expected, "{testing}, {debug_assertions}");
        }
    }

    #[test]
    fn each_issuer_on_plain_http_loopback_is_one_warning() {
        let log = Log::default();
        let _guard = tracing::subscriber::set_default(log.clone());
        let far = || Issuer::new("https://dev-1.okta.com/oauth2/default").audience("a").any_client();
        let near = |issuer: &str| Issuer::new(issuer).audience("a").any_client();
        let given = JwkSet::from_json(set(&[jwk("rsa-2048")])).expect("a key set");
        for (issuer, expected) in [
            (near("http://127.0.0.1:7000/oauth2/default"), 1),
            (near("http://localhost/"), 1),
            (near("http://[::1]:1/").jwks_uri("http://[::1]:2/keys"), 1),
            (near("https://issuer.example.com").jwks_uri("http://localhost:1/keys"), 1),
            (near("http://localhost/").jwks_uri("https://keys.example.com"), 0),
            (near("http://localhost/").jwk_set(given), 0),
            (near("https://localhost/"), 0),
            (near("https://issuer.example.com"), 0),
        ] {
            let shown = format!("{issuer:?}");
            let builder =
                Validator::builder().issuer("https://dev-2.okta.com/oauth2/default").audience("a").any_client();
            drop(builder.add_issuer(issuer).add_issuer(far()).build().expect("a validator"));
            let is_ours = |(_, line): &(Level, String)| line.contains("plain http");
            let lines: Vec<_> = log.read().into_iter().filter(is_ours).collect();
            assert!(lines.len() == expected && lines.iter().all(|line| line.0 == Level::WARN), "{shown}: {lines:?}");
        }
        let broken = Validator::builder().issuer("http://localhost/").build();
        assert!(broken.is_err() && log.read().is_empty(), "a configuration that is refused needs no warning");
    }
}
