//! Changes to a token or a proof after signing.

/// The part of a token or a proof that [`TokenBuilder::tamper`](crate::TokenBuilder::tamper) or
/// [`ProofBuilder::tamper`](crate::ProofBuilder::tamper) changes after signing.
///
/// A changed header or payload is the same JSON with a space at the end, so that only the signature check can detect
/// the change.
///
/// ```
/// use okta_auth_testing::{MockOkta, Tamper};
///
/// let okta = MockOkta::start();
/// let token = okta.token().tamper(Tamper::RemoveSignature).sign();
/// assert!(token.ends_with('.'));
/// ```
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[non_exhaustive]
pub enum Tamper {
    /// Changes the bytes of the header.
    Header,
    /// Changes the bytes of the payload.
    Payload,
    /// Changes one bit of the signature.
    Signature,
    /// Removes the signature.
    RemoveSignature,
}

impl Tamper {
    pub(crate) fn apply(self, header: &mut Vec<u8>, payload: &mut Vec<u8>, signature: &mut Vec<u8>) {
        match self {
            Self::Header => header.push(b' '),
            Self::Payload => payload.push(b' '),
            Self::Signature => match signature.first_mut() {
                Some(byte) => *byte ^= 1,
                None => signature.push(0),
            },
            Self::RemoveSignature => signature.clear(),
        }
    }
}
