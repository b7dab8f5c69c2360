//! Values that imply other values: scopes, and classes of authentication (`acr`).

use std::collections::{HashMap, HashSet};

/// Which values imply which others, directly or through a third one.
///
/// Values are compared exactly. Every value implies itself, without an entry.
#[derive(Debug, Default)]
pub(crate) struct Implications {
    /// For each value, all values that imply it. The nearest come first.
    implied_by: HashMap<Box<str>, Vec<Box<str>>>,
}

/// A value that implies itself through others.
#[derive(Debug, PartialEq, Eq)]
pub(crate) struct Cycle(pub(crate) Box<str>);

impl Implications {
    /// Okta's classes of authentication. Of two values that are not related here, neither implies the other.
    /// <https://developer.okta.com/docs/guides/step-up-authentication/main/>
    pub(crate) const OKTA_ACR: [(&'static str, &'static str); 5] = [
        ("phrh", "phr"),
        ("phr", "urn:okta:loa:2fa:any"),
        ("urn:okta:loa:2fa:any", "urn:okta:loa:1fa:any"),
        ("urn:okta:loa:1fa:pwd", "urn:okta:loa:1fa:any"),
        // The second factor is optional, so the value proves only one.
        ("urn:okta:loa:2fa:any:ifpossible", "urn:okta:loa:1fa:any"),
    ];

    /// Makes the transitive closure of pairs: the first value of each implies the second.
    pub(crate) fn new<T: AsRef<str>>(pairs: &[(T, T)]) -> Result<Self, Cycle> {
        let mut direct: HashMap<&str, Vec<&str>> = HashMap::new();
        for (value, implied) in pairs {
            direct.entry(implied.as_ref()).or_default().push(value.as_ref());
        }
        let direct_of = |value: &str| direct.get(value).into_iter().flatten().copied();
        let mut implied_by: HashMap<Box<str>, Vec<Box<str>>> = HashMap::new();
        // In the order of the pairs, so that the same cycle is always reported.
        for (_, implied) in pairs {
            let implied = implied.as_ref();
            if implied_by.contains_key(implied) {
                continue;
            }
            let mut known = HashSet::new();
            let mut found: Vec<&str> = direct_of(implied).filter(|value| known.insert(*value)).collect();
            let mut next = 0;
            while let Some(value) = found.get(next).copied() {
                if value == implied {
                    return Err(Cycle(implied.into()));
                }
                found.extend(direct_of(value).filter(|further| known.insert(*further)));
                next += 1;
            }
            implied_by.insert(implied.into(), found.into_iter().map(Box::from).collect());
        }
        Ok(Self { implied_by })
    }

    /// Whether the value implies another, or is implied by one.
    pub(crate) fn has(&self, value: &str) -> bool {
        let implying = || self.implied_by.values().flatten().any(|implying| &**implying == value);
        self.implied_by.contains_key(value) || implying()
    }

    /// All other values that imply `value`.
    pub(crate) fn implying(&self, value: &str) -> impl Iterator<Item = &str> {
        self.implied_by.get(value).into_iter().flatten().map(|implying| &**implying)
    }

    /// Whether `value` is `wanted`, or implies it.
    pub(crate) fn implies(&self, value: &str, wanted: &str) -> bool {
        value == wanted || self.implying(wanted).any(|implying| implying == value)
    }

    /// One value that implies all of `wanted`: one of them if possible, else the nearest. `None` if there is none.
    pub(crate) fn implying_all<'v>(&'v self, wanted: &[&'v str]) -> Option<&'v str> {
        let further = wanted.first().into_iter().flat_map(|first| self.implying(first));
        let mut candidates = wanted.iter().copied().chain(further);
        candidates.find(|candidate| wanted.iter().all(|wanted| self.implies(candidate, wanted)))
    }
}

#[cfg(test)]
mod tests {
    use std::cell::Cell;

    use super::*;

    fn okta() -> Implications {
        Implications::new(&Implications::OKTA_ACR).expect("no cycle")
    }

