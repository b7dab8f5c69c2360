//! "Did you mean": the known name nearest to a misspelled one.

/// Values of at least this length, such as `urn:okta:loa:2fa:any`, may lack a whole part.
const LONG: usize = 16;

/// The known name that is nearest to `written`, at most two edits away (one for names of up to three letters, a quarter of
/// the letters of a long name). An edit inserts, removes or replaces a letter, or swaps two adjacent letters (optimal
/// string alignment).
pub(crate) fn nearest<'a>(written: &str, known: &[&'a str]) -> Option<&'a str> {
    let allowed = |name: &str| match name.len() {
        LONG.. => name.len() / 4,
        _ if written.chars().count() <= 3 => 1,
        _ => 2,
    };
    known
        .iter()
        .map(|name| (strsim::osa_distance(&written.to_lowercase(), name), *name))
        .filter(|(edits, name)| *edits <= allowed(name))
        .min_by_key(|(edits, _)| *edits)
        .map(|(_, name)| name)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_a_near_name_is_suggested() {
        let known = ["scope", "group", "client", "claim", "user"];
        for (written, expected) in [
            ("scop", Some("scope")),
            ("socpe", Some("scope")),
            ("Scope", Some("scope")),
            ("groups", Some("group")),
            ("cliam", Some("claim")),
            ("usr", Some("user")),
            ("use", Some("user")),
            ("urs", None),
            ("usx", None),
            ("scpo", Some("scope")),
            ("tenant", None),
            ("x", None),
            ("", None),
        ] {
            assert_eq!(nearest(written, &known), expected, "{written}");
        }
    }

    #[test]
    fn long_name_may_lack_a_part() {
        let known = ["urn:okta:loa:2fa:any", "urn:okta:loa:2fa:any:ifpossible"];
        for (written, expected) in [
            ("urn:okta:loa:2fa", Some(known[0])),
            ("URN:Okta:LOA:2fa:any", Some(known[0])),
            ("urn:okta:loa:2fa:any:possible", Some(known[1])),
            ("urn:okta:2fa", None),
            ("urn:okta:loa:", None),
            ("urn:okta:loa:phr", None),
        ] {
            assert_eq!(nearest(written, &known), expected, "{written}");
        }
    }
}
