//! Every check of a token, one by one: what the validator decides, but told in full.

use std::borrow::Cow;
use std::fmt;

use super::{Trust, Validator};
use crate::access_token::{TypeRule, UncheckedHeader, UnverifiedClaims, unverified_issuer};
use crate::algorithm::Algorithm;
use crate::error::{Excerpt, KeyError, Segment, TokenError, ValidateError};
use crate::jose::Segments;

/// What [`Validator::explain`] found: every check with what was expected, what was found and the verdict.
///
/// Safe to log: it shows what a [`TokenError`] may show, never the token, its signature, `sub`, `uid` or another claim.
/// `Display` writes a table and the advice below it.
///
/// ```
/// use okta_auth_runtime::Validator;
///
/// # #[actix_web::main]
/// # async fn main() -> Result<(), Box<dyn std::error::Error>> {
/// let validator = Validator::builder()
///     .issuer("https://dev-123456.okta.com/oauth2/default")
///     .audience("api://default")
///     .any_client()
///     .jwks_uri("http://127.0.0.1:1/keys")
///     .build()?;
/// let explanation = validator.explain("not-a-token").await;
/// assert!(!explanation.is_valid());
/// assert!(explanation.to_string().contains("opaque"), "{explanation}");
/// # Ok(())
/// # }
/// ```
#[derive(Debug, Clone)]
pub struct Explanation {
    checks: Vec<Check>,
    advice: Vec<String>,
}

/// One check of an [`Explanation`].
#[derive(Debug, Clone)]
pub struct Check {
    name: &'static str,
    expected: String,
    found: String,
    verdict: Verdict,
}

/// What came of a [`Check`].
#[derive(Debug, Clone, PartialEq)]
#[non_exhaustive]
pub enum Verdict {
    /// The token follows the rule.
    Passed,
    /// It does not, or the keys can't be had.
    Failed(ValidateError),
    /// Not decided, since an earlier check failed.
    Skipped,
}

impl Check {
    /// What was checked: `shape`, `alg`, `signature`, the name of a claim.
    pub fn name(&self) -> &'static str {
        self.name
    }

    /// What it has to be.
    pub fn expected(&self) -> &str {
        &self.expected
    }

    /// What it is, as far as that may be shown.
    pub fn found(&self) -> &str {
        &self.found
    }

    /// What came of it.
    pub fn verdict(&self) -> &Verdict {
        &self.verdict
    }
}

impl Explanation {
    /// Whether every check passed: the token is valid.
    pub fn is_valid(&self) -> bool {
        self.checks.iter().all(|check| check.verdict == Verdict::Passed)
    }

    /// The checks, in the order in which the validator makes them: the error of the first that failed is what
    /// [`Validator::validate`] returns.
    pub fn checks(&self) -> &[Check] {
        &self.checks
    }

    /// What to do about what failed.
    pub fn advice(&self) -> &[String] {
        &self.advice
    }

    fn add<T>(
        &mut self,
        name: &'static str,
        expected: impl Into<String>,
        found: impl Into<String>,
        result: Result<T, impl Into<ValidateError>>,
    ) -> Option<T> {
        let (verdict, value) = match result {
            Ok(value) => (Verdict::Passed, Some(value)),
            Err(error) => (Verdict::Failed(error.into()), None),
        };
        self.checks.push(Check { name, expected: expected.into(), found: found.into(), verdict });
        value
    }

    fn skip(&mut self, names: &[&'static str]) {
        let skipped = |name: &&'static str| Check {
            name,
            expected: String::new(),
            found: String::new(),
            verdict: Verdict::Skipped,
        };
        self.checks.extend(names.iter().map(skipped));
    }
}

impl fmt::Display for Explanation {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let width =
            |of: fn(&Check) -> &str| self.checks.iter().map(|check| of(check).chars().count()).max().unwrap_or(0);
        let (name, expected) = (width(|check| check.name).max(5), width(|check| &check.expected).max(8));
        writeln!(f, "        {:name$}  {:expected$}  found", "check", "expected")?;
        for check in &self.checks {
            let verdict = match check.verdict {
                Verdict::Passed => "ok",
                Verdict::Failed(_) => "FAILED",
                Verdict::Skipped => "-",
            };
            writeln!(f, "{verdict:6}  {:name$}  {:expected$}  {}", check.name, check.expected, check.found)?;
        }
        for check in &self.checks {
            if let Verdict::Failed(error) = &check.verdict {
                writeln!(f, "\n{}: {error}", check.name)?;
            }
        }
        for advice in &self.advice {
            writeln!(f, "\nAdvice: {advice}")?;
        }
        writeln!(f, "\nThe token is {}valid here.", if self.is_valid() { "" } else { "NOT " })
    }
}

