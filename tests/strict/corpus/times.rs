//! Times at each bound, and one second inside and outside of it: RFC 7519 sections 4.1.4 to 4.1.6.

use super::{ACCEPTED, Case};
use crate::fixture::{Config, Fixture, NOW};

pub(crate) fn cases(fixture: &Fixture) -> Vec<Case> {
    let mut cases = Vec::new();
    for (config, leeway) in [(Config::NoLeeway, 0), (Config::Default, 60), (Config::LongLeeway, 300)] {
        // Valid while now < exp + leeway.
        for (distance, expected) in [(1, ACCEPTED), (0, "expired"), (-1, "expired")] {
            let exp = (NOW - leeway + distance).to_string();
            let token = fixture.with_claims(&[("exp", &exp)]);
            cases.push(
                Case::new(format!("exp {distance} s from its bound, leeway {leeway} s"), token, expected).to(config),
            );
        }
        // Valid while nbf, iat <= now + leeway.
        for claim in ["nbf", "iat"] {
            let early = format!("not_yet_valid {claim}");
            for (distance, expected) in [(-1, ACCEPTED), (0, ACCEPTED), (1, &early)] {
                let date = (NOW + leeway + distance).to_string();
                let token = fixture.with_claims(&[(claim, &date)]);
                let name = format!("{claim} {distance} s from its bound, leeway {leeway} s");
                cases.push(Case::new(name, token, expected).to(config));
            }
        }
        // Fractions of a second count.
        for (claim, date, expected) in [
            ("exp", format!("{}.001", NOW - leeway), ACCEPTED),
            ("exp", format!("{}.999", NOW - leeway - 1), "expired"),
            ("nbf", format!("{}.001", NOW + leeway), "not_yet_valid nbf"),
            ("iat", format!("{}.001", NOW + leeway), "not_yet_valid iat"),
        ] {
            let token = fixture.with_claims(&[(claim, &date)]);
            cases.push(Case::new(format!("{claim} {date}, leeway {leeway} s"), token, expected).to(config));
        }
    }
    let backwards = fixture.with_claims(&[("iat", &(NOW + 30).to_string()), ("exp", &(NOW + 10).to_string())]);
    cases.push(Case::new("issued after its expiry, both within the leeway", backwards, ACCEPTED));
    cases
}
