//! The token page: signs a token with chosen claims, and shows it decoded, with the result of a validator.

use actix_web::{Error, HttpResponse, web};
use okta_auth::explain::{Check, Explanation, Verdict};
use okta_auth_testing::ProofKey;
use serde_json::{Value, json};

use crate::api_request::METHODS;
use crate::config::MAX_LIFETIME_SECONDS;
use crate::decoded;
use crate::defect;
use crate::fields::Fields;
use crate::html::{Html, attribute, fill, markup};
use crate::introspection;
use crate::page::{Tab, checkbox, option, page};
use crate::state::{AppState, StateSlot, app_state};
use crate::token_request::{TokenKind, TokenRequest};

/// OpenID Connect scopes that the form always offers.
const COMMON_SCOPES: [&str; 4] = ["openid", "profile", "email", "offline_access"];

pub(crate) async fn show(slot: web::Data<StateSlot>) -> Result<HttpResponse, Error> {
    let state = app_state(&slot)?;
    let aside = fill(
        "<h2>An app's environment</h2>\n<pre tabindex=\"0\">OKTA_ISSUER={}\nOKTA_CLIENT_ID={}\nOKTA_AUDIENCE={}\nOKTA_JWKS_URI={}</pre>\n{}\
         <p>Pick what the token says and sign it. To let an application do it, send people to \
         <code>{}/v1/authorize</code>.</p>\n",
        &[
            &state.okta.issuer(),
            &state.config.clients.iter().map(|client| client.id.as_str()).collect::<Vec<_>>().join(","),
            &state.okta.audience(),
            &state.okta.jwks_uri(),
            &introspection::variables(state).map(|variables| {
                fill(
                    "<p>For an app that introspects opaque tokens, also:</p>\n<pre id=\"introspection-environment\" tabindex=\"0\">{}</pre>\n",
                    &[&variables],
                )
            }),
            &state.okta.issuer(),
        ],
    );
    Ok(token_page(state, &TokenRequest::initial(state), &aside))
}

pub(crate) async fn sign(slot: web::Data<StateSlot>, body: web::Bytes) -> Result<HttpResponse, Error> {
    let state = app_state(&slot)?;
    let fields = Fields::parse(&body);
    let request = match TokenRequest::parse(state, &fields) {
        Ok(request) => request,
        Err(problem) => return Ok(problem_page(state, &problem)),
    };
    let (token, has_proof) = match fields.find("do") {
        Some("proof") => (fields.find("token").unwrap_or_default().to_owned(), true),
        Some("revoke") => (fields.find("token").unwrap_or_default().to_owned(), request.is_bound),
        _ => (request.sign(state), request.is_bound),
    };
    if !is_token(&token) {
        return Ok(problem_page(state, "The token has characters that no token has."));
    }
    if fields.find("do") == Some("revoke") {
        state.okta.revoke(&token);
    }
    let proof = has_proof.then(|| request.api.sign_proof(state, &token));
    let response = state.okta.introspect(&token);
    let (token_text, verdict, checks) = if token.contains('.') {
        let has_matching_proof = has_proof && is_bound_to(&state.proof_key, &token);
        let findings = Findings { explanation: state.validator.explain(&token).await, has_matching_proof };
        (decoded::jwt(&token), verdict(&findings), Some(checks(&findings)))
    } else {
        (decoded::opaque(&token), activity(&response), None)
    };
    let aside = fill(
        "<h2>The token</h2>\n<input type=\"hidden\" name=\"token\" value=\"{}\" form=\"request\">\n{}{}<h2>Try it</h2>\n\
         <pre class=\"curl\" id=\"curl\" tabindex=\"0\" aria-label=\"A curl line\">{}</pre>\n{}{}{}",
        &[
            &token,
            &verdict,
            &token_text,
            &request.api.curl_line(&token, proof.as_deref()),
            &has_proof.then(|| proof_form(&request)),
            &introspection::section(state, &token, &response),
            &checks,
        ],
    );
    Ok(token_page(state, &request, &aside))
}

fn problem_page(state: &AppState, problem: &str) -> HttpResponse {
    let alert = fill("<p class=\"alert\" role=\"alert\">{}</p>\n", &[&problem]);
    token_page(state, &TokenRequest::initial(state), &alert)
}

/// A `b64token` of RFC 6750 section 2.1. The signature of a token can be empty, or removed.
fn is_token(text: &str) -> bool {
    !text.is_empty() && text.bytes().all(|byte| byte.is_ascii_alphanumeric() || b"-._~+/=".contains(&byte))
}

