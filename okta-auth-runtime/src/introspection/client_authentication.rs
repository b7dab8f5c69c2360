//! The credentials of this API at the introspection endpoint (RFC 7662 section 2.1).

use std::fmt;
use std::time::Duration;

use base64_simd::{STANDARD, URL_SAFE_NO_PAD};
use reqwest::header::HeaderValue;
use serde_json::json;
use url::Url;
use url::form_urlencoded::{Serializer, byte_serialize};

use crate::error::Excerpt;
use crate::jose::SigningKey;

/// How long an assertion is valid. Okta allows up to an hour.
const ASSERTION_LIFETIME: Duration = Duration::from_secs(60);

/// RFC 7523 section 2.2.
const ASSERTION_TYPE: &str = "urn:ietf:params:oauth:client-assertion-type:jwt-bearer";

/// How this API authenticates itself. OpenID Connect Core section 9 names the methods.
pub(crate) enum ClientAuthentication {
    SecretBasic { id: Box<str>, secret: Box<str> },
    SecretPost { id: Box<str>, secret: Box<str> },
    PrivateKeyJwt { id: Box<str>, key: Box<SigningKey>, audience: Option<Box<str>> },
}

/// Why a call could not be authenticated. The cause is this machine, not the endpoint.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub(crate) enum AuthenticationError {
    #[error("the operating system gives no random bytes")]
    NoRandomness,
    #[error("the assertion of the client can't be signed")]
    NotSigned,
    #[error("the credentials of the client do not fit in a header")]
    NotAHeader,
}

impl ClientAuthentication {
    /// `client_secret_basic`.
    pub(crate) fn secret_basic(id: &str, secret: &str) -> Self {
        Self::SecretBasic { id: id.into(), secret: secret.into() }
    }

    /// `client_secret_post`.
    pub(crate) fn secret_post(id: &str, secret: &str) -> Self {
        Self::SecretPost { id: id.into(), secret: secret.into() }
    }

    /// `private_key_jwt`. The audience of assertions is the URL of the endpoint unless it is given.
    pub(crate) fn private_key_jwt(id: &str, key: SigningKey, audience: Option<String>) -> Self {
        Self::PrivateKeyJwt { id: id.into(), key: Box::new(key), audience: audience.map(Into::into) }
    }

    /// Adds the parameters of the client to `form`. Returns the value of the `Authorization` header, if the method has one. It is
    /// marked as sensitive, so that `Debug` does not show it. `now` is the time since the Unix epoch.
    pub(crate) fn authenticate(
        &self,
        endpoint: &Url,
        now: Duration,
        form: &mut Serializer<'_, String>,
    ) -> Result<Option<HeaderValue>, AuthenticationError> {
        match self {
            Self::SecretBasic { id, secret } => basic(id, secret).map(Some),
            Self::SecretPost { id, secret } => {
                form.append_pair("client_id", id).append_pair("client_secret", secret);
                Ok(None)
            }
            Self::PrivateKeyJwt { id, key, audience } => {
                let audience = audience.as_deref().unwrap_or(endpoint.as_str());
                let assertion =
                    key.sign(&claims(id, audience, now)?.to_string()).map_err(|_| AuthenticationError::NotSigned)?;
                form.append_pair("client_assertion_type", ASSERTION_TYPE).append_pair("client_assertion", &assertion);
                Ok(None)
            }
        }
    }
}

/// Both parts are form-encoded (RFC 6749 section 2.3.1), so that neither contains the colon that separates them.
fn basic(id: &str, secret: &str) -> Result<HeaderValue, AuthenticationError> {
    let encode = |text: &str| byte_serialize(text.as_bytes()).collect::<String>();
    let credentials = STANDARD.encode_to_string(format!("{}:{}", encode(id), encode(secret)));
    let mut value =
        HeaderValue::try_from(format!("Basic {credentials}")).map_err(|_| AuthenticationError::NotAHeader)?;
    value.set_sensitive(true);
    Ok(value)
}

/// The claims of an assertion (RFC 7523 section 3).
fn claims(client: &str, audience: &str, now: Duration) -> Result<serde_json::Value, AuthenticationError> {
    let mut id = [0; 16];
    getrandom::fill(&mut id).map_err(|_| AuthenticationError::NoRandomness)?;
    Ok(json!({
        "iss": client,
        "sub": client,
        "aud": audience,
        "iat": now.as_secs(),
        "exp": now.saturating_add(ASSERTION_LIFETIME).as_secs(),
        "jti": URL_SAFE_NO_PAD.encode_to_string(id),
    }))
}

/// Does not show the secret.
impl fmt::Debug for ClientAuthentication {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let (method, id) = match self {
            Self::SecretBasic { id, .. } => ("client_secret_basic", id),
            Self::SecretPost { id, .. } => ("client_secret_post", id),
            Self::PrivateKeyJwt { id, .. } => ("private_key_jwt", id),
        };
        f.debug_struct("ClientAuthentication")
            .field("method", &method)
            .field("id", &Excerpt::new(id))
            .finish_non_exhaustive()
    }
}

#[cfg(test)]
mod tests {
    use std::collections::HashMap;

    use proptest::prelude::*;
    use serde_json::Value;
    use url::form_urlencoded;

    use super::*;
    use crate::jose::Jws;

    const KEY: &str = include_str!("../jose/testdata/private_keys/p256-pkcs8.pem");

    fn endpoint() -> Url {
        Url::parse("https://dev-1.okta.com/oauth2/default/v1/introspect").expect("a URL")
    }