const HEADER: [&str; 4] = ["extensions", "typ", "alg", "kid"];
const CLAIMS: [&str; 9] = ["cnf", "aud", "exp", "nbf, iat", "sub", "user ID", "scopes", "groups", "client"];

impl Validator {
    /// Explains what becomes of a token: every check, not only the first that fails, with advice.
    ///
    /// For people who look for a cause; handlers call [`validate`](Self::validate). Uses the same keys and may wait for a
    /// fetch as that does. The verified-token cache is not asked. White space around the token is forgiven: people paste it.
    pub async fn explain(&self, token: &str) -> Explanation {
        let mut report = Explanation { checks: Vec::new(), advice: Vec::new() };
        let token = token.trim();
        let split = Segments::split(token.as_bytes()).and_then(|segments| Ok((segments, segments.header_text()?)));
        let Some((segments, header)) = report.add("shape", "three segments of base64url", shape(token), split) else {
            report.skip(&HEADER);
            report.skip(&["iss", "signature"]);
            report.skip(&CLAIMS);
            report.advice.extend(advice_on_shape(token));
            return report;
        };
        let decoded = segments.payload_text().and_then(|payload| Ok((payload, segments.signature()?)));
        let rule = decoded.as_ref().ok().and_then(|(payload, _)| Some(self.trust(payload).ok()?.type_rule));
        let header = explain_header(self, &header, rule.unwrap_or_default(), &mut report);
        let (payload, signature) = match decoded {
            Ok(decoded) => decoded,
            Err(error) => {
                report.add("encoding", "base64url", "", Err::<(), _>(error));
                report.skip(&["iss", "signature"]);
                report.skip(&CLAIMS);
                report.advice.extend(advice_on_shape(token));
                return report;
            }
        };
        self.explain_payload(header, &payload, (segments.signing_input, &signature), &mut report).await;
        advise(self, &payload, &mut report);
        report
    }

    async fn explain_payload(
        &self,
        header: Readable<'_>,
        payload: &str,
        (signing_input, signature): (&[u8], &[u8]),
        report: &mut Explanation,
    ) {
        // If it is clear which issuer is meant, all claims are read before `iss` is looked at, otherwise afterwards.
        let only = self.only_issuer();
        let claims = only.map(|trust| read_claims(trust, payload, report));
        let found = unverified_issuer(payload).map(|issuer| Excerpt::new(&issuer).to_string());
        let trusted = report.add("iss", self.issuers().to_string(), found.unwrap_or_default(), self.trusted(payload));
        // What else is wrong can be told only if it is clear which issuer was meant.
        let Some(trust) = trusted.or(only) else {
            report.skip(&["signature"]);
            return report.skip(&CLAIMS);
        };
        let claims = claims.unwrap_or_else(|| read_claims(trust, payload, report));
        if let Some(result) = header.type_of_profile {
            report.add("typ", trust.type_rule.expected(), header.found_type, result);
        }
        match (trusted, header.algorithm, header.key_id) {
            (Some(trust), Some(algorithm), Some(key_id)) => {
                let verified = trust.key(&key_id, algorithm, self.now()).await.and_then(|key| {
                    let wrong = |_| TokenError::BadSignature { kid: Excerpt::new(&key_id) }.into();
                    key.verify(signing_input, signature).map_err(wrong)
                });
                report.add("signature", "of a key of the issuer", "", verified);
            }
            _ => report.skip(&["signature"]),
        }
        match claims {
            Some(claims) => explain_claims(self, trust, &claims, payload, report),
            None => report.skip(&CLAIMS),
        }
    }
}

/// What of a header goes on to the checks behind it.
struct Readable<'h> {
    algorithm: Option<Algorithm>,
    key_id: Option<Cow<'h, str>>,
    found_type: String,
    /// Whether the type is that of the profile, if that is told after the issuer.
    type_of_profile: Option<Result<(), TokenError>>,
}

