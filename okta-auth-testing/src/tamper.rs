//! Changes made to a token after it was signed.

/// What [`TokenBuilder::tamper`](crate::TokenBuilder::tamper) changes after signing.
///
/// The changed header and payload are the same JSON with a space behind it, so that nothing but the signature can give
/// them away.
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
    /// The bytes of the header.
    Header,
    /// The bytes of the payload.
    Payload,
    /// One bit of the signature.
    Signature,
    /// The signature becomes empty.
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
