//! One requirement of a policy, `scope("...")` and its like, and the rules for what stands in it.

use proc_macro2::extra::DelimSpan;
use proc_macro2::{TokenStream, TokenTree};
use quote::ToTokens;
use syn::parse::{ParseStream, Parser};
use syn::{Error, ExprPath, Ident, Lit, LitBool, LitInt, LitStr, Result, Token};

use crate::diagnostic::{Diagnostics, SpanRange};
use crate::suggest::nearest;

/// The requirements that a policy knows.
pub(crate) const NAMES: [&str; 7] = ["scope", "group", "client", "user", "user_id_present", "claim", "check"];

/// The same with their arguments, for messages.
pub(crate) const FORMS: &str = "`scope(\"...\")`, `group(\"...\")`, `client(\"...\")`, `user(\"...\")`, \
                                `user_id_present()`, `claim(\"name\", value)`, `check(path::to::function)`";

/// Types nest in a path without any parentheses, `<<<A>::B>::C>::d`, and syn reads them by recursion.
const MAX_PATH_TOKENS: usize = 128;

/// How the requirement `name` is written, for messages.
pub(crate) fn form(name: &str) -> &'static str {
    match name {
        "scope" => r#"scope("orders:read")"#,
        "group" => r#"group("admins")"#,
        "client" => r#"client("0oa...")"#,
        "user" => r#"user("alice@example.com")"#,
        "user_id_present" => "user_id_present()",
        "claim" => r#"claim("tier", "gold")"#,
        _ => "check(path::to::function)",
    }
}

pub(crate) struct Requirement {
    pub(crate) kind: Kind,
    /// Whether `!` stands in front.
    pub(crate) negated: bool,
    pub(crate) span_range: SpanRange,
}

pub(crate) enum Kind {
    Scope(LitStr),
    Group(LitStr),
    Client(LitStr),
    User(LitStr),
    UserIdPresent,
    Claim(LitStr, Value),
    Check(ExprPath),
}

/// What a claim is compared with.
pub(crate) enum Value {
    Text(LitStr),
    Integer(Option<Token![-]>, LitInt),
    Boolean(LitBool),
}

impl Kind {
    pub(crate) fn name(&self) -> &'static str {
        match self {
            Self::Scope(_) => "scope",
            Self::Group(_) => "group",
            Self::Client(_) => "client",
            Self::User(_) => "user",
            Self::UserIdPresent => "user_id_present",
            Self::Claim(..) => "claim",
            Self::Check(_) => "check",
        }
    }

    /// Whether `!` over it can't be met by an absence: every token has a client and a user, and `!user_id_present()` is a
    /// requirement of its own, that the caller is known to be a service.
    pub(crate) fn is_always_known(&self) -> bool {
        matches!(self, Self::Client(_) | Self::User(_) | Self::UserIdPresent)
    }
}

impl std::fmt::Display for Kind {
    /// As it is written in a policy. Equal requirements read the same.
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        match self {
            Self::Scope(text) | Self::Group(text) | Self::Client(text) | Self::User(text) => {
                write!(f, "{}({:?})", self.name(), text.value())
            }
            Self::UserIdPresent => f.write_str("user_id_present()"),
            Self::Claim(name, Value::Text(text)) => write!(f, "claim({:?}, {:?})", name.value(), text.value()),
            Self::Claim(name, Value::Integer(minus, digits)) => {
                let minus = if minus.is_some() { "-" } else { "" };
                write!(f, "claim({:?}, {minus}{})", name.value(), digits.base10_digits())
            }
            Self::Claim(name, Value::Boolean(value)) => write!(f, "claim({:?}, {})", name.value(), value.value),
            Self::Check(path) => write!(f, "check({})", path.to_token_stream().to_string().replace(' ', "")),
        }
    }
}

impl std::fmt::Display for Requirement {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "{}{}", if self.negated { "!" } else { "" }, self.kind)
    }
}

