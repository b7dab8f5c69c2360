//! Durations in arguments: an integer of seconds, or a text with a unit such as `5m`.

use std::ops::RangeInclusive;

use syn::parse::ParseStream;
use syn::{Error, Lit, Result, Token};

use crate::diagnostic::SpanRange;
use crate::literal::{check_no_suffix, parse_literal, rest_of_argument, signed, suffix_error};

/// The units of a text with their seconds, from the longest to the shortest.
const UNITS: [(&str, u64); 4] = [("d", 86_400), ("h", 3_600), ("m", 60), ("s", 1)];

/// One second to one year.
pub(crate) static AUTH_WITHIN: DurationForm = DurationForm {
    name: "auth_within",
    example: "auth_within(300)",
    with_text: |text| format!("auth_within({text:?})"),
    text: "5m",
    allowed_seconds: 1..=31_536_000,
    out_of_range: "a duration is at least 1 second and at most 1 year (31536000 seconds)",
};

/// Up to one minute. The runtime has the same limit for `max_age` of introspection.
pub(crate) static ACTIVE_WITHIN: DurationForm = DurationForm {
    name: "active_within",
    example: "active_within = 10",
    with_text: |text| format!("active_within = {text:?}"),
    text: "30s",
    allowed_seconds: 0..=60,
    out_of_range: "`active_within` is at least 0 and at most 60 seconds: no answer of the authorization server is remembered for \
                   longer than 60 s",
};

/// A duration that a requirement or an argument takes.
pub(crate) struct DurationForm {
    pub(crate) name: &'static str,
    /// An example with seconds, for messages.
    pub(crate) example: &'static str,
    /// Formats an example with a text, for messages.
    with_text: fn(&str) -> String,
    /// A text for examples.
    text: &'static str,
    allowed_seconds: RangeInclusive<u64>,
    /// The message about a duration that is not allowed.
    out_of_range: &'static str,
}

impl DurationForm {
    /// Parses an integer literal without a suffix or a string literal. Returns the seconds and the tokens that they are
    /// written as.
    pub(crate) fn parse(&self, input: ParseStream<'_>) -> Result<(u64, SpanRange)> {
        let minus: Option<Token![-]> = input.parse()?;
        let (seconds, span_range) = match (minus, parse_literal(input)?) {
            (None, Some(Lit::Str(text))) => {
                check_no_suffix(&text, text.suffix())?;
                (self.parse_text(&text.value()), SpanRange::of(&text))
            }
            (minus, Some(Lit::Int(digits))) => {
                let (text, span_range) = signed(minus, &digits);
                let unit = digits.suffix();
                if unit.is_empty() {
                    (self.parse_integer(&text), span_range)
                } else if unit.starts_with(['i', 'u', 'f']) {
                    return Err(suffix_error(&digits, unit));
                } else {
                    (Err(self.wrong_form(&format!("{text}{unit}"))), span_range)
                }
            }
            (_, Some(other)) => return Err(Error::new_spanned(other, self.takes())),
            (_, None) => return Err(Error::new_spanned(rest_of_argument(input), self.takes())),
        };
        let seconds = seconds.map_err(|message| Error::new_spanned(span_range, message))?;
        Ok((seconds, span_range))
    }

    /// The message about something that is not a duration.
    pub(crate) fn takes(&self) -> String {
        let Self { name, example, text, .. } = self;
        format!("`{name}` takes an integer of seconds, or a string such as `{text:?}`: `{example}`")
    }

    /// That only one duration is allowed, for the message about further tokens.
    pub(crate) fn one(&self) -> String {
        format!("one integer of seconds, or one string such as `{:?}`", self.text)
    }

    fn parse_integer(&self, digits: &str) -> std::result::Result<u64, String> {
        self.check_range(digits.parse().ok())
    }

    /// Parses a number and a unit. Returns the seconds.
    fn parse_text(&self, text: &str) -> std::result::Result<u64, String> {
        let by_unit = |(unit, seconds)| Some((text.strip_suffix(unit)?, seconds));
        match UNITS.into_iter().find_map(by_unit) {
            Some((number, seconds)) if !number.is_empty() && number.bytes().all(|byte| byte.is_ascii_digit()) => {
                self.check_range(number.parse::<u64>().ok().and_then(|number| number.checked_mul(seconds)))
            }
            _ => Err(self.wrong_form(text)),
        }
    }

