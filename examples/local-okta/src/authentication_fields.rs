//! The fields for what a token says about the sign-in, on the token page and on the sign-in page.

use crate::fields::Fields;
use crate::html::{Html, attribute, fill};

/// Okta's predefined values.
const ACR_VALUES: [&str; 6] = [
    "urn:okta:loa:1fa:any",
    "urn:okta:loa:1fa:pwd",
    "urn:okta:loa:2fa:any",
    "urn:okta:loa:2fa:any:ifpossible",
    "phr",
    "phrh",
];

/// The names of the fields.
pub(crate) const NAMES: [&str; 4] = ["acr", "amr", "auth_age", "actor"];

/// The values as the user typed them. An empty value keeps the default.
#[derive(Default)]
pub(crate) struct AuthenticationFields {
    pub(crate) acr: String,
    /// Separated by spaces.
    pub(crate) amr: String,
    /// Seconds.
    pub(crate) auth_age: String,
    pub(crate) actor: String,
}

impl AuthenticationFields {
    pub(crate) fn parse(fields: &Fields) -> Self {
        let [acr, amr, auth_age, actor] = NAMES.map(|name| fields.find(name).unwrap_or_default().to_owned());
        Self { acr, amr, auth_age, actor }
    }

    /// The inputs. The hints say what the token has if an input is empty, and what an actor is.
    pub(crate) fn inputs(&self, acr_hint: &'static str, actor_hint: &'static str) -> Html {
        let values: Vec<Html> = ACR_VALUES.iter().map(|acr| fill("<option value=\"{}\">\n", &[acr])).collect();
        let is_open = [&self.acr, &self.amr, &self.auth_age, &self.actor].iter().any(|value| !value.is_empty());
        fill(
            "<details id=\"authentication\"{}><summary>Authentication and actor</summary>\n\
             <label for=\"acr\">Authentication context: <code>acr</code></label>\n\
             <input id=\"acr\" name=\"acr\" value=\"{}\" list=\"acr-values\" placeholder=\"{}\" autocomplete=\"off\" \
             spellcheck=\"false\">\n<datalist id=\"acr-values\">\n{}</datalist>\n\
             <label for=\"amr\">Methods, separated by spaces: <code>amr</code></label>\n\
             <input id=\"amr\" name=\"amr\" value=\"{}\" placeholder=\"such as mfa otp pwd\" autocomplete=\"off\" \
             spellcheck=\"false\">\n\
             <label for=\"auth_age\">Seconds since the sign-in: <code>auth_time</code></label>\n\
             <input id=\"auth_age\" name=\"auth_age\" type=\"number\" min=\"0\" value=\"{}\" placeholder=\"0\">\n\
             <label for=\"actor\">Actor: <code>act</code></label>\n\
             <input id=\"actor\" name=\"actor\" value=\"{}\" placeholder=\"{}\" autocomplete=\"off\" \
             spellcheck=\"false\"></details>\n",
            &[
                &attribute("open", is_open),
                &self.acr,
                &acr_hint,
                &values,
                &self.amr,
                &self.auth_age,
                &self.actor,
                &actor_hint,
            ],
        )
    }
}
