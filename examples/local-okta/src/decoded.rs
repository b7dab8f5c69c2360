//! A decoded token as HTML.

use serde_json::Value;

use crate::html::{Html, fill};

/// A token without parts.
pub(crate) fn opaque(token: &str) -> Html {
    fill("<pre class=\"token\" id=\"jwt\" tabindex=\"0\" aria-label=\"The token\">{}</pre>\n", &[&token])
}

/// The three parts in different colors, and the header and the payload as JSON.
pub(crate) fn jwt(token: &str) -> Html {
    let mut parts = token.split('.');
    let mut part = || parts.next().unwrap_or_default();
    let (header, payload, signature) = (part(), part(), part());
    fill(
        "<pre class=\"token\" id=\"jwt\" tabindex=\"0\" aria-label=\"The token\"><span class=\"h\">{}</span>.\
         <span class=\"p\">{}</span>.<span class=\"s\">{}</span></pre>\n\
         <div class=\"halves\"><div><h3>Header</h3><pre class=\"h\" id=\"jwt-header\" tabindex=\"0\">{}</pre></div>\n\
         <div><h3>Claims</h3><pre class=\"p\" id=\"jwt-claims\" tabindex=\"0\">{}</pre></div></div>\n",
        &[&header, &payload, &signature, &json(header), &json(payload)],
    )
}

fn json(part: &str) -> String {
    let bytes = base64_simd::URL_SAFE_NO_PAD.decode_to_vec(part).unwrap_or_default();
    match serde_json::from_slice::<Value>(&bytes) {
        Ok(value) => format!("{value:#}"),
        Err(_) => String::from_utf8_lossy(&bytes).into_owned(),
    }
}
