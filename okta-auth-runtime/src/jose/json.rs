//! Finds named members of a JSON object in one pass, and keeps them as raw JSON.

use std::borrow::Cow;
use std::collections::HashSet;
use std::fmt;

use serde::Deserializer as _;
use serde::de::{DeserializeSeed, Error as _, IgnoredAny, MapAccess, Visitor};
use serde_json::value::RawValue;

/// `N` named members of a JSON object. The syntax of the other members is checked too.
pub(crate) struct Members<'j, const N: usize> {
    found: [Option<&'j RawValue>; N],
}

#[derive(Debug, PartialEq)]
pub(crate) enum ScanError {
    NotAnObject,
    /// The member with this index appears more than once.
    Duplicate(usize),
}

impl<'j, const N: usize> Members<'j, N> {
    /// Names are compared after unescaping, so that `"\u0061lg"` is a duplicate of `"alg"`.
    pub(crate) fn scan<S: AsRef<str>>(object: &'j str, names: &[S; N]) -> Result<Self, ScanError> {
        Self::scan_tolerating(object, names, N)
    }

    /// As [`scan`](Self::scan). A duplicate of the names from `tolerated` on is not an error: the member reads as null.
    pub(crate) fn scan_tolerating<S: AsRef<str>>(
        object: &'j str,
        names: &[S; N],
        tolerated: usize,
    ) -> Result<Self, ScanError> {
        let mut members = Self { found: [None; N] };
        let mut duplicate = None;
        let mut deserializer = serde_json::Deserializer::from_str(object);
        deserializer
            .deserialize_map(Scan { names, tolerated, members: &mut members, duplicate: &mut duplicate })
            .and_then(|()| deserializer.end())
            .map_err(|_| duplicate.map_or(ScanError::NotAnObject, ScanError::Duplicate))?;
        Ok(members)
    }

    /// The member with this index, as raw JSON.
    pub(crate) fn raw(&self, index: usize) -> Option<&'j str> {
        self.found.get(index).copied().flatten().map(RawValue::get)
    }
}

/// The text of a raw JSON string; `None` for any other type and for lone surrogates.
pub(crate) fn text(raw: &str) -> Option<Cow<'_, str>> {
    let inner = raw.strip_prefix('"')?.strip_suffix('"')?;
    if memchr::memchr(b'\\', inner.as_bytes()).is_some() {
        serde_json::from_str(raw).ok().map(Cow::Owned)
    } else {
        Some(Cow::Borrowed(inner))
    }
}

/// Describes a raw JSON value for error messages: its type, never the value.
pub(crate) fn kind(raw: &str) -> &'static str {
    match raw.as_bytes() {
        b"\"\"" => "an empty string",
        [b'"', ..] if text(raw).is_none() => "a string with a lone surrogate",
        [b'"', ..] => "a string",
        [b'[', ..] => "an array",
        [b'{', ..] => "an object",
        b"null" => "null",
        b"true" | b"false" => "a boolean",
        _ => "a number",
    }
}

/// Describes text that is not a JSON object, for error messages. Does not check the JSON syntax.
pub(crate) fn not_an_object(text: &str) -> &'static str {
    let text = text.trim_matches([' ', '\t', '\n', '\r']);
    match text.as_bytes() {
        [] => "nothing",
        [b'{', ..] => "malformed JSON",
        [b'[', ..] => "an array",
        [b'"', ..] => "a string",
        [b'-' | b'0'..=b'9', ..] => "a number",
        b"null" => "null",
        b"true" | b"false" => "a boolean",
        _ => "no JSON",
    }
}

struct Scan<'s, 'j, S, const N: usize> {
    names: &'s [S; N],
    tolerated: usize,
    members: &'s mut Members<'j, N>,
    duplicate: &'s mut Option<usize>,
}

impl<'j, S: AsRef<str>, const N: usize> Visitor<'j> for Scan<'_, 'j, S, N> {
    type Value = ();

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("a JSON object")
    }

    fn visit_map<A: MapAccess<'j>>(self, mut map: A) -> Result<(), A::Error> {
        while let Some(index) = map.next_key_seed(Name(self.names.as_slice()))? {
            let Some(slot) = index.and_then(|index| self.members.found.get_mut(index)) else {
                map.next_value::<IgnoredAny>()?;
                continue;
            };
            if slot.is_some() {
                if index.is_none_or(|index| index < self.tolerated) {
                    *self.duplicate = index;
                    return Err(A::Error::custom("duplicate member"));
                }
                map.next_value::<IgnoredAny>()?;
                *slot = Some(RawValue::NULL);
                continue;
            }
            *slot = Some(map.next_value()?);
        }
        Ok(())
    }
}

/// Deserializes a member's name as its index in the names.
struct Name<'s, N>(&'s [N]);

