//! JSON exactly as in RFC 8259: slow, of any depth, and independent of `serde_json`.

/// A JSON value. A number beyond 64-bit floats is infinite. A string with a lone surrogate is `None`.
#[derive(Debug, Clone, PartialEq)]
pub(super) enum Json {
    Null,
    Bool(bool),
    Number(f64),
    Text(Option<String>),
    List(Vec<Json>),
    Object(Vec<(Option<String>, Json)>),
}

impl Json {
    pub(super) fn text(&self) -> Option<&str> {
        if let Self::Text(text) = self { text.as_deref() } else { None }
    }

    /// The items of an array of strings.
    pub(super) fn texts(&self) -> Option<Vec<&str>> {
        if let Self::List(items) = self { items.iter().map(Self::text).collect() } else { None }
    }

    pub(super) fn finite(&self) -> Option<f64> {
        if let Self::Number(number) = self { Some(*number).filter(|number| number.is_finite()) } else { None }
    }
}

/// The members of an object in their order, duplicates included. `None` if the text is not an object.
pub(super) fn object(bytes: &[u8]) -> Option<Vec<(String, Json)>> {
    let mut reader = Reader { rest: std::str::from_utf8(bytes).ok()? };
    let value = reader.value()?;
    reader.space();
    let Json::Object(members) = value else { return None };
    if !reader.rest.is_empty() {
        return None;
    }
    members.into_iter().map(|(name, value)| Some((name?, value))).collect()
}

struct Reader<'j> {
    rest: &'j str,
}

impl Reader<'_> {
    fn space(&mut self) {
        self.rest = self.rest.trim_start_matches([' ', '\t', '\n', '\r']);
    }

    /// Consumes this text if it comes next.
    fn takes(&mut self, text: &str) -> bool {
        let rest = self.rest.strip_prefix(text);
        self.rest = rest.unwrap_or(self.rest);
        rest.is_some()
    }

    fn letter(&mut self) -> Option<char> {
        let letter = self.rest.chars().next()?;
        self.rest = &self.rest[letter.len_utf8()..];
        Some(letter)
    }

    fn value(&mut self) -> Option<Json> {
        self.space();
        for (word, value) in [("null", Json::Null), ("true", Json::Bool(true)), ("false", Json::Bool(false))] {
            if self.takes(word) {
                return Some(value);
            }
        }
        if self.takes("[") {
            return self.items("]", Self::value).map(Json::List);
        }
        if self.takes("{") {
            return self.items("}", Self::member).map(Json::Object);
        }
        if self.takes("\"") { self.string().map(Json::Text) } else { self.number().map(Json::Number) }
    }

    fn items<T>(&mut self, end: &str, mut item: impl FnMut(&mut Self) -> Option<T>) -> Option<Vec<T>> {
        let mut items = Vec::new();
        self.space();
        if self.takes(end) {
            return Some(items);
        }
        loop {
            items.push(item(self)?);
            self.space();
            if self.takes(end) {
                return Some(items);
            }
            if !self.takes(",") {
                return None;
            }
        }
    }

    fn member(&mut self) -> Option<(Option<String>, Json)> {
        self.space();
        let name = if self.takes("\"") { self.string()? } else { return None };
        self.space();
        if self.takes(":") { Some((name, self.value()?)) } else { None }
    }

    /// The rest of a string after its opening quote. Collects UTF-16, so that escaped surrogates form pairs.
    fn string(&mut self) -> Option<Option<String>> {
        let mut units: Vec<u16> = Vec::new();
        loop {
            let letter = match self.letter()? {
                '"' => return Some(String::from_utf16(&units).ok()),
                '\\' => match self.letter()? {
                    'u' => {
                        let digits =
                            self.rest.get(..4).filter(|digits| digits.chars().all(|d| d.is_ascii_hexdigit()))?;
                        self.rest = &self.rest[4..];
                        units.push(u16::from_str_radix(digits, 16).ok()?);
                        continue;
                    }
                    'b' => '\u{8}',
                    'f' => '\u{c}',
                    'n' => '\n',
                    'r' => '\r',
                    't' => '\t',
                    itself @ ('"' | '\\' | '/') => itself,
                    _ => return None,
                },
                control if control < ' ' => return None,
                letter => letter,
            };
            units.extend(letter.encode_utf16(&mut [0; 2]).iter());
        }
    }

    fn number(&mut self) -> Option<f64> {
        let start = self.rest;
        self.takes("-");
        if !self.takes("0") {
            self.digits()?;
        }
        if self.takes(".") {
            self.digits()?;
        }
        if self.takes("e") || self.takes("E") {
            let _ = self.takes("+") || self.takes("-");
            self.digits()?;
        }
        start[..start.len() - self.rest.len()].parse().ok()
    }

    fn digits(&mut self) -> Option<()> {
        let rest = self.rest.trim_start_matches(|letter: char| letter.is_ascii_digit());
        let some = rest.len() < self.rest.len();
        self.rest = rest;
        some.then_some(())
    }
}