    /// The message about `text`, which is not a duration as it is written.
    fn wrong_form(&self, text: &str) -> String {
        let meant = guess(text).filter(|seconds| self.allowed_seconds.contains(seconds));
        let hint = match meant.and_then(with_longest_unit) {
            Some(meant) => format!("; did you mean `{}`?", (self.with_text)(&meant)),
            None => format!(", such as `{}`", (self.with_text)(self.text)),
        };
        format!(
            "a duration is an integer of seconds, or in quotes a number and one of the units `s`, `m`, `h`, `d`{hint}"
        )
    }

    fn check_range(&self, seconds: Option<u64>) -> std::result::Result<u64, String> {
        let allowed = seconds.filter(|seconds| self.allowed_seconds.contains(seconds));
        allowed.ok_or_else(|| self.out_of_range.to_owned())
    }
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

/// Writes `seconds` with the longest unit that divides them.
fn with_longest_unit(seconds: u64) -> Option<String> {
    let divides = |length: u64| seconds >= length && seconds.is_multiple_of(length);
    let (unit, length) = UNITS.into_iter().find(|(_, length)| divides(*length) || *length == 1)?;
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
            assert_eq!(AUTH_WITHIN.parse_text(text), Ok(expected), "{text}");
        }
    }

    #[test]
    fn duration_out_of_range_is_rejected() {
        let message = "a duration is at least 1 second and at most 1 year (31536000 seconds)";
        for text in ["0s", "0d", "366d", "31536001s", "18446744073709551616s", "213503982334602d"] {
            assert_eq!(AUTH_WITHIN.parse_text(text), Err(message.to_owned()), "{text}");
        }
        for digits in ["0", "-1", "31536001", "18446744073709551616"] {
            assert_eq!(AUTH_WITHIN.parse_integer(digits), Err(message.to_owned()), "{digits}");
        }
        assert_eq!((AUTH_WITHIN.parse_integer("1"), AUTH_WITHIN.parse_integer("31536000")), (Ok(1), Ok(31_536_000)));
    }

    #[test]
    fn active_within_is_at_most_a_minute() {
        for (text, expected) in [("0s", 0), ("0d", 0), ("10s", 10), ("60s", 60), ("1m", 60)] {
            assert_eq!(ACTIVE_WITHIN.parse_text(text), Ok(expected), "{text}");
        }
        assert_eq!((ACTIVE_WITHIN.parse_integer("0"), ACTIVE_WITHIN.parse_integer("60")), (Ok(0), Ok(60)));
        for digits in ["61", "-1", "18446744073709551616"] {
            assert_eq!(ACTIVE_WITHIN.parse_integer(digits), Err(ACTIVE_WITHIN.out_of_range.to_owned()), "{digits}");
        }
        for text in ["61s", "2m", "1h", "18446744073709551616s"] {
            assert_eq!(ACTIVE_WITHIN.parse_text(text), Err(ACTIVE_WITHIN.out_of_range.to_owned()), "{text}");
        }
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
            let message = AUTH_WITHIN.parse_text(text).expect_err(text);
            assert!(message.ends_with(&format!("; did you mean `auth_within(\"{meant}\")`?")), "{text}: {message}");
        }
        for text in [
            "", " ", "m", "300", "5", "-5m", "+5m", "1.5h", "5ms", "5mo", "1w", "m5", "1h30", "5٥m", "٥m", "5µs",
            "0 s", "366 days",
        ] {
            let message = AUTH_WITHIN.parse_text(text).expect_err(text);
            assert!(message.ends_with(", such as `auth_within(\"5m\")`"), "{text}: {message}");
        }
        let overflowing = ["18446744073709551616 s", "213503982334602 d", "18446744073709551615s 1s"];
        assert!(overflowing.iter().all(|text| AUTH_WITHIN.parse_text(text).is_err()));
    }
}
