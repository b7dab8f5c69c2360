//! The arguments of the attribute: a policy or the path of one, the age of the statement that the token is active, and the path
//! of the crate.
//!
//! This module and the modules that it uses depend only on `syn`, `quote`, `proc_macro2` and `strsim`. The fuzz target
//! includes their files.

use proc_macro2::{Span, TokenStream, TokenTree};
use quote::{quote, quote_spanned};
use syn::ext::IdentExt;
use syn::parse::{ParseStream, Parser};
use syn::{Error, Ident, Path, Result, Token};

use crate::diagnostic::Diagnostics;
use crate::duration::ACTIVE_WITHIN;
use crate::literal::rest_of_argument;
use crate::policy::{self, Expression};
use crate::requirement::RequirementKind;
use crate::satisfiability;
use crate::suggest::nearest;

/// The limit of nested groups of tokens. The compiler has a recursion limit of the same size.
const MAX_NESTED_GROUPS: usize = 128;

/// The arguments in `#[login_required(...)]`.
pub(crate) struct LoginRequiredArgs {
    pub(crate) policy: PolicyArg,
    /// `active_within = 10`, in seconds.
    pub(crate) active_within: Option<u64>,
    krate: Option<Path>,
}

/// The policy that a caller has to meet.
pub(crate) enum PolicyArg {
    /// No policy: every valid token.
    Authenticated,
    /// `policy = PATH`
    Named(Path),
    Expression(Expression),
}

impl LoginRequiredArgs {
    /// Parses and checks the arguments of the attribute.
    ///
    /// # Errors
    ///
    /// Every mistake, each at its token.
    pub(crate) fn parse(tokens: TokenStream) -> Result<Self> {
        ArgsParser::default().parse(tokens)
    }

    /// Parses and checks the arguments of `policy!`: those of the attribute that make a policy, without a named one.
    ///
    /// # Errors
    ///
    /// As [`parse`](Self::parse).
    pub(crate) fn parse_expression(tokens: TokenStream) -> Result<Self> {
        ArgsParser { is_policy_macro: true, ..ArgsParser::default() }.parse(tokens)
    }