impl Requirement {
    /// The requirement `name(arguments)`; `None` after a complaint.
    pub(crate) fn new(
        name: Ident,
        arguments: TokenStream,
        parentheses: DelimSpan,
        span_range: SpanRange,
        diagnostics: &mut Diagnostics,
    ) -> Option<Self> {
        let known = name.to_string();
        if !NAMES.contains(&known.as_str()) {
            diagnostics.at(&name, unknown(&known));
            return None;
        }
        let parse = |input: ParseStream<'_>| {
            let mut arguments = RequirementArgs { input, name: &known, parentheses };
            let kind = match known.as_str() {
                "scope" => Kind::Scope(arguments.text(scope_token)?),
                "group" => Kind::Group(arguments.text(not_empty)?),
                "client" => Kind::Client(arguments.text(not_empty)?),
                "user" => Kind::User(arguments.text(not_empty)?),
                "user_id_present" => Kind::UserIdPresent,
                "claim" => {
                    let name = arguments.text(claim_name)?;
                    arguments.comma()?;
                    Kind::Claim(name, arguments.value()?)
                }
                _ => Kind::Check(arguments.function()?),
            };
            arguments.end()?;
            Ok(kind)
        };
        match parse.parse2(arguments) {
            Ok(kind) => Some(Self { kind, negated: false, span_range }),
            Err(error) => {
                diagnostics.push(error);
                None
            }
        }
    }
}

fn unknown(name: &str) -> String {
    match name {
        "all" | "any" | "and" | "or" | "not" => {
            format!("`{name}` is not a requirement: join requirements with `&&`, `||`, `!` and parentheses")
        }
        "policy" => "write `policy = PATH` for a named policy".to_owned(),
        "user_id_absent" => "unknown requirement `user_id_absent`; write `!user_id_present()`".to_owned(),
        "not_client" | "not_user" => {
            let name = name.trim_start_matches("not_");
            format!("unknown requirement `not_{name}`; write `!{name}(\"...\")`")
        }
        _ => match nearest(name, &NAMES) {
            Some(near) => format!("unknown requirement `{name}`; did you mean `{}`?", form(near)),
            None => format!("unknown requirement `{name}`; known are {FORMS}"),
        },
    }
}

/// The arguments between the parentheses of a requirement.
struct RequirementArgs<'a> {
    input: ParseStream<'a>,
    name: &'a str,
    parentheses: DelimSpan,
}

impl RequirementArgs<'_> {
    /// A string literal that keeps `rule`.
    fn text(&mut self, rule: fn(&str) -> std::result::Result<(), String>) -> Result<LitStr> {
        self.present()?;
        let text = match self.literal()? {
            Some(Lit::Str(text)) => text,
            Some(other) => return Err(self.wrong(other, "a string literal")),
            None => return Err(self.wrong(self.rest(), "a string literal")),
        };
        no_suffix(&text, text.suffix())?;
        rule(&text.value()).map_err(|message| Error::new_spanned(&text, message))?;
        Ok(text)
    }

    /// The value of a claim: a string, an integer or a bool.
    fn value(&mut self) -> Result<Value> {
        const KINDS: &str = "a string, an integer or a bool";
        self.present()?;
        let minus: Option<Token![-]> = self.input.parse()?;
        match (minus, self.literal()?) {
            (None, Some(Lit::Str(text))) => {
                no_suffix(&text, text.suffix())?;
                not_empty(&text.value()).map_err(|message| Error::new_spanned(&text, message))?;
                Ok(Value::Text(text))
            }
            (None, Some(Lit::Bool(value))) => Ok(Value::Boolean(value)),
            (minus, Some(Lit::Int(digits))) => {
                no_suffix(&digits, digits.suffix())?;
                let text = format!("{}{}", if minus.is_some() { "-" } else { "" }, digits.base10_digits());
                if text.parse::<i64>().is_err() {
                    let span_range =
                        minus.map_or_else(|| SpanRange::of(&digits), |m| SpanRange::of(&m).to(SpanRange::of(&digits)));
                    return Err(Error::new_spanned(span_range, "the integer of a claim has to fit into an `i64`"));
                }
                Ok(Value::Integer(minus, digits))
            }
            (_, Some(Lit::Float(float))) => Err(Error::new_spanned(
                float,
                "a claim is compared with a string, an integer or a bool: a fraction has no exact form, use `check(..)`",
            )),
            (_, Some(other)) => Err(self.wrong(other, KINDS)),
            (_, None) => Err(self.wrong(self.rest(), KINDS)),
        }
    }

    /// The path of a function.
    fn function(&mut self) -> Result<ExprPath> {
        const FUNCTION: &str = "the path of a function `fn(&AuthContext, &HttpRequest) -> bool`";
        self.present()?;
        if self.input.peek(Token![|]) || self.input.peek(Token![||]) || self.input.peek(Token![move]) {
            return Err(self.wrong(self.rest(), &format!("{FUNCTION}, not a closure: give it a name")));
        }
        let first = self.rest();
        if is_longer(self.input.cursor().token_stream(), MAX_PATH_TOKENS) {
            return Err(self.wrong(first, &format!("{FUNCTION} of at most {MAX_PATH_TOKENS} tokens")));
        }
        self.input.parse::<ExprPath>().map_err(|_| self.wrong(first, FUNCTION))
    }

    fn comma(&mut self) -> Result<()> {
        self.present()?;
        self.input.parse::<Token![,]>().map(drop).map_err(|_| self.wrong(self.rest(), "a comma here"))
    }

    /// Nothing more but a trailing comma, which is allowed where there is an argument.
    fn end(&mut self) -> Result<()> {
        if self.name != "user_id_present" {
            self.input.parse::<Option<Token![,]>>()?;
        }
        if self.input.is_empty() {
            return Ok(());
        }
        let more = match self.name {
            "user_id_present" => "takes no arguments",
            "claim" => "takes a name and one value; for several values join several with `||`",
            "check" => "takes one function; join several with `&&` or `||`",
            _ => "takes one string literal; join several with `&&` or `||`",
        };
        Err(Error::new_spanned(self.rest(), format!("`{}` {more}: `{}`", self.name, form(self.name))))
    }

    /// Complains if nothing is left.
    fn present(&self) -> Result<()> {
        if self.input.is_empty() {
            let missing = if self.name == "claim" { "a name and a value" } else { "its argument" };
            let parentheses = SpanRange::new(self.parentheses.open(), self.parentheses.close());
            return Err(Error::new_spanned(
                parentheses,
                format!("`{}` needs {missing}: `{}`", self.name, form(self.name)),
            ));
        }
        Ok(())
    }

    fn literal(&self) -> Result<Option<Lit>> {
        if self.input.peek(Lit) { self.input.parse().map(Some) } else { Ok(None) }
    }

    /// What is left, up to the next comma: the span of an argument that is wrong.
    fn rest(&self) -> TokenStream {
        let all: TokenStream = self.input.cursor().token_stream();
        let is_comma = |token: &proc_macro2::TokenTree| matches!(token, proc_macro2::TokenTree::Punct(punct) if punct.as_char() == ',');
        let argument: TokenStream =
            all.clone().into_iter().skip_while(is_comma).take_while(|token| !is_comma(token)).collect();
        if argument.is_empty() { all } else { argument }
    }

    fn wrong(&self, tokens: impl ToTokens, expected: &str) -> Error {
        Error::new_spanned(tokens, format!("`{}` takes {expected}: `{}`", self.name, form(self.name)))
    }
}