/// The fields for another proof of the same token. They belong to the form of the token.
fn proof_form(request: &TokenRequest) -> Html {
    fill(
        "<p class=\"hint\">The line works once, for about two minutes. The API refuses the proof when it sees it again.</p>\n\
         <label for=\"nonce\">Nonce: the last <code>DPoP-Nonce</code> of the API, if it sent one</label>\n\
         <input id=\"nonce\" name=\"nonce\" value=\"{}\" form=\"request\" autocomplete=\"off\" spellcheck=\"false\">\n\
         <p class=\"actions\"><button name=\"do\" value=\"proof\" form=\"request\">New proof for this token</button></p>\n",
        &[&request.api.nonce.as_deref().unwrap_or_default()],
    )
}

fn token_page(state: &AppState, request: &TokenRequest, aside: &Html) -> HttpResponse {
    let main = fill(
        "<h1>Tokens</h1>\n<div class=\"columns\">\n{}\n<section id=\"token\" class=\"result\" aria-label=\"Result\">{}</section>\n</div>",
        &[&form(state, request), aside],
    );
    page(Tab::Token, "Tokens", &main)
}

fn form(state: &AppState, request: &TokenRequest) -> Html {
    let users = state.config.users.iter().map(|user| {
        let name = user.name.as_deref().map(|name| format!(" ({name})")).unwrap_or_default();
        let chosen = request.login.as_deref() == Some(&user.login);
        option(&user.login, &format!("{}{name}", user.login), chosen)
    });
    let mut users: Vec<Html> = users.collect();
    users.push(option("", "nobody: a service (client credentials)", request.login.is_none()));
    let clients: Vec<Html> =
        state.config.clients.iter().map(|client| option(&client.id, &client.id, client.id == request.client)).collect();
    let kinds = TokenKind::ALL.map(|kind| option(kind.name(), kind.label(), kind == request.kind)).to_vec();
    let methods: Vec<Html> =
        METHODS.iter().map(|method| option(method, method, *method == request.api.method)).collect();
    let offered: Vec<&str> = state.config.scopes.iter().map(String::as_str).chain(COMMON_SCOPES).collect();
    let scopes: Vec<Html> = offered
        .iter()
        .map(|scope| {
            let chosen = request.scopes.iter().any(|chosen| chosen == scope);
            checkbox("scope", scope, &fill("<code>{}</code>", &[scope]), chosen)
        })
        .collect();
    let more: Vec<&str> = request.scopes.iter().map(String::as_str).filter(|scope| !offered.contains(scope)).collect();
    let defects: Vec<Html> = defect::ALL
        .iter()
        .map(|defect| {
            let chosen = request.defects.iter().any(|chosen| chosen.name == defect.name);
            checkbox("defect", defect.name, &fill("{}", &[&defect.label]), chosen)
        })
        .collect();
    fill(
        "<form class=\"panel\" id=\"request\" method=\"post\" action=\"/#token\">\n\
         <label for=\"user\">User</label>\n<select id=\"user\" name=\"user\">\n{}</select>\n\
         <label for=\"client\">Client</label>\n<select id=\"client\" name=\"client\">\n{}</select>\n\
         <label for=\"kind\">Kind</label>\n<select id=\"kind\" name=\"kind\">\n{}</select>\n{}\
         <fieldset><legend>Scopes</legend>\n<div class=\"checks\">{}</div>\n\
         <label for=\"more_scopes\">Other scopes, separated by spaces</label>\n\
         <input id=\"more_scopes\" name=\"more_scopes\" value=\"{}\" autocomplete=\"off\" spellcheck=\"false\"></fieldset>\n\
         <label for=\"lifetime\">Lifetime in seconds</label>\n\
         <input id=\"lifetime\" name=\"lifetime\" type=\"number\" min=\"1\" max=\"{}\" value=\"{}\" required>\n{}\
         <details id=\"defects\"{}><summary>Defects</summary>\n<fieldset class=\"bare\"><legend class=\"hidden\">Defects</legend>{}</fieldset></details>\n\
         <label for=\"method\">Method of the call</label>\n<select id=\"method\" name=\"method\">\n{}</select>\n\
         <label for=\"api\">URL to call</label>\n<input id=\"api\" name=\"api\" type=\"url\" value=\"{}\" required>\n\
         <p class=\"actions\"><button class=\"primary\">Sign token</button></p>\n</form>",
        &[
            &users,
            &clients,
            &kinds,
            &checkbox("dpop", "yes", &markup("bound to a key (DPoP)"), request.is_bound),
            &scopes,
            &more.join(" "),
            &MAX_LIFETIME_SECONDS.to_string(),
            &request.lifetime.to_string(),
            &request.authentication.inputs("none", "a subject such as agent@example.com, or JSON"),
            &attribute("open", !request.defects.is_empty()),
            &defects,
            &methods,
            &request.api.url,
        ],
    )
}

