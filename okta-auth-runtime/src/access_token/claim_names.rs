//! The claims that are read, and their names under a profile.

use super::Profile;

/// A claim that is read.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Claim {
    Issuer,
    Subject,
    Audience,
    Expiration,
    NotBefore,
    IssuedAt,
    Confirmation,
    Client,
    UserId,
    Scopes,
    Groups,
    Acr,
    AuthTime,
    Act,
}

pub(crate) const CLAIMS: usize = 14;
const _: () = assert!(Claim::Act as usize + 1 == CLAIMS);

/// The claims from here on never make a token invalid. They matter only to policies that ask for them.
pub(crate) const FIRST_OPTIONAL: usize = Claim::Acr as usize;

/// The name of each claim under one profile.
#[derive(Debug)]
pub(crate) struct ClaimNames {
    names: [Box<str>; CLAIMS],
    /// The index of the first entry with the same name, because two claims may share one name.
    positions: [usize; CLAIMS],
    has_user_id: bool,
    has_space_delimited_groups: bool,
}

impl ClaimNames {
    pub(crate) fn new(profile: &Profile) -> Self {
        // A profile without a claim for the user ID repeats `iss`, so that the scan looks for no additional name.
        let user_id = profile.user_id.as_deref().unwrap_or("iss");
        let names: [&str; CLAIMS] = [
            "iss",
            "sub",
            "aud",
            "exp",
            "nbf",
            "iat",
            "cnf",
            &profile.client,
            user_id,
            &profile.scopes,
            &profile.groups,
            "acr",
            "auth_time",
            "act",
        ];
        let position = |name: &str| names.iter().position(|known| *known == name).unwrap_or_default();
        Self {
            positions: names.map(position),
            names: names.map(Box::from),
            has_user_id: profile.user_id.is_some(),
            has_space_delimited_groups: profile.has_space_delimited_groups,
        }
    }

    /// All names, for one pass over the payload.
    pub(crate) fn all(&self) -> &[Box<str>; CLAIMS] {
        &self.names
    }

    pub(crate) fn name(&self, claim: Claim) -> &str {
        &self.names[claim as usize]
    }

    /// The place of the claim among [`all`](Self::all); `None` if the profile has no such claim.
    pub(crate) fn position(&self, claim: Claim) -> Option<usize> {
        (claim != Claim::UserId || self.has_user_id).then_some(self.positions[claim as usize])
    }

    pub(crate) fn has_user_id(&self) -> bool {
        self.has_user_id
    }

    pub(crate) fn has_space_delimited_groups(&self) -> bool {
        self.has_space_delimited_groups
    }
}
