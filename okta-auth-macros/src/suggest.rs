//! "Did you mean": the known name nearest to a misspelled one.

/// The known name that is nearest to `written`, at most two edits away (one for names of up to three letters). An edit
/// inserts, removes or replaces a letter, or swaps two adjacent letters (optimal string alignment).
pub(crate) fn nearest<'a>(written: &str, known: &[&'a str]) -> Option<&'a str> {
    let allowed = if written.chars().count() <= 3 { 1 } else { 2 };
    known
        .iter()
        .map(|name| (strsim::osa_distance(&written.to_lowercase(), name), *name))
        .filter(|(edits, _)| *edits <= allowed)
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
            ("scpo", Some("scope")),
            ("tenant", None),
            ("x", None),
            ("", None),
        ] {
            assert_eq!(nearest(written, &known), expected, "{written}");
        }
    }
}
