//! The arguments of the attribute: a policy or the path of one, and the path of the crate.
//!
//! This module and the modules that it uses depend only on `syn`, `quote`, `proc_macro2` and `strsim`. The fuzz target
//! includes their files.

use proc_macro2::{Span, TokenStream, TokenTree};
use quote::{quote, quote_spanned};
use syn::ext::IdentExt;
use syn::parse::{ParseStream, Parser};
use syn::{Error, Ident, Path, Result, Token};

use crate::diagnostic::Diagnostics;
use crate::policy::{self, Expression};
use crate::satisfiability;
use crate::suggest::nearest;

/// The limit of nested groups of tokens. The compiler has a recursion limit of the same size.
const MAX_NESTED_GROUPS: usize = 128;

/// The arguments in `#[login_required(...)]`.
pub(crate) struct LoginRequiredArgs {
    pub(crate) policy: PolicyArg,
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
        if let Some(deep) = nested_too_deep(tokens.clone()) {
            return Err(Error::new_spanned(deep, "these arguments nest too deep"));
        }
        let mut parser = ArgsParser::default();
        (|input: ParseStream<'_>| parser.list(input)).parse2(tokens)?;
        if let Some(expression) = &parser.expression {
            satisfiability::check(expression, &mut parser.diagnostics);
        }
        let policy = match (parser.expression, parser.named) {
            (Some(expression), _) => PolicyArg::Expression(expression),
            (None, Some(path)) => PolicyArg::Named(path),
            (None, None) => PolicyArg::Authenticated,
        };
        parser.diagnostics.into_result(Self { policy, krate: parser.krate })
    }

    /// Parses and checks the arguments of `policy!`: those of the attribute without a named policy.
    ///
    /// # Errors
    ///
    /// As [`parse`](Self::parse).
    pub(crate) fn parse_expression(tokens: TokenStream) -> Result<Self> {
        let arguments = Self::parse(tokens)?;
        match &arguments.policy {
            PolicyArg::Named(path) => Err(Error::new_spanned(
                path,
                "`policy!` makes a policy from an expression: refer to a named one by its name",
            )),
            PolicyArg::Authenticated | PolicyArg::Expression(_) => Ok(arguments),
        }
    }

    /// The path of the crate `okta-auth` in the generated code: `crate = path`, or `::okta_auth` with `span`, to which
    /// the compiler's messages then point.
    pub(crate) fn krate(&self, span: Span) -> TokenStream {
        self.krate.as_ref().map_or_else(|| quote_spanned!(span => ::okta_auth), |path| quote!(#path))
    }
}

#[derive(Default)]
struct ArgsParser {
    expression: Option<Expression>,
    named: Option<Path>,
    krate: Option<Path>,
    diagnostics: Diagnostics,
}

impl ArgsParser {
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
        let path = match name.to_string().as_str() {
            "policy" => {
                let path = path(input, equals, "`policy` takes the path of a `static` or `const`: `policy = ADMIN`")?;
                if input.peek(syn::token::Paren) {
                    return Err(Error::new_spanned(name, "leave out `policy =` in front of an expression"));
                }
                if self.expression.is_some() {
                    return Err(Error::new_spanned(name, NAMED_AND_EXPRESSION));
                }
                self.named.replace(path)
            }
            "crate" => self.krate.replace(path(input, equals, "`crate` takes a path: `crate = my_crate::okta_auth`")?),
            other => {
                let message = match nearest(other, &["policy", "crate"]) {
                    Some(near) => format!("unknown argument `{other}`; did you mean `{near}`?"),
                    None => {
                        format!("unknown argument `{other}`: known are an expression, `policy = PATH`, `crate = path`")
                    }
                };
                return Err(Error::new_spanned(name, message));
            }
        };
        match path {
            Some(_) => Err(Error::new_spanned(name, format!("`{name}` stands twice: remove one"))),
            None => Ok(()),
        }
    }
}

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
