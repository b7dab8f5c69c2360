//! The arguments of a requirement: the parameters and the parser.

use proc_macro2::extra::DelimSpan;
use proc_macro2::{Literal, TokenStream, TokenTree};
use quote::ToTokens;
use syn::parse::ParseStream;
use syn::{Error, ExprPath, Lit, LitBool, LitInt, LitStr, Result, Token};

use crate::diagnostic::SpanRange;
use crate::duration::DurationForm;
use crate::literal::{check_no_suffix, parse_literal, rest_of_argument, signed};
use crate::text_rules::{TextRule, check_claim_name, check_not_empty};

/// The limit of tokens in a path. Types nest in a path without parentheses, as in `<<<A>::B>::C>::d`, and syn parses
/// them by recursion.
const MAX_PATH_TOKENS: usize = 128;

/// The arguments that a requirement takes.
pub(crate) enum Parameters {
    Nothing,
    /// One string literal that meets the rule.
    Text(TextRule),
    ClaimAndValue,
    /// Seconds as an integer literal, or a string literal with a unit.
    Duration(&'static DurationForm),
    /// The path of a function.
    Function,
}

/// An argument of a requirement.
pub(crate) enum Argument {
    Text(LitStr),
    Value(ClaimValue),
    /// An integer literal without a suffix. Its span is that of the duration as it is written.
    Seconds(Literal),
    Function(ExprPath),
}

/// The value that a claim is compared with.
pub(crate) enum ClaimValue {
    Text(LitStr),
    Integer(Option<Token![-]>, LitInt),
    Boolean(LitBool),
}

impl std::fmt::Display for Argument {
    /// Equal arguments have the same text, even if their literals differ, as `0x1` and `1` do.
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        match self {
            Self::Text(text) | Self::Value(ClaimValue::Text(text)) => write!(f, "{:?}", text.value()),
            Self::Value(ClaimValue::Integer(minus, digits)) => f.write_str(&signed(*minus, digits).0),
            Self::Value(ClaimValue::Boolean(value)) => write!(f, "{}", value.value),
            Self::Seconds(seconds) => write!(f, "{seconds}"),
            Self::Function(path) => f.write_str(&path.to_token_stream().to_string().replace(' ', "")),
        }
    }
}

impl ToTokens for Argument {
    fn to_tokens(&self, tokens: &mut TokenStream) {
        match self {
            Self::Text(text) | Self::Value(ClaimValue::Text(text)) => text.to_tokens(tokens),
            Self::Value(ClaimValue::Integer(minus, digits)) => {
                minus.to_tokens(tokens);
                digits.to_tokens(tokens);
            }
            Self::Value(ClaimValue::Boolean(value)) => value.to_tokens(tokens),
            Self::Seconds(seconds) => seconds.to_tokens(tokens),
            Self::Function(path) => path.to_tokens(tokens),
        }
    }
}

/// Parses the arguments between the parentheses of a requirement.
pub(crate) struct RequirementArgsParser<'a> {
    pub(crate) input: ParseStream<'a>,
    pub(crate) parentheses: DelimSpan,
    pub(crate) parameters: &'a Parameters,
    /// The name of the requirement, for messages.
    pub(crate) name: &'a str,
    /// An example of the requirement, for messages.
    pub(crate) example: &'a str,
}