    /// The header and the form of a request at the 100th second and a half.
    fn request(authentication: &ClientAuthentication) -> (Option<HeaderValue>, HashMap<String, String>) {
        let mut form = Serializer::new(String::new());
        form.append_pair("token", "t");
        let header = authentication.authenticate(&endpoint(), Duration::from_millis(100_500), &mut form);
        let form = form_urlencoded::parse(form.finish().as_bytes()).into_owned().collect();
        (header.expect("credentials"), form)
    }

    /// As a server of RFC 6749 section 2.3.1 reads the header.
    fn read_basic(header: &HeaderValue) -> (String, String) {
        let base64 = header.to_str().expect("ASCII").strip_prefix("Basic ").expect("a scheme");
        let text = String::from_utf8(STANDARD.decode_to_vec(base64).expect("base64")).expect("UTF-8");
        let (id, secret) = text.split_once(':').expect("a colon");
        let decode = |text: &str| {
            let pair = form_urlencoded::parse(text.as_bytes()).next().unwrap_or_default();
            assert!(pair.1.is_empty() && !text.contains(['&', '=']), "{text}");
            pair.0.into_owned()
        };
        (decode(id), decode(secret))
    }

    #[test]
    fn basic_is_the_header_of_rfc_6749() {
        // The example of RFC 6749 section 2.3.1.
        let (header, form) = request(&ClientAuthentication::secret_basic("s6BhdRkqt3", "7Fjfp0ZBr1KtDRbnfVdmIw"));
        let header = header.expect("a header");
        assert_eq!(header, "Basic czZCaGRSa3F0Mzo3RmpmcDBaQnIxS3REUmJuZlZkbUl3");
        assert!(header.is_sensitive());
        assert_eq!(form, HashMap::from([("token".into(), "t".into())]));

        let (header, _) = request(&ClientAuthentication::secret_basic("a:b c", "p%ä+/"));
        assert_eq!(
            header.expect("a header"),
            format!("Basic {}", STANDARD.encode_to_string("a%3Ab+c:p%25%C3%A4%2B%2F"))
        );
    }

    #[test]
    fn post_has_the_credentials_in_the_form() {
        let (header, form) = request(&ClientAuthentication::secret_post("a:b&c=d", "e&client_id=f"));
        assert_eq!(header, None);
        let expected = [("token", "t"), ("client_id", "a:b&c=d"), ("client_secret", "e&client_id=f")];
        assert_eq!(form, expected.map(|(name, value)| (name.to_owned(), value.to_owned())).into());
    }

    /// The claims of the assertion in a form.
    fn assertion(form: &HashMap<String, String>) -> Value {
        assert_eq!(form["client_assertion_type"], "urn:ietf:params:oauth:client-assertion-type:jwt-bearer");
        assert_eq!(form.len(), 3, "{form:?}");
        let jws = Jws::split(form["client_assertion"].as_bytes()).expect("a compact JWS");
        serde_json::from_str(&jws.payload_text().expect("text")).expect("JSON")
    }

    #[test]
    fn assertion_has_the_claims_of_rfc_7523() {
        let key = || SigningKey::from_pem(KEY).expect("a key");
        let default = ClientAuthentication::private_key_jwt("me \"quoted\"", key(), None);
        let (header, form) = request(&default);
        assert_eq!(header, None);
        let claims = assertion(&form);
        let jti = claims["jti"].as_str().expect("a jti");
        let endpoint = endpoint();
        assert_eq!(
            claims,
            json!({
                "iss": "me \"quoted\"", "sub": "me \"quoted\"", "aud": endpoint.as_str(), "iat": 100, "exp": 160, "jti": jti,
            })
        );
        assert_eq!(URL_SAFE_NO_PAD.decode_to_vec(jti).expect("base64url").len(), 16);
        assert_ne!(assertion(&request(&default).1)["jti"], jti, "an assertion is used only once");

        let other = ClientAuthentication::private_key_jwt("me", key(), Some("https://issuer.example.com".into()));
        assert_eq!(assertion(&request(&other).1)["aud"], "https://issuer.example.com");
    }

    #[test]
    fn debug_shows_no_secret() {
        let key = SigningKey::from_pem(KEY).expect("a key");
        for (authentication, method) in [
            (ClientAuthentication::secret_basic("me", "hunter2"), "client_secret_basic"),
            (ClientAuthentication::secret_post("me", "hunter2"), "client_secret_post"),
            (ClientAuthentication::private_key_jwt("me", key, None), "private_key_jwt"),
        ] {
            let expected = format!(r#"ClientAuthentication {{ method: "{method}", id: "me", .. }}"#);
            assert_eq!(format!("{authentication:?}"), expected);
        }
        let (header, _) = request(&ClientAuthentication::secret_basic("me", "hunter2"));
        assert_eq!(format!("{header:?}"), "Some(Sensitive)");
    }

    proptest! {
        #[test]
        fn server_reads_any_credentials_back(id: String, secret: String) {
            let (header, form) = request(&ClientAuthentication::secret_basic(&id, &secret));
            prop_assert_eq!(read_basic(&header.unwrap()), (id.clone(), secret.clone()));
            prop_assert_eq!(form.len(), 1);

            let (header, form) = request(&ClientAuthentication::secret_post(&id, &secret));
            prop_assert_eq!(header, None);
            prop_assert_eq!((&form["token"], &form["client_id"], &form["client_secret"]), (&"t".to_owned(), &id, &secret));
        }
    }
}