/// The rules of the header. That a profile wants one `typ` alone is known only with the issuer, so it is looked at then.
fn explain_header<'h>(
    validator: &Validator,
    header: &'h str,
    rule: TypeRule,
    report: &mut Explanation,
) -> Readable<'h> {
    let mut readable = Readable { algorithm: None, key_id: None, found_type: String::new(), type_of_profile: None };
    let header = match UncheckedHeader::parse(header) {
        Ok(header) => header,
        Err(error) => {
            report.add("header", "a JSON object without duplicates", "", Err::<(), _>(error));
            report.skip(&HEADER);
            return readable;
        }
    };
    report.add("extensions", "no crit, b64, zip, enc", "", header.plain());
    readable.found_type = header.found_type().map_or_else(Excerpt::none, |found| Excerpt::new(&found)).to_string();
    let lenient = header.token_type(TypeRule::Lenient);
    if rule == TypeRule::Lenient || lenient.is_err() {
        report.add("typ", rule.expected(), readable.found_type.clone(), lenient);
    } else {
        readable.type_of_profile = Some(header.token_type(rule).map(drop));
    }
    let allowed = validator.algorithms();
    let expected = Excerpt::list(allowed.iter().map(|allowed| allowed.name())).to_string();
    let found = header.algorithm(Algorithm::ALL.as_slice());
    readable.algorithm = report.add("alg", expected, shown(found), header.algorithm(allowed));
    let found = header.key_id().map_or_else(|_| Excerpt::none(), |found| Excerpt::new(&found));
    readable.key_id = report.add("kid", "a key ID", found.to_string(), header.key_id());
    readable
}

fn read_claims<'p>(trust: &'p Trust, payload: &'p str, report: &mut Explanation) -> Option<UnverifiedClaims<'p>> {
    match UnverifiedClaims::parse(payload, &trust.expected.names) {
        Ok(claims) => Some(claims),
        Err(error) => report.add("claims", "a JSON object without duplicates", "", Err(error)),
    }
}

/// The claims, whether the signature is good or not: so far nothing is let in.
fn explain_claims(
    validator: &Validator,
    trust: &Trust,
    claims: &UnverifiedClaims<'_>,
    payload: &str,
    report: &mut Explanation,
) {
    let expected = &trust.expected;
    let now = validator.now();
    let list = |list: &[Box<str>]| Excerpt::list(list).to_string();
    let leeway = format!("leeway {} s", expected.leeway.as_secs_f64());
    let found = |present: bool| if present { "present" } else { "none" };
    let clients = expected.clients.as_deref().map_or_else(|| "any client".to_owned(), list);
    let audiences = claims.audiences().map(Excerpt::list);
    let client = claims.client_found().ok().flatten().map_or_else(Excerpt::none, |client| Excerpt::new(&client));
    report.add("cnf", "none", found(claims.bearer().is_err()), claims.bearer());
    report.add("aud", list(&expected.audiences), shown(audiences), claims.meant_for(expected));
    report.add("exp", format!("in the future, {leeway}"), claims.times(now), claims.not_expired(expected, now));
    report.add("nbf, iat", format!("in the past, {leeway}"), "", claims.already_valid(expected, now));
    report.add("sub", "not empty", found(claims.subject().is_ok()), claims.subject());
    report.add("user ID", "optional", found(matches!(claims.user_id(), Ok(Some(_)))), claims.user_id());
    let scopes = claims.scopes().map(|scopes| Excerpt::list(scopes.iter().map(|scope| scope.of(payload))));
    report.add("scopes", "optional", shown(scopes), claims.scopes());
    let groups = claims.groups().map(|groups| format!("{} of them", groups.len()));
    report.add("groups", "optional", groups.unwrap_or_default(), claims.groups());
    report.add("client", clients, client.to_string(), claims.client(expected));
}

fn shown<T: ToString>(found: Result<T, TokenError>) -> String {
    match found {
        Ok(found) => found.to_string(),
        Err(TokenError::AlgorithmNotAllowed { found, .. }) => found.to_string(),
        Err(_) => String::new(),
    }
}

fn shape(token: &str) -> String {
    let segments = if token.is_empty() { 0 } else { token.split('.').count() };
    format!("{segments} segments, {} bytes", token.len())
}

fn advice_on_shape(token: &str) -> Option<String> {
    let advice = if token.is_empty() {
        "There is no token: give it on standard input."
    } else if token.get(..7).is_some_and(|prefix| prefix.eq_ignore_ascii_case("Bearer ")) {
        "Leave \"Bearer\" out: only the token itself is expected here."
    } else if token.starts_with("eyJ") && token.split('.').count() == 5 {
        "This is an encrypted token (JWE): Okta's access tokens are signed, not encrypted."
    } else if token.starts_with("eyJ") {
        "This begins like a JWT. Was it cut, or broken into lines?"
    } else {
        "This is an opaque string, no JWT: a refresh token, an API token (SSWS), or an access token of a server that \
         does not issue JWTs. Send an access token of a custom authorization server."
    };
    Some(advice.to_owned())
}

