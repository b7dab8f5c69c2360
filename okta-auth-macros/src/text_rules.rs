//! The rules for the text of a string literal in a policy.

use crate::suggest::nearest;

/// A rule for the value of a string literal. The error is the message.
pub(crate) type TextRule = fn(&str) -> Result<(), String>;

/// An example of a scope, for messages.
pub(crate) const SCOPE_EXAMPLE: &str = r#"scope("orders:read")"#;

/// An example of an authentication context class, for messages.
pub(crate) const ACR_EXAMPLE: &str = r#"acr("urn:okta:loa:2fa:any")"#;

/// Okta defines all values with this prefix.
const ACR_PREFIX: &str = "urn:okta:";

/// The `acr` values of Okta that begin with [`ACR_PREFIX`]. The first one of equally near ones is suggested, so a stronger
/// one is before a weaker one.
/// Source: <https://developer.okta.com/docs/guides/step-up-authentication/main/>.
const ACR_VALUES: [&str; 4] =
    ["urn:okta:loa:2fa:any", "urn:okta:loa:1fa:pwd", "urn:okta:loa:1fa:any", "urn:okta:loa:2fa:any:ifpossible"];

pub(crate) fn check_not_empty(text: &str) -> Result<(), String> {
    if text.is_empty() { Err("this can't be empty: write what a token must have".to_owned()) } else { Ok(()) }
}

/// `scope-token` of RFC 6749, section 3.3: `%x21 / %x23-5B / %x5D-7E`, at least one.
pub(crate) fn check_scope(text: &str) -> Result<(), String> {
    if text.is_empty() {
        return Err("a scope can't be empty (RFC 6749, section 3.3)".to_owned());
    }
    if text.contains(' ') {
        let each = one_for_each(text, "scope", " && ").unwrap_or_else(|| SCOPE_EXAMPLE.to_owned());
        return Err(format!(
            "a scope holds no space (RFC 6749, section 3.3); write one `scope(..)` for each: `{each}`"
        ));
    }
    check_list_characters(text, "a scope", "RFC 6749, section 3.3")
}

/// An authentication context class: an element of `acr_values`, a list that is separated by spaces. Values of Okta have
/// to be known ones, because a misspelled one would reject every caller.
pub(crate) fn check_acr(text: &str) -> Result<(), String> {
    check_not_empty(text)?;
    if text.contains(' ') {
        let each = one_for_each(text, "acr", " || ").unwrap_or_else(|| ACR_EXAMPLE.to_owned());
        return Err(format!(
            "an acr value holds no space (RFC 9470, section 3); write one `acr(..)` for each: `{each}`"
        ));
    }
    check_list_characters(text, "an acr value", "RFC 9470, section 3")?;
    let is_okta = text.get(..ACR_PREFIX.len()).is_some_and(|prefix| prefix.eq_ignore_ascii_case(ACR_PREFIX));
    if !is_okta || ACR_VALUES.contains(&text) {
        return Ok(());
    }
    Err(match nearest(text, &ACR_VALUES) {
        Some(near) => format!("Okta has no acr value `{text}`; did you mean `{near}`?"),
        None => {
            let known: Vec<String> = ACR_VALUES.iter().map(|value| format!("`{value}`")).collect();
            format!("Okta has no acr value `{text}`: it has {}, `phr` and `phrh`", known.join(", "))
        }
    })
}

/// The same requirement for each part of a text with spaces. Returns `None` if there are only spaces.
fn one_for_each(text: &str, name: &str, operator: &str) -> Option<String> {
    let parts: Vec<String> = text.split_whitespace().map(|part| format!("{name}({part:?})")).collect();
    if parts.is_empty() { None } else { Some(parts.join(operator)) }
}

/// Allows `%x21 / %x23-5B / %x5D-7E`.
fn check_list_characters(text: &str, noun: &str, source: &str) -> Result<(), String> {
    match text.chars().find(|c| !matches!(c, '\x21' | '\x23'..='\x5b' | '\x5d'..='\x7e')) {
        Some(character) => Err(format!(
            "{noun} can't hold {character:?}: allowed is printable ASCII except space, `\"` and `\\` ({source})"
        )),
        None => Ok(()),
    }
}

/// The name of a claim, or a JSON Pointer (RFC 6901) if it starts with `/`.
pub(crate) fn check_claim_name(text: &str) -> Result<(), String> {
    check_not_empty(text).map_err(|_| "the name of a claim can't be empty".to_owned())?;
    if !text.starts_with('/') {
        return Ok(());
    }
    let mut rest = text;
    while let Some((_, after)) = rest.split_once('~') {
        if !after.starts_with(['0', '1']) {
            return Err(
                "a claim that starts with `/` is a JSON Pointer (RFC 6901): write `~0` for `~` and `~1` for `/` \
                        within a name"
                    .to_owned(),
            );
        }
        rest = after;
    }
    Ok(())
}
