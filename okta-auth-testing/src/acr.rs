//! Okta's `acr_values`, and the sign-in that each one requires.
//!
//! <https://developer.okta.com/docs/guides/step-up-authentication/main/#predefined-parameter-values>

/// How strongly a user authenticated. Each strength includes the ones before it.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) enum Strength {
    Password,
    TwoFactors,
    PhishingResistant,
    HardwareProtected,
}

/// The values that a mock supports.
pub(crate) const SUPPORTED: [&str; 6] =
    ["urn:okta:loa:1fa:any", "urn:okta:loa:1fa:pwd", "urn:okta:loa:2fa:any", IF_POSSIBLE, "phr", "phrh"];

const IF_POSSIBLE: &str = "urn:okta:loa:2fa:any:ifpossible";

/// The user can satisfy none of the requested values that Okta supports.
#[derive(Debug, PartialEq)]
pub(crate) struct Unmet;

/// The first of the space-separated values that the user can satisfy, whose strongest sign-in is `strongest`. As Okta
/// does, ignores unsupported values: without a supported value, there is nothing to satisfy.
pub(crate) fn choose(acr_values: &str, strongest: Strength) -> Result<Option<&str>, Unmet> {
    let mut supported = acr_values.split_ascii_whitespace().filter(|acr| SUPPORTED.contains(acr)).peekable();
    if supported.peek().is_none() {
        return Ok(None);
    }
    supported.find(|acr| required_strength(acr, strongest) <= strongest).map(Some).ok_or(Unmet)
}

/// The strength of sign-in that satisfies a value. An unsupported value requires only a sign-in.
pub(crate) fn required_strength(acr: &str, strongest: Strength) -> Strength {
    match acr {
        "urn:okta:loa:2fa:any" => Strength::TwoFactors,
        IF_POSSIBLE => strongest.min(Strength::TwoFactors),
        "phr" => Strength::PhishingResistant,
        "phrh" => Strength::HardwareProtected,
        _ => Strength::Password,
    }
}

impl Strength {
    /// The authentication methods of a sign-in (RFC 8176 section 2).
    pub(crate) fn amr(self) -> &'static [&'static str] {
        match self {
            Self::Password => &["pwd"],
            Self::TwoFactors => &["mfa", "otp", "pwd"],
            Self::PhishingResistant | Self::HardwareProtected => &["hwk", "mfa", "pwd"],
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_first_value_that_the_user_can_satisfy_is_chosen() {
        for (acr_values, with_all_factors, with_password) in [
            ("", Ok(None), Ok(None)),
            ("urn:okta:loa:3fa:any  unknown", Ok(None), Ok(None)),
            ("urn:okta:loa:1fa:any", Ok(Some("urn:okta:loa:1fa:any")), Ok(Some("urn:okta:loa:1fa:any"))),
            ("urn:okta:loa:1fa:pwd", Ok(Some("urn:okta:loa:1fa:pwd")), Ok(Some("urn:okta:loa:1fa:pwd"))),
            ("urn:okta:loa:2fa:any", Ok(Some("urn:okta:loa:2fa:any")), Err(Unmet)),
            (IF_POSSIBLE, Ok(Some(IF_POSSIBLE)), Ok(Some(IF_POSSIBLE))),
            ("unknown phr", Ok(Some("phr")), Err(Unmet)),
            ("phrh phr", Ok(Some("phrh")), Err(Unmet)),
            ("phr urn:okta:loa:1fa:any", Ok(Some("phr")), Ok(Some("urn:okta:loa:1fa:any"))),
        ] {
            assert_eq!(choose(acr_values, Strength::HardwareProtected), with_all_factors, "{acr_values}");
            assert_eq!(choose(acr_values, Strength::Password), with_password, "{acr_values}");
        }
    }

    #[test]
    fn each_value_requires_its_strength() {
        use Strength::{HardwareProtected, Password, PhishingResistant, TwoFactors};
        let strengths = SUPPORTED.map(|acr| required_strength(acr, HardwareProtected));
        assert_eq!(strengths, [Password, Password, TwoFactors, TwoFactors, PhishingResistant, HardwareProtected]);
        assert_eq!(required_strength(IF_POSSIBLE, Password), Password);
    }
}
