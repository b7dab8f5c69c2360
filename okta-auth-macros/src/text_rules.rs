//! The rules for the text of a string literal in a policy.

/// A rule for the value of a string literal. The error is the message.
pub(crate) type TextRule = fn(&str) -> Result<(), String>;

/// An example of a scope, for messages.
pub(crate) const SCOPE_EXAMPLE: &str = r#"scope("orders:read")"#;

pub(crate) fn check_not_empty(text: &str) -> Result<(), String> {
    if text.is_empty() { Err("this can't be empty: write what a token must have".to_owned()) } else { Ok(()) }
}

/// `scope-token` of RFC 6749, section 3.3: `%x21 / %x23-5B / %x5D-7E`, at least one.
pub(crate) fn check_scope(text: &str) -> Result<(), String> {
    if text.is_empty() {
        return Err("a scope can't be empty (RFC 6749, section 3.3)".to_owned());
    }
    if text.contains(' ') {
        let scopes: Vec<String> = text.split_whitespace().map(|scope| format!("scope({scope:?})")).collect();
        return Err(format!(
            "a scope holds no space (RFC 6749, section 3.3); write one `scope(..)` for each: `{}`",
            if scopes.is_empty() { SCOPE_EXAMPLE.to_owned() } else { scopes.join(" && ") }
        ));
    }
    match text.chars().find(|c| !matches!(c, '\x21' | '\x23'..='\x5b' | '\x5d'..='\x7e')) {
        Some(character) => Err(format!(
            "a scope can't hold {character:?}: allowed is printable ASCII except space, `\"` and `\\` \
             (RFC 6749, section 3.3)"
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
