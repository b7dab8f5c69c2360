//! Nonces of the server: RFC 9449 sections 8 and 9. They have no state: each is a time with a MAC, so that every instance
//! with the same secret accepts it.

use std::time::Duration;

use base64_simd::URL_SAFE_NO_PAD;

use crate::jose::MacKey;

/// How long a nonce is valid.
const LIFETIME: Duration = Duration::from_secs(300);

/// The bytes of the time: seconds since the Unix epoch.
const TIME: usize = 8;

/// Distinguishes these MACs from any other use of the secret.
const LABEL: &[u8] = b"okta-auth DPoP nonce 1";

/// Makes and checks nonces.
pub(crate) struct Nonces(MacKey);

/// A valid nonce.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct ValidNonce {
    /// It is older than half of its lifetime, so the response has a fresh one.
    pub(crate) is_due: bool,
}

impl Nonces {
    /// `secret` has at least 32 bytes.
    pub(crate) fn new(secret: &[u8]) -> Self {
        Self(MacKey::new(secret))
    }

    /// A nonce of `now`, the time since the Unix epoch.
    pub(crate) fn issue(&self, now: Duration) -> String {
        let time = now.as_secs().to_be_bytes();
        let tag = self.0.tag(&[LABEL, &time].concat());
        URL_SAFE_NO_PAD.encode_to_string([&time[..], &tag].concat())
    }

    /// `None` if the nonce is not one of ours, or too old. A nonce of the future is one of another instance, whose clock is
    /// ahead. It is accepted within the leeway.
    pub(crate) fn check(&self, nonce: &str, now: Duration, leeway: Duration) -> Option<ValidNonce> {
        let bytes = URL_SAFE_NO_PAD.decode_to_vec(nonce).ok()?;
        let (time, tag) = bytes.split_at_checked(TIME)?;
        if !self.0.is_tag_of(&[LABEL, time].concat(), tag) {
            return None;
        }
        let issued = Duration::from_secs(u64::from_be_bytes(time.try_into().ok()?));
        let age = now.saturating_sub(issued);
        let is_valid = age <= LIFETIME && issued <= now + leeway;
        is_valid.then_some(ValidNonce { is_due: age > LIFETIME / 2 })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const NOW: Duration = Duration::from_secs(1_700_000_000);
    const LEEWAY: Duration = Duration::from_secs(60);

    fn later(seconds: u64) -> Duration {
        NOW + Duration::from_secs(seconds)
    }

    #[test]
    fn nonce_is_valid_for_five_minutes_and_due_after_half_of_them() {
        let nonces = Nonces::new(&[7; 32]);
        let nonce = nonces.issue(NOW);
        for (seconds, expected) in
            [(0, Some(false)), (150, Some(false)), (151, Some(true)), (300, Some(true)), (301, None), (100_000, None)]
        {
            let found = nonces.check(&nonce, later(seconds), LEEWAY).map(|valid| valid.is_due);
            assert_eq!(found, expected, "{seconds}");
        }
        assert!(nonces.check(&nonces.issue(later(60)), NOW, LEEWAY).is_some());
        assert!(nonces.check(&nonces.issue(later(61)), NOW, LEEWAY).is_none());
    }

    #[test]
    fn instances_with_one_secret_share_nonces() {
        let nonce = Nonces::new(&[7; 32]).issue(NOW);
        assert!(Nonces::new(&[7; 32]).check(&nonce, NOW, LEEWAY).is_some());
        assert!(Nonces::new(&[8; 32]).check(&nonce, NOW, LEEWAY).is_none());
    }

    #[test]
    fn changed_nonce_is_not_valid() {
        let nonces = Nonces::new(&[7; 32]);
        let nonce = nonces.issue(NOW);
        for position in 0..nonce.len() {
            let mut changed = nonce.clone().into_bytes();
            changed[position] = if changed[position] == b'A' { b'B' } else { b'A' };
            let changed = String::from_utf8(changed).unwrap();
            assert_eq!(nonces.check(&changed, NOW, LEEWAY), None, "{changed}");
        }
        for other in ["", "AAAA", &nonce[1..], &nonce[..nonce.len() - 1], &format!("{nonce}A"), &format!("{nonce}=")] {
            assert_eq!(nonces.check(other, NOW, LEEWAY), None, "{other}");
        }
    }
}
