//! Members of headers and payloads: their names, and values that fit or do not.

use serde_json::{Value, json};

use super::readers::Readers;

/// Members that some reader reads, and some that none reads.
pub(super) const HEADER: [&str; 14] =
    ["alg", "kid", "typ", "crit", "b64", "zip", "enc", "jwk", "jku", "x5u", "x5c", "x5t", "cty", "x"];
pub(super) const CLAIMS: [&str; 13] =
    ["iss", "sub", "aud", "exp", "nbf", "iat", "cid", "uid", "scp", "groups", "cnf", "x", "jti"];

impl Readers {
    /// The members of a good token's header and payload, as names and JSON text. Dates are relative to now.
    pub(super) fn good(&self) -> [Vec<(String, String)>; 2] {
        let members = |list: &[(&str, Value)]| list.iter().map(|(name, v)| ((*name).into(), v.to_string())).collect();
        let mut claims: Vec<(String, String)> = members(&[
            ("iss", json!(self.okta.issuer())),
            ("aud", json!(self.okta.audience())),
            ("sub", json!("alice")),
            ("cid", json!(self.okta.client_id())),
            ("uid", json!("00u1")),
            ("scp", json!(["openid"])),
        ]);
        claims.extend([("iat".into(), "@-10".into()), ("exp".into(), "@3600".into())]);
        let alg = format!("{:?}", self.algorithm);
        [members(&[("kid", json!(self.okta.signing_key().kid())), ("alg", json!(alg))]), claims]
    }

    /// A value that keeps the token good, if there is one.
    pub(super) fn fitting(&self, part: usize, name: &str) -> String {
        let good = &self.good()[part];
        if let Some((_, value)) = good.iter().find(|(known, _)| known == name) {
            return value.clone();
        }
        match name {
            "typ" => r#""at+jwt""#.into(),
            "jwk" => self.attacker.jwk().to_string(),
            "nbf" => "@-10".into(),
            "b64" => "true".into(),
            "groups" | "x5c" => r#"["AA"]"#.into(),
            _ => r#""AA""#.into(),
        }
    }

    /// The strings that some member requires, and similar ones.
    pub(super) fn names(&self) -> Vec<String> {
        let (okta, key) = (&self.okta, self.okta.signing_key());
        let ours = [okta.issuer(), okta.audience(), okta.client_id(), key.kid(), self.attacker.kid(), "alice", ""];
        let others =
            ["RS256", "PS256", "ES256", "HS256", "none", "JWT", "at+jwt", "id+jwt", "application/jwt", "b64", "DEF"];
        ours.iter().chain(&others).map(|text| json!(text).to_string()).collect()
    }

    /// Values that are valid for some member, and many that are not. Every date is at least 30 seconds away from a
    /// bound, because time passes during the test. The corpus has the cases at the bounds.
    pub(super) fn values(&self) -> Vec<String> {
        let mut values: Vec<String> = self.names().into_iter().flat_map(|name| [format!("[{name}]"), name]).collect();
        let odd = [
            "null",
            "true",
            "false",
            "0",
            "-1",
            "1.5",
            "1e300",
            "1e999",
            "-0",
            "18446744073709551616",
            "[]",
            "{}",
            "[1]",
            "[\"a\",1]",
            "{\"a\":[null]}",
            // These are not JSON.
            "01",
            "+1",
            "1.",
            ".5",
            "0x10",
            "NaN",
            "'a'",
            "tru",
            "",
            "\"\\x\"",
            "\"\t\"",
        ];
        values.extend(odd.map(str::to_owned));
        values.push(json!([self.okta.audience(), "api://other"]).to_string());
        values.extend(dates());
        values.push(r#""\u0061lice""#.into());
        values.push(r#"" openid  orders:read ""#.into());
        values.push(r#"["openid orders:read",""]"#.into());
        values.push(r#""\ud800""#.into());
        values.push(r#"["\ud83d\ude00","\ude00"]"#.into());
        values.push("[".repeat(200) + &"]".repeat(200));
        values.push(json!("x".repeat(6_500)).to_string());
        values
    }
}

/// Dates on both sides of each reader's leeway, as an integer, as a float, and as an array.
pub(super) fn dates() -> Vec<String> {
    let forms = |date| [format!("@{date}"), format!("@{date}.5"), format!("[@{date}]")];
    ["-7200", "-200", "-30", "30", "200", "7200"].into_iter().flat_map(forms).collect()
}

/// The JSON text of these members. `@-30` is the date 30 seconds ago as an integer, `@-30.5` as a float.
pub(super) fn text(members: &[(String, String)], now: f64) -> Vec<u8> {
    let date = |from_now: &str| {
        let date = now.floor() + from_now.parse::<f64>().expect("seconds from now");
        if from_now.contains('.') { format!("{date:.1}") } else { format!("{date:.0}") }
    };
    let dated = |value: &str| match (value.strip_prefix('@'), value.strip_prefix("[@")) {
        (Some(from_now), _) => date(from_now),
        (_, Some(from_now)) => format!("[{}]", date(from_now.trim_end_matches(']'))),
        _ => value.to_owned(),
    };
    let members: Vec<_> = members.iter().map(|(name, value)| format!("\"{name}\":{}", dated(value))).collect();
    format!("{{{}}}", members.join(",")).into_bytes()
}
