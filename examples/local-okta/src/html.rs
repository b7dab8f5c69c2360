//! HTML in which only our own templates are markup.

/// HTML. Only [`fill`] inserts text, and it escapes that text.
#[derive(Debug, Default, Clone)]
pub(crate) struct Html(String);

impl Html {
    pub(crate) fn into_string(self) -> String {
        self.0
    }
}

/// A value for a `{}` of a template.
pub(crate) trait Render {
    fn render(&self, out: &mut String);
}

impl Render for Html {
    fn render(&self, out: &mut String) {
        out.push_str(&self.0);
    }
}

impl Render for str {
    fn render(&self, out: &mut String) {
        for c in self.chars() {
            match c {
                '&' => out.push_str("&amp;"),
                '<' => out.push_str("&lt;"),
                '>' => out.push_str("&gt;"),
                '"' => out.push_str("&quot;"),
                '\'' => out.push_str("&#39;"),
                c => out.push(c),
            }
        }
    }
}

impl Render for String {
    fn render(&self, out: &mut String) {
        self.as_str().render(out);
    }
}

impl<T: Render + ?Sized> Render for &T {
    fn render(&self, out: &mut String) {
        (**self).render(out);
    }
}

impl<T: Render> Render for Option<T> {
    fn render(&self, out: &mut String) {
        self.iter().for_each(|value| value.render(out));
    }
}

impl<T: Render> Render for Vec<T> {
    fn render(&self, out: &mut String) {
        self.iter().for_each(|value| value.render(out));
    }
}

/// Replaces each `{}` of the template with the next value. Every value is escaped unless it is [`Html`].
pub(crate) fn fill(template: &'static str, values: &[&dyn Render]) -> Html {
    let mut out = String::with_capacity(template.len() * 2);
    let mut values = values.iter();
    let mut parts = template.split("{}");
    out.push_str(parts.next().unwrap_or_default());
    for part in parts {
        if let Some(value) = values.next() {
            value.render(&mut out);
        }
        out.push_str(part);
    }
    debug_assert!(values.next().is_none(), "more values than gaps: {template}");
    Html(out)
}

/// Our own markup, unchanged.
pub(crate) fn markup(text: &'static str) -> Html {
    Html(text.to_owned())
}

/// A boolean attribute, such as ` selected`, if `on`.
pub(crate) fn attribute(name: &'static str, on: bool) -> Html {
    if on { fill(" {}", &[&name]) } else { Html::default() }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_value_is_escaped() {
        let filled = fill("<p title=\"{}\">{}{}</p>", &[&"\"'><b>", &"<script>&".to_owned(), &markup("<br>")]);
        let expected = "<p title=\"&quot;&#39;&gt;&lt;b&gt;\">&lt;script&gt;&amp;<br></p>";
        assert_eq!(filled.into_string(), expected);
    }

    #[test]
    fn braces_in_a_value_are_not_a_placeholder() {
        assert_eq!(fill("{}-{}", &[&"{}", &"b"]).into_string(), "{}-b");
    }
}
