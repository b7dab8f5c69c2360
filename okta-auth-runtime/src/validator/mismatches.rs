//! Settings that keep standard clients from using the published metadata (RFC 9728).

use std::fmt;
use std::sync::Arc;

use super::TrustedIssuer;
use crate::access_token::IssuerRules;
use crate::protected_resource::ProtectedResource;
use crate::rejection::StatusMapping;

/// A setting that does not fit the resource, with advice as its `Display`.
pub(crate) enum Mismatch {
    /// An audience of the issuer is the resource, except for the slash at the end.
    Slash { issuer: Arc<str>, audience: Box<str> },
    /// No audience of the issuer is the resource.
    Audience { issuer: Arc<str> },
    /// The status mapping sends no 401 for a missing or rejected token.
    StatusMapping,
}

impl Mismatch {
    pub(crate) fn find(resource: &ProtectedResource, issuers: &[TrustedIssuer], mapping: StatusMapping) -> Vec<Self> {
        let of_issuers = issuers.iter().filter_map(|issuer| Self::of_audience(resource.identifier(), &issuer.rules));
        let of_mapping = (mapping != StatusMapping::Rfc6750).then_some(Self::StatusMapping);
        of_issuers.chain(of_mapping).collect()
    }

    fn of_audience(identifier: &str, rules: &IssuerRules) -> Option<Self> {
        let (issuer, audiences) = (Arc::clone(&rules.issuer), &rules.audiences);
        if audiences.iter().any(|audience| &**audience == identifier) {
            return None;
        }
        Some(match audiences.iter().find(|audience| differs_by_slash(audience, identifier)) {
            Some(audience) => Self::Slash { issuer, audience: audience.clone() },
            None => Self::Audience { issuer },
        })
    }

    /// Logs the advice at startup.
    pub(crate) fn log(&self, resource: &ProtectedResource) {
        let resource = resource.identifier();
        match self {
            Self::Slash { issuer, audience } => {
                tracing::warn!(issuer = &**issuer, resource, audience = &**audience, "{self}");
            }
            Self::Audience { issuer } => tracing::info!(issuer = &**issuer, resource, "{self}"),
            Self::StatusMapping => tracing::info!(resource, "{self}"),
        }
    }
}

fn differs_by_slash(audience: &str, identifier: &str) -> bool {
    audience.strip_suffix('/') == Some(identifier) || identifier.strip_suffix('/') == Some(audience)
}

impl fmt::Display for Mismatch {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::Slash { .. } => {
                "the audience and the resource differ only by the slash at the end, and clients compare every character: set \
                 OKTA_RESOURCE or `.resource(..)` to exactly this audience"
            }
            Self::Audience { .. } => {
                "the resource is not an audience of this issuer: clients that send the `resource` of RFC 8707 expect it \
                 as `aud`, where Okta puts the audience of the authorization server; set both to the same URL"
            }
            Self::StatusMapping => {
                "MCP clients and other standard clients look for the resource metadata only in a 401: set \
                 OKTA_STATUS_MAPPING=rfc6750 or `.status_mapping(StatusMapping::Rfc6750)`"
            }
        })
    }
}
