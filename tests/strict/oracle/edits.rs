//! Changes to good tokens, and the resulting tokens.

use proptest::prelude::*;
use proptest::sample::{Index, select};
use serde_json::json;

use super::members::{CLAIMS, HEADER, dates, text};
use super::readers::Readers;
use crate::fixture::segments;

/// One change to a good token.
#[derive(Debug, Clone)]
pub(super) enum Edit {
    /// Sets or replaces a member of the header (0) or payload (1).
    Set(usize, &'static str, String),
    /// Adds a member, also beside one of the same name.
    Add(usize, &'static str, String),
    Remove(usize, &'static str),
    /// Inserts bytes into the JSON text of the header or payload, or removes one, before signing.
    Put(usize, Place, &'static [u8]),
    Cut(usize, Index),
    /// Signs with an unpublished key. If true, the header contains that key.
    Forge(bool),
    /// Takes a segment from another good token.
    Splice(usize),
    /// Inserts, removes, or replaces a character of the finished token.
    Insert(Index, char),
    Delete(Index),
    Replace(Index, char),
}

#[derive(Debug, Clone)]
pub(super) enum Place {
    Start,
    Within(Index),
    End,
}

/// Generates changes to a token of these readers.
pub(super) fn edits(readers: &'static Readers) -> impl Strategy<Value = Vec<Edit>> {
    const BYTES: [&[u8]; 22] = [
        b"\xef\xbb\xbf",
        b"\xff",
        b"\xc3\x28",
        b"\xed\xa0\x80",
        b"\xc0\x80",
        b"\xc2\xa0",
        b"\xe2\x80\xa8",
        b"\0",
        b"\x0c",
        b"\t",
        b"\r\n",
        b" ",
        b"\"",
        b"\\",
        b",",
        b":",
        b"{",
        b"}",
        b"[]",
        b"0",
        b"/**/",
        b"\\u0000",
    ];
    let letters: Vec<char> = "AZaz09-_+/=. \n\0é".chars().collect();
    let member = prop_oneof![
        1 => select(HEADER.to_vec()).prop_map(|name| (0, name)),
        2 => select(CLAIMS.to_vec()).prop_map(|name| (1, name)),
    ];
    let values = readers.values();
    let valued = member.clone().prop_flat_map(move |(part, name)| {
        // For dates and names, only one value in a hundred is relevant. Random values would rarely hit it.
        let near = match name {
            "exp" | "nbf" | "iat" => dates(),
            _ => readers.names(),
        };
        let value = prop_oneof![
            2 => select(values.clone()),
            1 => Just(readers.fitting(part, name)),
            2 => select(near),
        ];
        (Just(part), Just(name), value)
    });
    let position = any::<Index>;
    let place = prop_oneof![Just(Place::Start), Just(Place::End), position().prop_map(Place::Within)];
    let edit = prop_oneof![
        10 => valued.clone().prop_map(|(part, name, value)| Edit::Set(part, name, value)),
        2 => valued.prop_map(|(part, name, value)| Edit::Add(part, name, value)),
        2 => member.prop_map(|(part, name)| Edit::Remove(part, name)),
        2 => (0..2_usize, place, select(BYTES.to_vec())).prop_map(|(part, place, bytes)| Edit::Put(part, place, bytes)),
        1 => (0..2_usize, position()).prop_map(|(part, at)| Edit::Cut(part, at)),
        1 => any::<bool>().prop_map(Edit::Forge),
        1 => (0..3_usize).prop_map(Edit::Splice),
        1 => (position(), select(letters.clone())).prop_map(|(at, letter)| Edit::Insert(at, letter)),
        1 => position().prop_map(Edit::Delete),
        1 => (position(), select(letters)).prop_map(|(at, letter)| Edit::Replace(at, letter)),
    ];
    prop::collection::vec(edit, 0..4)
}

/// The token with these changes. Dates are computed now, so that all readers see the intended distances.
pub(super) fn build(readers: &Readers, edits: &[Edit], now: f64) -> String {
    let mut parts = readers.good();
    for edit in edits {
        match edit {
            Edit::Set(part, name, value) => {
                parts[*part].retain(|(known, _)| known != name);
                parts[*part].push(((*name).into(), value.clone()));
            }
            Edit::Add(part, name, value) => parts[*part].push(((*name).into(), value.clone())),
            Edit::Remove(part, name) => parts[*part].retain(|(known, _)| known != name),
            Edit::Forge(true) => parts[0].push(("jwk".into(), readers.attacker.jwk().to_string())),
            _ => {}
        }
    }
    let [mut header, mut payload] = parts.map(|members| text(&members, now));
    for edit in edits {
        let (Edit::Put(part, ..) | Edit::Cut(part, _)) = edit else { continue };
        let bytes = if *part == 0 { &mut header } else { &mut payload };
        match edit {
            Edit::Put(_, place, new) => {
                let at = match place {
                    Place::Start => 0,
                    Place::Within(at) => at.index(bytes.len() + 1),
                    Place::End => bytes.len(),
                };
                drop(bytes.splice(at..at, new.iter().copied()));
            }
            Edit::Cut(_, at) => _ = bytes.remove(at.index(bytes.len())),
            _ => {}
        }
    }
    let mut token = readers.okta.token();
    if edits.iter().any(|edit| matches!(edit, Edit::Forge(_))) {
        token = token.signed_by(&readers.attacker);
    }
    let mut token = token.raw_header(header).raw_payload(payload).sign();
    for edit in edits {
        let Edit::Splice(at) = edit else { continue };
        let other = build(
            readers,
            &[Edit::Add(0, "typ", json!("JWT").to_string()), Edit::Set(1, "sub", json!("bob").to_string())],
            now,
        );
        let (mut texts, others) = (segments(&token), segments(&other));
        texts[*at] = others[*at];
        token = texts.join(".");
    }
    let mut letters: Vec<char> = token.chars().collect();
    for edit in edits {
        match edit {
            Edit::Insert(at, letter) => letters.insert(at.index(letters.len() + 1), *letter),
            Edit::Delete(at) => _ = letters.remove(at.index(letters.len())),
            Edit::Replace(at, letter) => {
                let at = at.index(letters.len());
                letters[at] = *letter;
            }
            _ => {}
        }
    }
    letters.into_iter().collect()
}