    #[test]
    fn okta_classes_follow_the_documented_order() {
        let values = [
            "phrh",
            "phr",
            "urn:okta:loa:2fa:any",
            "urn:okta:loa:1fa:any",
            "urn:okta:loa:1fa:pwd",
            "urn:okta:loa:2fa:any:ifpossible",
            "unknown",
        ];
        // Row: the value of the token. Column: the value that is required.
        let expected = [
            [true, true, true, true, false, false, false],
            [false, true, true, true, false, false, false],
            [false, false, true, true, false, false, false],
            [false, false, false, true, false, false, false],
            [false, false, false, true, true, false, false],
            [false, false, false, true, false, true, false],
            [false, false, false, false, false, false, true],
        ];
        let order = okta();
        for (value, row) in values.iter().zip(expected) {
            for (wanted, expected) in values.iter().zip(row) {
                assert_eq!(order.implies(value, wanted), expected, "{value} for {wanted}");
            }
        }
    }

    #[test]
    fn implication_is_transitive_and_one_way() {
        let order = Implications::new(&[("a", "b"), ("b", "c"), ("x", "c"), ("a", "d"), ("a", "c")]).unwrap();
        for (value, wanted, expected) in [
            ("a", "c", true),
            ("a", "d", true),
            ("x", "c", true),
            ("c", "c", true),
            ("z", "z", true),
            ("c", "a", false),
            ("x", "b", false),
            ("b", "d", false),
            ("A", "b", false),
        ] {
            assert_eq!(order.implies(value, wanted), expected, "{value} for {wanted}");
        }
        assert_eq!(order.implying("c").collect::<Vec<_>>(), ["b", "x", "a"]);
    }

    /// A value that counts how often it is read.
    struct Counted<'c>(String, &'c Cell<usize>);

    impl AsRef<str> for Counted<'_> {
        fn as_ref(&self) -> &str {
            self.1.set(self.1.get() + 1);
            &self.0
        }
    }

    #[test]
    fn each_pair_is_read_a_few_times() {
        let reads = Cell::new(0);
        let value = |n: usize| Counted(n.to_string(), &reads);
        let pairs: Vec<_> = (0..100).map(|n| (value(n), value(n + 1))).collect();
        let order = Implications::new(&pairs).unwrap();
        assert!(reads.get() <= 4 * pairs.len(), "{} reads", reads.get());
        assert!(order.implies("0", "100") && !order.implies("100", "0"));
    }

    #[test]
    fn cycle_is_refused() {
        for pairs in
            [&[("a", "a")] as &[_], &[("a", "b"), ("b", "a")], &[("x", "a"), ("a", "b"), ("b", "c"), ("c", "a")]]
        {
            assert!(Implications::new(pairs).is_err(), "{pairs:?}");
        }
        assert!(Implications::new(&[("a", "b"), ("a", "b")]).is_ok(), "the same pair is no cycle");
    }

    #[test]
    fn both_ends_of_the_order_belong_to_it() {
        let order = okta();
        for (value, expected) in [
            ("phrh", true),
            ("urn:okta:loa:2fa:any", true),
            ("urn:okta:loa:1fa:any", true),
            ("PHR", false),
            ("", false),
        ] {
            assert_eq!(order.has(value), expected, "{value}");
        }
        assert!(!Implications::default().has("phr"));
    }

    #[test]
    fn one_value_is_found_for_several_that_are_required() {
        let order = Implications::new(&[("both", "left"), ("both", "right"), ("more", "both")]).unwrap();
        for (wanted, expected) in [
            (&[] as &[&str], None),
            (&["left"], Some("left")),
            (&["left", "both"], Some("both")),
            (&["left", "right"], Some("both")),
            (&["left", "unknown"], None),
            (&["unknown"], Some("unknown")),
        ] {
            assert_eq!(order.implying_all(wanted), expected, "{wanted:?}");
        }
        assert_eq!(okta().implying_all(&["urn:okta:loa:1fa:pwd", "urn:okta:loa:2fa:any"]), None);
        assert_eq!(okta().implying_all(&["urn:okta:loa:1fa:any", "phr"]), Some("phr"));
    }
}