impl<'de, N: AsRef<str>> DeserializeSeed<'de> for Name<'_, N> {
    type Value = Option<usize>;

    fn deserialize<D: serde::Deserializer<'de>>(self, deserializer: D) -> Result<Self::Value, D::Error> {
        deserializer.deserialize_str(self)
    }
}

impl<N: AsRef<str>> Visitor<'_> for Name<'_, N> {
    type Value = Option<usize>;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("a member's name")
    }

    fn visit_str<E>(self, name: &str) -> Result<Self::Value, E> {
        Ok(self.0.iter().position(|known| known.as_ref() == name))
    }
}

/// Whether a text is one JSON value in which no object has a member twice, at any depth. Names are compared after
/// unescaping.
pub(crate) fn has_distinct_members(text: &str) -> bool {
    serde_json::from_str::<DistinctMembers>(text).is_ok()
}

/// Any JSON value without duplicate members. serde_json limits the depth to 128.
struct DistinctMembers;

impl<'de> serde::Deserialize<'de> for DistinctMembers {
    fn deserialize<D: serde::Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        deserializer.deserialize_any(Self)
    }
}

impl<'de> Visitor<'de> for DistinctMembers {
    type Value = Self;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("a JSON value without duplicate members")
    }

    fn visit_bool<E>(self, _: bool) -> Result<Self, E> {
        Ok(self)
    }

    fn visit_i64<E>(self, _: i64) -> Result<Self, E> {
        Ok(self)
    }

    fn visit_u64<E>(self, _: u64) -> Result<Self, E> {
        Ok(self)
    }

    fn visit_f64<E>(self, _: f64) -> Result<Self, E> {
        Ok(self)
    }

    fn visit_str<E>(self, _: &str) -> Result<Self, E> {
        Ok(self)
    }

    fn visit_unit<E>(self) -> Result<Self, E> {
        Ok(self)
    }

    fn visit_seq<A: serde::de::SeqAccess<'de>>(self, mut items: A) -> Result<Self, A::Error> {
        while items.next_element::<Self>()?.is_some() {}
        Ok(self)
    }

    fn visit_map<A: MapAccess<'de>>(self, mut map: A) -> Result<Self, A::Error> {
        let mut names = HashSet::new();
        while let Some(name) = map.next_key::<Cow<'de, str>>()? {
            if !names.insert(name) {
                return Err(A::Error::custom("duplicate member"));
            }
            map.next_value::<Self>()?;
        }
        Ok(self)
    }
}

/// The items of a raw JSON array of strings; `None` for any other value.
pub(crate) fn strings(raw: &str) -> Option<Vec<Cow<'_, str>>> {
    items(raw)?.map(text).collect()
}