/// The explanation of a token, and whether its proof can confirm it.
struct Findings {
    explanation: Explanation,
    /// Whether the token is bound to the key of the proof, and the curl line has a proof.
    has_matching_proof: bool,
}

impl Findings {
    /// The validator refuses bound tokens without a proof. The proof is right if it is by the key of the token.
    fn is_confirmed(&self, check: &Check) -> bool {
        self.has_matching_proof && check.name() == "cnf"
    }

    fn is_valid(&self) -> bool {
        let mut checks = self.explanation.checks().iter();
        checks.all(|check| matches!(check.verdict(), Verdict::Passed) || self.is_confirmed(check))
    }
}

/// Whether the token is bound to the key that makes the proofs, and to nothing else.
fn is_bound_to(key: &ProofKey, token: &str) -> bool {
    let payload = token.split('.').nth(1).unwrap_or_default();
    let payload = base64_simd::URL_SAFE_NO_PAD.decode_to_vec(payload).unwrap_or_default();
    let claims: Value = serde_json::from_slice(&payload).unwrap_or_default();
    claims["cnf"] == json!({ "jkt": key.thumbprint() })
}

/// The result in a sentence.
fn verdict(findings: &Findings) -> Html {
    let (class, sentence) = match (findings.is_valid(), findings.has_matching_proof) {
        (true, false) => ("verdict good", "This token is valid."),
        (true, true) => ("verdict good", "This token is valid with a proof of its key."),
        (false, _) => ("verdict bad", "This token is refused."),
    };
    fill("<p class=\"{}\" id=\"verdict\" role=\"status\">{}</p>\n", &[&class, &sentence])
}

/// The result for an opaque token, which no validator can validate without introspection.
fn activity(response: &Value) -> Html {
    let (class, sentence) = match introspection::is_active(response) {
        true => ("verdict good", "This token is active."),
        false => ("verdict bad", "This token is not active."),
    };
    fill("<p class=\"{}\" id=\"verdict\" role=\"status\">{}</p>\n", &[&class, &sentence])
}

/// Each check with its outcome, and advice for failed checks.
fn checks(findings: &Findings) -> Html {
    let rows: Vec<Html> = findings
        .explanation
        .checks()
        .iter()
        .map(|check| {
            let (class, outcome, why) = match check.verdict() {
                Verdict::Failed(_) if findings.is_confirmed(check) => ("ok", "✓ by the proof", String::new()),
                Verdict::Passed => ("ok", "✓ ok", String::new()),
                Verdict::Failed(error) => ("bad", "✗ failed", error.to_string()),
                _ => ("skipped", "– skipped", String::new()),
            };
            let why = (!why.is_empty()).then(|| fill("<br><span class=\"why\">{}</span>", &[&why]));
            fill(
                "<tr class=\"{}\"><th scope=\"row\">{}</th><td>{}</td><td>{}{}</td><td class=\"outcome\">{}</td></tr>\n",
                &[&class, &check.name(), &check.expected(), &check.found(), &why, &outcome],
            )
        })
        .collect();
    let advice = if findings.is_valid() { &[] } else { findings.explanation.advice() };
    let advice: Vec<Html> = advice.iter().map(|advice| fill("<li>{}</li>\n", &[advice])).collect();
    let advice = (!advice.is_empty()).then(|| fill("<h3>Advice</h3>\n<ul>\n{}</ul>\n", &[&advice]));
    fill(
        "<h2>What a validator says</h2>\n{}<div class=\"scroll\" tabindex=\"0\" role=\"region\" aria-label=\"Checks\"><table>\n\
         <thead><tr><th scope=\"col\">Check</th><th scope=\"col\">Expected</th><th scope=\"col\">Found</th>\
         <th scope=\"col\">Outcome</th></tr></thead>\n<tbody>\n{}</tbody></table></div>\n",
        &[&advice, &rows],
    )
}
