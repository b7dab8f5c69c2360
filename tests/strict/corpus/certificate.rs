//! A certificate of the attacker's key, for tokens that include one (RFC 7515 sections 4.1.6 to 4.1.8).

use aws_lc_rs::digest::{Algorithm, SHA1_FOR_LEGACY_USE_ONLY, SHA256, digest};
use okta_auth_testing::SigningKey;

use crate::fixture::{decode, encode};
use crate::numbers::spki;

/// A certificate that the key of `SigningKey::unknown(SigningAlgorithm::RS256)` signed itself. This command, run in
/// `okta-auth-testing/keys`, printed these lines:
///
/// ```sh
/// openssl req -x509 -key rsa-11.der -keyform DER -sha256 -days 36500 -subj /CN=evil.example.com -set_serial 1 \
///     -outform DER | base64 -w 116
/// ```
const LINES: [&str; 9] = [
    "MIIDBjCCAe6gAwIBAgIBATANBgkqhkiG9w0BAQsFADAbMRkwFwYDVQQDDBBldmlsLmV4YW1wbGUuY29tMCAXDTI2MTEyNDAxMzM1N1oYDzIxMjYxMDMx",
    "MDEzMzU3WjAbMRkwFwYDVQQDDBBldmlsLmV4YW1wbGUuY29tMIIBIjANBgkqhkiG9w0BAQEFAAOCAQ8AMIIBCgKCAQEAodB3PRmZh5A6yHvhBhT+EF2c",
    "heWJzPvcQJzDpftVQfNImXT+txpFaw+mIXlCTMQhNlgatmWICO5yxyAV7Np83jJdc9fXe4/wvs2nEBXTEJzB1IEVdYbt2gBOPQnS8WgZS0NVJke80Rfi",
    "mxd4PyMD5Q9FRlWt1G+eAsgzApHVTQhTmHvAVA1HRX+9u7esy5WEnDwERpZ+Brfifpuq1M1jNivVBoJ29NzgrmBXDqtbhmHrcR94l78IjWOaC/6F5yzj",
    "OLzFs/g70gIOCUu6Fk/iVpT8c5AJU8oMTQAmyIBJvKOrrXYgjSwe9XSeeJA0UsBoWqng6kCIsbWsaaGGE2Q5vQIDAQABo1MwUTAdBgNVHQ4EFgQU53Vj",
    "n0wjT/ovDShIvJKXNueTqmEwHwYDVR0jBBgwFoAU53Vjn0wjT/ovDShIvJKXNueTqmEwDwYDVR0TAQH/BAUwAwEB/zANBgkqhkiG9w0BAQsFAAOCAQEA",
    "GAZo1BiGdDXc8TQTweedg/rEpM0qmUEEBN0XIq5sgR62MTOeCMdL5SITIuVYjo94Slomj1jG23WoUxMBUzM1IHMSIpDxUrFPjV8yyKVYhXkbM35PEk0o",
    "Ke77Pn39ZIao8py83EbuT1KkIGYJmoKeIlV8EI2BElgS56G0CI7T74ocBneORJHbpJ06trGXrTtd34LTKniH+nnnLcJdZmCnb/3BjpT7ZCIPszvIL1AT",
    "oZlAYrxDkEoVkjq5b7yq0Wg10wkEpo7nGT4ZCGQ9PA2KFQuII144np5WbpgMDZOUYcNmXfEQOw0ZtpQaOc6emmY2J0wM08OVnk2WAYcAch1FnQ==",
];

/// The certificate of the attacker's key, in DER.
pub(super) struct Certificate(Vec<u8>);

impl Certificate {
    /// # Panics
    ///
    /// If the certificate is not one of this key. A validator that trusted it would then reject the tokens anyway, and
    /// the cases would prove nothing.
    pub(super) fn of(key: &SigningKey) -> Self {
        let der = base64_simd::STANDARD.decode_to_vec(LINES.concat()).expect("base64");
        let jwk = key.jwk();
        let member = |name: &str| decode(jwk[name].as_str().expect("text"));
        let public_key = spki(&member("n"), &member("e"));
        assert!(der.windows(public_key.len()).any(|part| part == public_key), "the certificate of another key");
        Self(der)
    }

    /// An item of `x5c`.
    pub(super) fn base64(&self) -> String {
        base64_simd::STANDARD.encode_to_string(&self.0)
    }

    /// `x5t`.
    pub(super) fn sha1(&self) -> String {
        self.thumbprint(&SHA1_FOR_LEGACY_USE_ONLY)
    }

    /// `x5t#S256`.
    pub(super) fn sha256(&self) -> String {
        self.thumbprint(&SHA256)
    }

    fn thumbprint(&self, algorithm: &'static Algorithm) -> String {
        encode(digest(algorithm, &self.0))
    }
}