/// The items of a raw JSON array, as raw JSON; `None` for any other value.
pub(crate) fn items(raw: &str) -> Option<impl Iterator<Item = &str>> {
    let items: Vec<&RawValue> = serde_json::from_str(raw).ok()?;
    Some(items.into_iter().map(RawValue::get))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn finds_named_members_and_skips_the_others() {
        let members = Members::scan(r#"{"a":1,"x":{"a":2,"a":3},"b":null}"#, &["a", "b", "c"]).unwrap();
        assert_eq!(members.raw(0), Some("1"));
        assert_eq!(members.raw(1), Some("null"));
        assert_eq!(members.raw(2), None);
    }

    #[test]
    fn names_with_a_common_prefix_are_distinct() {
        let names = ["audience", "audience_of", "aud", ""];
        let members = Members::scan(r#"{"audience_of":1,"audience_":2,"aud\u0000":3,"au":4,"":5}"#, &names).unwrap();
        assert_eq!([0, 1, 2, 3].map(|index| members.raw(index)), [None, Some("1"), None, Some("5")]);
    }

    #[test]
    fn a_member_that_is_read_may_appear_only_once() {
        for object in [r#"{"a":1,"a":1}"#, r#"{"a":1,"\u0061":1}"#, r#"{"a":null,"a":1}"#] {
            assert_eq!(Members::scan(object, &["a"]).err(), Some(ScanError::Duplicate(0)), "{object}");
        }
        assert!(Members::scan(r#"{"b":1,"b":1}"#, &["a"]).is_ok());
    }

    #[test]
    fn duplicate_at_any_depth_is_found() {
        for text in ["{}", "[]", "1", "null", r#""a""#, r#"{"a":{"b":1},"b":[{"b":2},{"b":3}]}"#, " {\"a\" : -1.5e3} "]
        {
            assert!(has_distinct_members(text), "{text}");
        }
        let deep = |depth: usize| format!("{}1{}", "[".repeat(depth), "]".repeat(depth));
        assert!(has_distinct_members(&deep(100)) && !has_distinct_members(&deep(200)));
        for text in [
            r#"{"a":1,"a":1}"#,
            r#"{"a":1,"\u0061":1}"#,
            r#"{"x":{"a":1,"a":2}}"#,
            r#"[[{"x":[{"a":1,"b":2,"a":3}]}]]"#,
            "",
            "{",
            "{} {}",
            r#"{"a":1,}"#,
        ] {
            assert!(!has_distinct_members(text), "{text}");
        }
    }

    #[test]
    fn tolerated_duplicate_reads_as_null() {
        let scan = |object| Members::scan_tolerating(object, &["a", "b"], 1);
        for object in [r#"{"b":1,"b":2}"#, r#"{"b":1,"\u0062":[3]}"#, r#"{"b":1,"b":1,"b":1}"#] {
            assert_eq!(scan(object).unwrap().raw(1), Some("null"), "{object}");
        }
        assert_eq!(scan(r#"{"b":1,"x":2}"#).unwrap().raw(1), Some("1"));
        assert_eq!(scan(r#"{"b":1,"b":1,"a":1,"a":1}"#).err(), Some(ScanError::Duplicate(0)));
    }

    #[test]
    fn anything_but_one_object_is_rejected() {
        for text in ["", "null", "[]", "1", "\"a\"", "{}{}", "{} x", "{\"a\":1,}", "\u{feff}{}", "{\"a\":}", "{'a':1}"]
        {
            assert_eq!(Members::scan(text, &["a"]).err(), Some(ScanError::NotAnObject), "{text}");
        }
        assert!(Members::scan(" {} ", &["a"]).is_ok());
    }

    #[test]
    fn deep_nesting_does_not_overflow_the_stack() {
        let bomb = format!("{{\"x\":{}{}}}", "[".repeat(8_000), "]".repeat(8_000));
        assert!(Members::scan(&bomb, &["a"]).is_ok());
        let bomb = format!("{{\"a\":{}{}}}", "[".repeat(8_000), "]".repeat(8_000));
        assert!(Members::scan(&bomb, &["a"]).is_ok());
    }

    #[test]
    fn only_arrays_of_strings_are_read_in_order() {
        let read = |raw: &str| Some(strings(raw)?.into_iter().map(Cow::into_owned).collect::<Vec<_>>());
        assert_eq!(read(r#"["a","\u0062\n",""]"#), Some(vec!["a".to_owned(), "b\n".to_owned(), String::new()]));
        let items = [
            r#""a""#,
            r#""""#,
            r#"" ,]""#,
            r#""é""#,
            r#""\u0041\"""#,
            r#""\ud800""#,
            "1",
            "null",
            "[]",
            r#"["a"]"#,
            "{}",
        ];
        for (one, other) in items.iter().flat_map(|one| items.map(|other| (one, other))) {
            for array in [format!("[{one}]"), format!("[{one},{other}]"), format!("[ {one} ,\t{other}\r\n]")] {
                assert_eq!(read(&array), serde_json::from_str(&array).ok(), "{array}");
            }
        }
        assert_eq!((read("[]"), read("[ ]")), (Some(vec![]), Some(vec![])));
        for raw in [r#""a""#, "{}", "null", "1"] {
            assert_eq!(read(raw), None, "{raw}");
        }
    }

    #[test]
    fn errors_name_the_type_of_a_value() {
        for (raw, expected) in [
            ("\"\"", "an empty string"),
            ("\"a\"", "a string"),
            (r#""\ud800""#, "a string with a lone surrogate"),
            ("[\"a\"]", "an array"),
            ("{}", "an object"),
            ("null", "null"),
            ("true", "a boolean"),
            ("false", "a boolean"),
            ("-1", "a number"),
            ("1e999", "a number"),
        ] {
            assert_eq!(kind(raw), expected, "{raw}");
        }
    }

    #[test]
    fn errors_describe_text_that_is_not_an_object() {
        for (text, expected) in [
            ("", "nothing"),
            (" \n", "nothing"),
            ("{", "malformed JSON"),
            ("{}{}", "malformed JSON"),
            (" [1", "an array"),
            ("\"a\"", "a string"),
            ("-1", "a number"),
            ("0x", "a number"),
            ("null ", "null"),
            ("true", "a boolean"),
            ("nullx", "no JSON"),
            ("<html>", "no JSON"),
            ("\u{feff}{}", "no JSON"),
        ] {
            assert_eq!(not_an_object(text), expected, "{text}");
        }
    }

    #[test]
    fn text_is_unescaped_and_typed() {
        assert_eq!(text(r#""plain""#).as_deref(), Some("plain"));
        assert_eq!(text(r#""\u0041\n""#).as_deref(), Some("A\n"));
        for raw in ["1", "null", "[]", "true", r#""\ud800""#] {
            assert_eq!(text(raw), None, "{raw}");
        }
    }
}
