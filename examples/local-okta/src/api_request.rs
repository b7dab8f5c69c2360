//! The request to an API that a token is for, as a curl line.

use okta_auth_testing::ProofBuilder;

use crate::fields::Fields;
use crate::shell;
use crate::state::AppState;

/// The URL of `examples/server.rs`.
const DEFAULT_URL: &str = "http://127.0.0.1:8080/test";

/// The methods that the form offers, the default first.
pub(crate) const METHODS: [&str; 6] = ["GET", "HEAD", "POST", "PUT", "PATCH", "DELETE"];

/// A request to an API.
pub(crate) struct ApiRequest {
    pub(crate) method: &'static str,
    pub(crate) url: String,
    /// The value of `DPoP-Nonce` that the API sent.
    pub(crate) nonce: Option<String>,
}

impl Default for ApiRequest {
    fn default() -> Self {
        Self { method: METHODS[0], url: DEFAULT_URL.to_owned(), nonce: None }
    }
}

impl ApiRequest {
    /// # Errors
    ///
    /// A sentence that names the problem with the form.
    pub(crate) fn parse(fields: &Fields) -> Result<Self, String> {
        let method = fields.non_empty("method").unwrap_or(METHODS[0]);
        let known = METHODS.into_iter().find(|known| *known == method);
        let method = known.ok_or_else(|| format!("There is no method {method:?}."))?;
        let url = fields.non_empty("api").unwrap_or(DEFAULT_URL);
        let parsed = url::Url::parse(url).ok().filter(|url| matches!(url.scheme(), "http" | "https"));
        let url = parsed.ok_or_else(|| format!("{url:?} is no URL of an API."))?.to_string();
        let nonce = fields.non_empty("nonce").map(str::to_owned);
        match nonce {
            Some(nonce) if !is_nonce(&nonce) => Err(format!("{nonce:?} is not a nonce.")),
            nonce => Ok(Self { method, url, nonce }),
        }
    }

    /// A new proof of the key of the state, for this request with this token.
    pub(crate) fn sign_proof(&self, state: &AppState, token: &str) -> String {
        let proof = state.okta.proof(&state.proof_key).method(self.method).url(&self.url).access_token(token);
        self.nonce.iter().fold(proof, ProofBuilder::nonce).sign()
    }

    /// The curl line for a POSIX shell. With a proof, the token is sent in the scheme DPoP.
    pub(crate) fn curl_line(&self, token: &str, proof: Option<&str>) -> String {
        let mut line = "curl -i".to_owned();
        match self.method {
            "GET" => {}
            // With `--request HEAD`, curl waits for a body.
            "HEAD" => line.push_str(" --head"),
            method => line.push_str(&format!(" --request {method}")),
        }
        // curl expands brackets and braces in a URL.
        if self.url.contains(['[', ']', '{', '}']) {
            line.push_str(" --globoff");
        }
        let scheme = if proof.is_some() { "DPoP" } else { "Bearer" };
        let mut words = vec![self.url.clone(), format!("Authorization: {scheme} {token}")];
        words.extend(proof.map(|proof| format!("DPoP: {proof}")));
        line.push(' ');
        line.push_str(&words.iter().map(|word| shell::quote(word)).collect::<Vec<_>>().join(" \\\n  -H "));
        line
    }
}

/// The characters of RFC 9449 section 8.1.
fn is_nonce(text: &str) -> bool {
    !text.is_empty() && text.bytes().all(|byte| byte.is_ascii_graphic() && byte != b'"' && byte != b'\\')
}
