//! Words of a POSIX shell.

/// Quotes a word.
pub(crate) fn quote(word: &str) -> String {
    format!("'{}'", word.replace('\'', "'\\''"))
}

/// Quotes a word only if the shell would change it.
pub(crate) fn word(text: &str) -> String {
    let is_plain = |byte: u8| byte.is_ascii_alphanumeric() || b"-._:/@,+".contains(&byte);
    if !text.is_empty() && text.bytes().all(is_plain) { text.to_owned() } else { quote(text) }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn shell_quoting_keeps_one_word() {
        assert_eq!(quote("http://h/?a=1&b='$(x)"), r"'http://h/?a=1&b='\''$(x)'");
    }

    #[test]
    fn only_a_word_with_special_characters_is_quoted() {
        for (text, expected) in
            [("local-okta-secret", "local-okta-secret"), ("a b", "'a b'"), ("$x", "'$x'"), ("", "''")]
        {
            assert_eq!(word(text), expected);
        }
    }
}