/// Whether there are more tokens than `limit`, those in groups included.
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

fn no_suffix(literal: &impl ToTokens, suffix: &str) -> Result<()> {
    if suffix.is_empty() {
        return Ok(());
    }
    Err(Error::new_spanned(literal, format!("remove the suffix `{suffix}`")))
}

fn not_empty(text: &str) -> std::result::Result<(), String> {
    if text.is_empty() { Err("this can't be empty: write what a token must have".to_owned()) } else { Ok(()) }
}

/// `scope-token` of RFC 6749, section 3.3: `%x21 / %x23-5B / %x5D-7E`, at least one.
fn scope_token(text: &str) -> std::result::Result<(), String> {
    if text.is_empty() {
        return Err("a scope can't be empty (RFC 6749, section 3.3)".to_owned());
    }
    if text.contains(' ') {
        let scopes: Vec<String> = text.split_whitespace().map(|scope| format!("scope({scope:?})")).collect();
        return Err(format!(
            "a scope holds no space (RFC 6749, section 3.3); write one `scope(..)` for each: `{}`",
            if scopes.is_empty() { form("scope").to_owned() } else { scopes.join(" && ") }
        ));
    }
    match text.chars().find(|c| !matches!(c, '\x21' | '\x23'..='\x5b' | '\x5d'..='\x7e')) {
        Some(character) => Err(format!(
            "a scope can't hold {character:?}: allowed is printable ASCII except space, `\"` and `\\` \
             (RFC 6749, section 3.3)"
        )),
        None => Ok(()),
    }
}

/// A member's name, or a JSON Pointer (RFC 6901) when it starts with `/`.
fn claim_name(text: &str) -> std::result::Result<(), String> {
    not_empty(text).map_err(|_| "the name of a claim can't be empty".to_owned())?;
    if !text.starts_with('/') {
        return Ok(());
    }
    let mut rest = text;
    while let Some((_, after)) = rest.split_once('~') {
        if !after.starts_with(['0', '1']) {
            return Err(
                "a claim that starts with `/` is a JSON Pointer (RFC 6901): write `~0` for `~` and `~1` for `/` \
                        within a name"
                    .to_owned(),
            );
        }
        rest = after;
    }
    Ok(())
}