impl RequirementArgsParser<'_> {
    pub(crate) fn parse(&self) -> Result<Vec<Argument>> {
        let arguments = match self.parameters {
            Parameters::Nothing => Vec::new(),
            Parameters::Text(rule) => vec![Argument::Text(self.text(*rule)?)],
            Parameters::ClaimAndValue => {
                let name = Argument::Text(self.text(check_claim_name)?);
                self.comma()?;
                vec![name, Argument::Value(self.value()?)]
            }
            Parameters::Duration(form) => vec![Argument::Seconds(self.seconds(form)?)],
            Parameters::Function => vec![Argument::Function(self.function()?)],
        };
        self.check_end()?;
        Ok(arguments)
    }

    /// A string literal that meets `rule`.
    fn text(&self, rule: TextRule) -> Result<LitStr> {
        self.check_present()?;
        let text = match parse_literal(self.input)? {
            Some(Lit::Str(text)) => text,
            Some(other) => return Err(self.wrong(other, "a string literal")),
            None => return Err(self.wrong(rest_of_argument(self.input), "a string literal")),
        };
        check_no_suffix(&text, text.suffix())?;
        rule(&text.value()).map_err(|message| Error::new_spanned(&text, message))?;
        Ok(text)
    }

    /// The value of a claim: a string, an integer or a bool.
    fn value(&self) -> Result<ClaimValue> {
        const KINDS: &str = "a string, an integer or a bool";
        self.check_present()?;
        let minus: Option<Token![-]> = self.input.parse()?;
        match (minus, parse_literal(self.input)?) {
            (None, Some(Lit::Str(text))) => {
                check_no_suffix(&text, text.suffix())?;
                check_not_empty(&text.value()).map_err(|message| Error::new_spanned(&text, message))?;
                Ok(ClaimValue::Text(text))
            }
            (None, Some(Lit::Bool(value))) => Ok(ClaimValue::Boolean(value)),
            (minus, Some(Lit::Int(digits))) => {
                check_no_suffix(&digits, digits.suffix())?;
                let (text, span_range) = signed(minus, &digits);
                if text.parse::<i64>().is_err() {
                    return Err(Error::new_spanned(span_range, "the integer of a claim has to fit into an `i64`"));
                }
                Ok(ClaimValue::Integer(minus, digits))
            }
            (_, Some(Lit::Float(float))) => Err(Error::new_spanned(
                float,
                "a claim is compared with a string, an integer or a bool: a fraction has no exact form, use `check(..)`",
            )),
            (_, Some(other)) => Err(self.wrong(other, KINDS)),
            (_, None) => Err(self.wrong(rest_of_argument(self.input), KINDS)),
        }
    }

    /// The seconds of an integer or of a string with a unit.
    fn seconds(&self, form: &DurationForm) -> Result<Literal> {
        self.check_present()?;
        let (seconds, span_range) = form.parse(self.input)?;
        let mut literal = Literal::u64_unsuffixed(seconds);
        literal.set_span(span_range.end());
        Ok(literal)
    }

    /// The path of a function.
    fn function(&self) -> Result<ExprPath> {
        const FUNCTION: &str = "the path of a function `fn(&AuthContext, &HttpRequest) -> bool`";
        self.check_present()?;
        if self.input.peek(Token![|]) || self.input.peek(Token![||]) || self.input.peek(Token![move]) {
            return Err(self.wrong(rest_of_argument(self.input), &format!("{FUNCTION}, not a closure: give it a name")));
        }
        let first = rest_of_argument(self.input);
        if is_longer(self.input.cursor().token_stream(), MAX_PATH_TOKENS) {
            return Err(self.wrong(first, &format!("{FUNCTION} of at most {MAX_PATH_TOKENS} tokens")));
        }
        self.input.parse::<ExprPath>().map_err(|_| self.wrong(first, FUNCTION))
    }

    fn comma(&self) -> Result<()> {
        self.check_present()?;
        self.input.parse::<Token![,]>().map(drop).map_err(|_| self.wrong(rest_of_argument(self.input), "a comma here"))
    }

    /// Fails if tokens are left. A trailing comma is allowed after an argument.
    fn check_end(&self) -> Result<()> {
        if !matches!(self.parameters, Parameters::Nothing) {
            self.input.parse::<Option<Token![,]>>()?;
        }
        if self.input.is_empty() {
            return Ok(());
        }
        let more = match self.parameters {
            Parameters::Nothing => "takes no arguments",
            Parameters::ClaimAndValue => "takes a name and one value; for several values join several with `||`",
            Parameters::Duration(form) => &format!("takes {}", form.one()),
            Parameters::Function => "takes one function; join several with `&&` or `||`",
            Parameters::Text(_) => "takes one string literal; join several with `&&` or `||`",
        };
        Err(Error::new_spanned(rest_of_argument(self.input), format!("`{}` {more}: `{}`", self.name, self.example)))
    }

    /// Fails if no tokens are left.
    fn check_present(&self) -> Result<()> {
        if self.input.is_empty() {
            let missing = match self.parameters {
                Parameters::ClaimAndValue => "a name and a value",
                _ => "its argument",
            };
            let parentheses = SpanRange::new(self.parentheses.open(), self.parentheses.close());
            return Err(Error::new_spanned(
                parentheses,
                format!("`{}` needs {missing}: `{}`", self.name, self.example),
            ));
        }
        Ok(())
    }

    fn wrong(&self, tokens: impl ToTokens, expected: &str) -> Error {
        Error::new_spanned(tokens, format!("`{}` takes {expected}: `{}`", self.name, self.example))
    }
}

/// Whether there are more than `limit` tokens, including those in groups.
fn is_longer(tokens: TokenStream, limit: usize) -> bool {
    let mut waiting = vec![tokens];
    let mut count = 0;
    while let Some(tokens) = waiting.pop() {
        for token in tokens {
            count += 1;
            if count > limit {
                return true;
            }
            if let TokenTree::Group(group) = token {
                waiting.push(group.stream());
            }
        }
    }
    false
}