    /// The path of the crate `okta-auth` in the generated code: `crate = path`, or `::okta_auth` with `span`, to which
    /// the compiler's messages then point.
    pub(crate) fn krate(&self, span: Span) -> TokenStream {
        self.krate.as_ref().map_or_else(|| quote_spanned!(span => ::okta_auth), |path| quote!(#path))
    }
}

#[derive(Default)]
struct ArgsParser {
    is_policy_macro: bool,
    expression: Option<Expression>,
    named: Option<Path>,
    active_within: Option<u64>,
    krate: Option<Path>,
    diagnostics: Diagnostics,
}

impl ArgsParser {
    fn parse(mut self, tokens: TokenStream) -> Result<LoginRequiredArgs> {
        if let Some(deep) = nested_too_deep(tokens.clone()) {
            return Err(Error::new_spanned(deep, "these arguments nest too deep"));
        }
        (|input: ParseStream<'_>| self.list(input)).parse2(tokens)?;
        if let Some(expression) = &self.expression {
            satisfiability::check(expression, &mut self.diagnostics);
        }
        let policy = match (self.expression, self.named) {
            (Some(expression), _) => PolicyArg::Expression(expression),
            (None, Some(path)) => PolicyArg::Named(path),
            (None, None) => PolicyArg::Authenticated,
        };
        let arguments = LoginRequiredArgs { policy, active_within: self.active_within, krate: self.krate };
        self.diagnostics.into_result(arguments)
    }

    /// Parses all arguments. Reports a mistake and skips to the next argument.
    fn list(&mut self, input: ParseStream<'_>) -> Result<()> {
        while !input.is_empty() {
            if let Err(error) = self.argument(input) {
                self.diagnostics.push(error);
                skip_argument(input)?;
            } else if !input.is_empty() && !input.peek(Token![,]) {
                self.diagnostics.push(input.error("write `&&`, `||` or `,` here"));
                skip_argument(input)?;
            }
            input.parse::<Option<Token![,]>>()?;
        }
        Ok(())
    }

    fn argument(&mut self, input: ParseStream<'_>) -> Result<()> {
        if input.peek(Ident::peek_any) && input.peek2(Token![=]) && !input.peek2(Token![==]) && !input.peek2(Token![=>])
        {
            let name = input.call(Ident::parse_any)?;
            let equals: Token![=] = input.parse()?;
            return self.setting(&name, equals, input);
        }
        if input.peek(Token![,]) {
            return Err(policy::unexpected(input));
        }
        let expression = policy::parse(input, &mut self.diagnostics)?;
        if self.expression.is_some() {
            self.diagnostics.at(expression.span_range(), "join requirements with `&&` or `||` instead of a comma");
        } else if self.named.is_some() {
            self.diagnostics.at(expression.span_range(), NAMED_AND_EXPRESSION);
        } else {
            self.expression = Some(expression);
        }
        Ok(())
    }

    /// `name = value`
    fn setting(&mut self, name: &Ident, equals: Token![=], input: ParseStream<'_>) -> Result<()> {
        let is_repeated = match name.to_string().as_str() {
            "policy" => {
                let path = path(input, equals, "`policy` takes the path of a `static` or `const`: `policy = ADMIN`")?;
                if input.peek(syn::token::Paren) {
                    return Err(Error::new_spanned(name, "leave out `policy =` in front of an expression"));
                }
                if self.is_policy_macro {
                    return Err(Error::new_spanned(path, NAMED_IN_POLICY_MACRO));
                }
                if self.expression.is_some() {
                    return Err(Error::new_spanned(name, NAMED_AND_EXPRESSION));
                }
                self.named.replace(path).is_some()
            }
            "active_within" if self.is_policy_macro => {
                return Err(Error::new_spanned(name, ACTIVE_WITHIN_IN_POLICY_MACRO));
            }
            "active_within" => self.active_within.replace(active_within(input, equals)?).is_some(),
            "crate" => {
                let path = path(input, equals, "`crate` takes a path: `crate = my_crate::okta_auth`")?;
                self.krate.replace(path).is_some()
            }
            other => return Err(Error::new_spanned(name, unknown(other))),
        };
        if is_repeated {
            return Err(Error::new_spanned(name, format!("`{name}` stands twice: remove one")));
        }
        Ok(())
    }
}

const NAMED_IN_POLICY_MACRO: &str = "`policy!` makes a policy from an expression: refer to a named one by its name";

const ACTIVE_WITHIN_IN_POLICY_MACRO: &str = "`policy!` takes no `active_within`, because `Policy::authorize` does not wait: write `active_within = 10` into \
     `#[login_required(..)]`, or use `validator.confirm_active(&user, within).await` in the handler";

const NAMED_AND_EXPRESSION: &str =
    "either a named policy or an expression: write one of them, or the expression into the named policy";

fn path(input: ParseStream<'_>, equals: Token![=], message: &str) -> Result<Path> {
    if input.is_empty() || input.peek(Token![,]) {
        return Err(Error::new_spanned(equals, message));
    }
    if let (true, Ok(quoted)) = (input.peek(syn::LitStr), input.fork().parse::<syn::LitStr>()) {
        return Err(Error::new_spanned(quoted, format!("{message}, without quotes")));
    }
    input.call(Path::parse_mod_style).map_err(|error| Error::new(error.span(), message))
}

/// The seconds of `active_within = 10` or `active_within = "30s"`.
fn active_within(input: ParseStream<'_>, equals: Token![=]) -> Result<u64> {
    if input.is_empty() || input.peek(Token![,]) {
        return Err(Error::new_spanned(equals, ACTIVE_WITHIN.takes()));
    }
    let (seconds, _) = ACTIVE_WITHIN.parse(input)?;
    if input.is_empty() || input.peek(Token![,]) {
        return Ok(seconds);
    }
    let message = format!(
        "`active_within` takes {}; a comma separates it from the expression: `active_within = 10, scope(\"orders:read\")`",
        ACTIVE_WITHIN.one()
    );
    Err(Error::new_spanned(rest_of_argument(input), message))
}

/// The message about an argument of the form `name = value` with an unknown name.
fn unknown(name: &str) -> String {
    if let Some(kind) = RequirementKind::find(name) {
        return format!("`{name}` is a requirement: write `{}`", kind.example);
    }
    match nearest(name, &["policy", "active_within", "crate"]) {
        Some(near) => format!("unknown argument `{name}`; did you mean `{near}`?"),
        None => format!(
            "unknown argument `{name}`: known are an expression, `policy = PATH`, `crate = path`, `{}`",
            ACTIVE_WITHIN.example
        ),
    }
}

/// Skips to the next comma or to the end.
fn skip_argument(input: ParseStream<'_>) -> Result<()> {
    while !input.is_empty() && !input.peek(Token![,]) {
        input.parse::<TokenTree>()?;
    }
    Ok(())
}

/// The first group that is nested too deep. Not recursive, because the parser that runs after this check is.
fn nested_too_deep(tokens: TokenStream) -> Option<TokenTree> {
    let mut open = vec![tokens.into_iter()];
    while let Some(innermost) = open.last_mut() {
        match innermost.next() {
            Some(TokenTree::Group(group)) if open.len() == MAX_NESTED_GROUPS => return Some(group.into()),
            Some(TokenTree::Group(group)) => open.push(group.stream().into_iter()),
            Some(_) => {}
            None => drop(open.pop()),
        }
    }
    None
}
