//! The domains of Okta's authorization servers.

/// <https://developer.okta.com/docs/concepts/okta-organizations/>
const OKTA_DOMAINS: [&str; 6] =
    ["okta.com", "oktapreview.com", "okta-emea.com", "okta-gov.com", "okta.mil", "trexcloud.com"];

/// Whether a host is on one of Okta's own domains.
pub(crate) fn is_okta_domain(host: &str) -> bool {
    okta_organization(host).is_some()
}

/// `dev-123456` of `dev-123456.okta.com`; `None` outside Okta's domains.
pub(crate) fn okta_organization(host: &str) -> Option<&str> {
    OKTA_DOMAINS.iter().find_map(|domain| host.strip_suffix(domain)?.strip_suffix('.'))
}
