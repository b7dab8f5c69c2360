//! The duration of `auth_within`: an integer of seconds, or a text with a unit such as `5m`.

use std::ops::RangeInclusive;

/// One second to one year.
const ALLOWED_SECONDS: RangeInclusive<u64> = 1..=31_536_000;

/// The units of a text with their seconds, from the longest to the shortest.
const UNITS: [(&str, u64); 4] = [("d", 86_400), ("h", 3_600), ("m", 60), ("s", 1)];

/// Parses an integer of seconds.
///
/// # Errors
///
/// The message if it is out of range.
pub(crate) fn parse_integer(digits: &str) -> Result<u64, String> {
    check_range(digits.parse().ok())
}

/// Parses a number and a unit. Returns the seconds.
///
/// # Errors
///
/// The message if the text has another form or is out of range.
pub(crate) fn parse_text(text: &str) -> Result<u64, String> {
    let by_unit = |(unit, seconds)| Some((text.strip_suffix(unit)?, seconds));
    match UNITS.into_iter().find_map(by_unit) {
        Some((number, seconds)) if !number.is_empty() && number.bytes().all(|byte| byte.is_ascii_digit()) => {
            check_range(number.parse::<u64>().ok().and_then(|number| number.checked_mul(seconds)))
        }
        _ => Err(wrong_form(text)),
    }
}

/// The message about `text`, which is not a duration as it is written.
pub(crate) fn wrong_form(text: &str) -> String {
    let hint = match guess(text).and_then(with_longest_unit) {
        Some(meant) => format!("; did you mean `auth_within(\"{meant}\")`?"),
        None => ", such as `auth_within(\"5m\")`".to_owned(),
    };
    format!("a duration is an integer of seconds, or in quotes a number and one of the units `s`, `m`, `h`, `d`{hint}")
}

fn check_range(seconds: Option<u64>) -> Result<u64, String> {
    seconds.filter(|seconds| ALLOWED_SECONDS.contains(seconds)).ok_or_else(|| {
        format!("a duration is at least 1 second and at most 1 year ({} seconds)", ALLOWED_SECONDS.end())
    })
}

/// The seconds that a text of another form means, such as `5 min` and `1h30m`.
fn guess(text: &str) -> Option<u64> {
    let mut seconds: u64 = 0;
    let mut rest = text;
    while !rest.is_empty() {
        let (number, after) = split_while(rest, |c| c.is_ascii_digit());
        let (unit, after) = split_while(after, |c| c.is_ascii_alphabetic());
        let unit = match unit.to_ascii_lowercase().as_str() {
            "s" | "sec" | "secs" | "second" | "seconds" => 1,
            "m" | "min" | "mins" | "minute" | "minutes" => 60,
            "h" | "hr" | "hrs" | "hour" | "hours" => 3_600,
            "d" | "day" | "days" => 86_400,
            _ => return None,
        };
        seconds = number.parse::<u64>().ok()?.checked_mul(unit)?.checked_add(seconds)?;
        rest = after;
    }
    Some(seconds)
}

/// Splits `text` after the characters that `belongs` accepts. Skips spaces between the parts.
fn split_while(text: &str, belongs: fn(&char) -> bool) -> (&str, &str) {
    let text = text.trim();
    let length = text.chars().take_while(belongs).map(char::len_utf8).sum();
    let (part, rest) = text.split_at(length);
    (part, rest.trim_start())
}

/// Writes `seconds` with the longest unit that divides them. Returns `None` if they are out of range.
fn with_longest_unit(seconds: u64) -> Option<String> {
    let seconds = check_range(Some(seconds)).ok()?;
    let (unit, length) = UNITS.into_iter().find(|(_, length)| seconds % length == 0)?;
    Some(format!("{}{unit}", seconds / length))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn text_is_a_number_and_one_unit() {
        for (text, expected) in [
            ("1s", 1),
            ("90s", 90),
            ("5m", 300),
            ("05m", 300),
            ("2h", 7_200),
            ("1d", 86_400),
            ("365d", 31_536_000),
            ("31536000s", 31_536_000),
        ] {
            assert_eq!(parse_text(text), Ok(expected), "{text}");
        }
    }

    #[test]
    fn duration_out_of_range_is_rejected() {
        let message = "a duration is at least 1 second and at most 1 year (31536000 seconds)";
        for text in ["0s", "0d", "366d", "31536001s", "18446744073709551616s", "213503982334602d"] {
            assert_eq!(parse_text(text), Err(message.to_owned()), "{text}");
        }
        for digits in ["0", "-1", "31536001", "18446744073709551616"] {
            assert_eq!(parse_integer(digits), Err(message.to_owned()), "{digits}");
        }
        assert_eq!((parse_integer("1"), parse_integer("31536000")), (Ok(1), Ok(31_536_000)));
    }

    #[test]
    fn other_form_is_rejected_with_a_suggestion() {
        for (text, meant) in [
            ("5min", "5m"),
            ("5 m", "5m"),
            (" 5m", "5m"),
            ("5m ", "5m"),
            ("5M", "5m"),
            ("10 Minutes", "10m"),
            ("1h30m", "90m"),
            ("1 h 30 m", "90m"),
            ("1d 12h", "36h"),
            ("1m30s", "90s"),
            ("60sec", "1m"),
            ("24 hours", "1d"),
            ("365days", "365d"),
        ] {
            let message = parse_text(text).expect_err(text);
            assert!(message.ends_with(&format!("; did you mean `auth_within(\"{meant}\")`?")), "{text}: {message}");
        }
        for text in [
            "", " ", "m", "300", "5", "-5m", "+5m", "1.5h", "5ms", "5mo", "1w", "m5", "1h30", "5٥m", "٥m", "5µs",
            "0 s", "366 days",
        ] {
            let message = parse_text(text).expect_err(text);
            assert!(message.ends_with(", such as `auth_within(\"5m\")`"), "{text}: {message}");
        }
        let overflowing = ["18446744073709551616 s", "213503982334602 d", "18446744073709551615s 1s"];
        assert!(overflowing.iter().all(|text| parse_text(text).is_err()));
    }
}
