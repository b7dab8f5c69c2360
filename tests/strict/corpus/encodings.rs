//! Base64url that is not canonical, white space, missing and extra segments, and lengths: RFC 7515 section 2, RFC 4648.

use super::{ACCEPTED, Case};
use crate::fixture::{Fixture, MARK, encode, segments};

const LIMIT: usize = 16 * 1024;

pub(crate) fn cases(fixture: &Fixture) -> Vec<Case> {
    [segments_changed(fixture), shapes(fixture), lengths(fixture)].into_iter().flatten().collect()
}

const ALPHABET: &[u8; 64] = b"ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_";

/// Another spelling of the same octets: one of the unused bits of the last character is set.
fn stray_bit(segment: &str) -> Option<String> {
    let unused = match segment.len() % 4 {
        2 => 0b1000,
        3 => 0b10,
        _ => return None,
    };
    let (start, last) = segment.split_at(segment.len() - 1);
    let value = ALPHABET.iter().position(|letter| [*letter] == last.as_bytes())?;
    Some(format!("{start}{}", char::from(ALPHABET[value | unused])))
}

/// Each segment of a good token in another spelling. A filler claim gives all three segments unused bits.
fn segments_changed(fixture: &Fixture) -> Vec<Case> {
    let token = (0..8)
        .map(|more| {
            let filler = "x".repeat(more);
            fixture.token().header("x", filler.as_str()).claim("x", filler).sign()
        })
        .find(|token| segments(token).iter().all(|segment| segment.len() % 4 >= 2))
        .expect("a token whose segments have unused bits");
    let segments = segments(&token).map(str::to_owned);
    let mut cases = vec![Case::new("the token itself", token.as_str(), ACCEPTED)];
    for (index, name) in ["header", "payload", "signature"].into_iter().enumerate() {
        let segment = &segments[index];
        let (start, end) = segment.split_at(8);
        for (how, changed) in [
            ("padding", format!("{segment}=")),
            ("right padding", format!("{segment}{}", "=".repeat(4 - segment.len() % 4))),
            ("stray bits", stray_bit(segment).expect("unused bits")),
            ("a space before", format!(" {segment}")),
            ("a space behind", format!("{segment} ")),
            ("a space inside", format!("{start} {end}")),
            ("a tab inside", format!("{start}\t{end}")),
            ("a line feed inside", format!("{start}\n{end}")),
            ("a carriage return behind", format!("{segment}\r\n")),
            ("a NUL behind", format!("{segment}\0")),
            ("a plus", format!("{start}+{}", &end[1..])),
            ("a slash", format!("{start}/{}", &end[1..])),
            ("a percent escape", format!("{start}%41{}", &end[1..])),
            ("an impossible length", format!("{}A", &segment[..segment.len() / 4 * 4])),
            ("a comma", format!("{start},{end}")),
            ("a letter of Latin-1", format!("{start}\u{e9}{}", &end[2..])),
            ("a full-width letter", format!("{start}\u{ff21}{end}")),
            ("a zero-width space", format!("{start}\u{200b}{end}")),
        ] {
            let mut changed_segments = segments.clone();
            changed_segments[index] = changed;
            cases.push(Case::new(
                format!("{name} with {how}"),
                changed_segments.join("."),
                format!("not_base64url {name}"),
            ));
        }
    }
    let [header, payload, signature] = segments;
    let more = [signature.as_str(), "AA"].concat();
    cases.push(Case::new(
        "trailing bytes in the signature",
        format!("{header}.{payload}.{}", aligned(&more)),
        "bad_signature",
    ));
    cases
}

/// Pads the text to groups of four characters, so that it is still base64url.
fn aligned(text: &str) -> String {
    let mut text = text.replace(|letter: char| !letter.is_ascii(), "");
    while text.len() % 4 != 0 {
        text.push('A');
    }
    text
}

fn shapes(fixture: &Fixture) -> Vec<Case> {
    let token = fixture.token().sign();
    let [header, payload, signature] = segments(&token);
    let mut cases = Vec::new();
    for (name, changed) in [
        ("nothing", String::new()),
        ("an opaque token", format!("{MARK}{MARK}{MARK}{MARK}")),
        ("one segment", header.to_owned()),
        ("two segments", format!("{header}.{payload}")),
        ("a dot behind", format!("{token}.")),
        ("a dot before", format!(".{token}")),
        ("a segment more", format!("{token}.{signature}")),
        ("only dots", ".".repeat(1000)),
        ("a literal null", "null".to_owned()),
        ("JSON", r#"{"alg":"none"}"#.to_owned()),
    ] {
        cases.push(Case::new(name, changed, "wrong_segment_count"));
    }
    for (name, changed, expected) in [
        ("three empty segments", "..".to_owned(), "not_json_object header"),
        ("an empty header", format!(".{payload}.{signature}"), "not_json_object header"),
        ("an empty payload", format!("{header}..{signature}"), "not_json_object payload"),
        ("an empty signature", format!("{header}.{payload}."), "bad_signature"),
        ("the scheme before the token", format!("Bearer {token}"), "not_base64url header"),
        ("quotes", format!("\"{token}\""), "not_base64url header"),
        ("angle brackets", format!("<{token}>"), "not_base64url header"),
        ("a line feed behind", format!("{token}\n"), "not_base64url signature"),
        ("a byte order mark before", format!("\u{feff}{token}"), "not_base64url header"),
        ("encoded once more", [header, payload, signature].map(encode).join("."), "not_json_object header"),
        ("segments in another order", format!("{payload}.{header}.{signature}"), "missing_header alg"),
        ("the header twice", format!("{header}.{header}.{signature}"), "missing_claim iss"),
        ("the signature for a payload", format!("{header}.{signature}.{payload}"), "not_json_object payload"),
    ] {
        cases.push(Case::new(name, changed, expected));
    }
    cases
}

fn lengths(fixture: &Fixture) -> Vec<Case> {
    let of_length = |wanted: usize| {
        // Three more octets are four more characters. The claim and the header together reach every length that
        // base64url can have.
        (0..4).find_map(|more| {
            let header = fixture.header(&format!(r#""x":"{}""#, "h".repeat(more)));
            let empty =
                fixture.token().raw_header(header.as_str()).raw_payload(fixture.payload(&[("x", "\"\"")])).sign();
            let octets = wanted.checked_sub(empty.len())? * 3 / 4;
            (octets.saturating_sub(2)..octets + 3).find_map(|octets| {
                let filler = format!("\"{}\"", "x".repeat(octets));
                let payload = fixture.payload(&[("x", &filler)]);
                let token = fixture.token().raw_header(header.as_str()).raw_payload(payload).sign();
                (token.len() == wanted).then_some(token)
            })
        })
    };
    let token = |wanted| of_length(wanted).expect("a token of this length");
    vec![
        Case::new("as long as a token may be", token(LIMIT), ACCEPTED),
        Case::new("longer by one", token(LIMIT + 1), "too_long"),
        Case::new("a megabyte", "A".repeat(1 << 20), "too_long"),
        Case::new("a megabyte of dots", ".".repeat(1 << 20), "too_long"),
        Case::new("16 KiB of one letter", "A".repeat(LIMIT), "wrong_segment_count"),
    ]
}