/// What people get wrong with Okta, told from the checks that failed.
fn advise(validator: &Validator, payload: &str, report: &mut Explanation) {
    let failures: Vec<(&'static str, ValidateError)> = report
        .checks
        .iter()
        .filter_map(|check| match &check.verdict {
            Verdict::Failed(error) => Some((check.name, error.clone())),
            _ => None,
        })
        .collect();
    let id_token = !failures.is_empty() && looks_like_id_token(payload);
    if id_token {
        report.advice.push(
            "This looks like an ID token, which tells the client who signed in. APIs want the access token: send \
             `access_token` of the token response, not `id_token`."
                .into(),
        );
    }
    for (name, error) in failures {
        let advice = match error {
            ValidateError::Keys(error) => Some(advice_on_keys(&error)),
            ValidateError::Token(error) => advice_on(name, &error, id_token, payload, validator),
        };
        report.advice.extend(advice);
    }
    // What is no JSON is refused by more than one check.
    report.advice.dedup();
}

fn advice_on(name: &str, error: &TokenError, id_token: bool, payload: &str, validator: &Validator) -> Option<String> {
    Some(match error {
        TokenError::IssuerNotAllowed { found, .. } => {
            let issuer = unverified_issuer(payload).unwrap_or_default();
            if is_org_authorization_server(&issuer) {
                format!(
                    "{found} is the org authorization server, whose access tokens only Okta can validate. Let the \
                     client ask a custom one, such as {}, and set OKTA_ISSUER to it.",
                    Excerpt::new(&format!("{}/oauth2/default", issuer.trim_end_matches('/')))
                )
            } else if validator.has_issuer_on_host_of(&issuer) {
                "The token is of another authorization server of the same organization: compare the issuer that the \
                 client asks with OKTA_ISSUER."
                    .into()
            } else {
                "The token is of another authorization server: compare its issuer with OKTA_ISSUER, to the letter."
                    .into()
            }
        }
        TokenError::AudienceNotAllowed { .. } if !id_token => {
            "The token is for another audience: it is set in the authorization server (Security > API) and has to be in \
             OKTA_AUDIENCE."
                .into()
        }
        TokenError::ClientNotAllowed { .. } if !id_token => {
            "Add the client to OKTA_CLIENT_ID (several are separated by commas), or allow any with `.any_client()`.".into()
        }
        TokenError::Expired { ago, leeway } if ago.as_secs() < 300 => format!(
            "The token expired only {} s ago, leeway {} s: is the clock of this machine right?",
            ago.as_secs_f64(),
            leeway.as_secs_f64()
        ),
        TokenError::Expired { .. } => "The token is old: let the client refresh it.".into(),
        TokenError::NotYetValid { .. } => "The token is from the future: is the clock of this machine right?".into(),
        TokenError::UnknownKey { .. } => {
            "The issuer has no such key (any more): the token is of another server, or older than the last key rotation."
                .into()
        }
        TokenError::BadSignature { .. } => "The token was changed after it was signed, or signed by someone else.".into(),
        TokenError::AlgorithmNotAllowed { .. } if name == "alg" => {
            "Okta signs access tokens with RS256. Allow another algorithm only if the issuer signs with it.".into()
        }
        TokenError::TypeNotAllowed { .. } => "The token is of another kind than an access token.".into(),
        TokenError::BoundToKey => "The token was issued for DPoP or mTLS: let the client ask for a Bearer token.".into(),
        TokenError::NotJsonObject { segment: Segment::Header | Segment::Payload, .. } => {
            "The token is damaged, or no JWT.".into()
        }
        _ => return None,
    })
}

fn advice_on_keys(error: &KeyError) -> String {
    format!("Nothing can be said about the signature: {error}. Check OKTA_ISSUER, OKTA_JWKS_URI and the network.")
}

/// ID tokens are for the client itself and have none of an access token's claims.
/// <https://developer.okta.com/docs/api/openapi/okta-oauth/guides/overview/#id-token>
fn looks_like_id_token(payload: &str) -> bool {
    let claims: serde_json::Value = serde_json::from_str(payload).unwrap_or_default();
    let has = |name: &str| claims.get(name).is_some();
    !has("scp") && !has("scope") && !has("cid") && (has("nonce") || has("at_hash") || has("amr") || has("idp"))
}

/// On Okta's domains an issuer without a path.
fn is_org_authorization_server(issuer: &str) -> bool {
    use crate::config::is_okta_domain;
    url::Url::parse(issuer).is_ok_and(|url| url.path() == "/" && url.host_str().is_some_and(is_okta_domain))
}
