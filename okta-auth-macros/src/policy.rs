//! A policy expression: its model and its parser.

use proc_macro2::{Delimiter, Span, TokenStream, TokenTree};
use quote::ToTokens;
use syn::ext::IdentExt;
use syn::parse::{ParseStream, Parser};
use syn::{Error, Ident, Result, Token, parenthesized};

use crate::diagnostic::{Diagnostics, SpanRange};
use crate::duration::ACTIVE_WITHIN;
use crate::requirement::{self, Requirement, RequirementKind};

/// The limit of nested parentheses and `!`, so that no input exhausts the compiler's stack.
const MAX_DEPTH: usize = 64;

/// The expression of a policy. Lists are flat: an `All` is never a member of an `All`, nor an `Any` of an `Any`.
pub(crate) enum Expression {
    /// `a && b && ...`, two or more.
    All(Vec<Expression>),
    /// `a || b || ...`, two or more.
    Any(Vec<Expression>),
    Requirement(Box<Requirement>),
    /// A mistake that was reported.
    Invalid(SpanRange),
}

impl Expression {
    pub(crate) fn span_range(&self) -> SpanRange {
        match self {
            Self::All(list) | Self::Any(list) => match (list.first(), list.last()) {
                (Some(first), Some(last)) => first.span_range().to(last.span_range()),
                _ => SpanRange::new(Span::call_site(), Span::call_site()),
            },
            Self::Requirement(requirement) => requirement.span_range,
            Self::Invalid(span_range) => *span_range,
        }
    }
}

/// Parses one expression. Like Rust's parser, it stops at the first token that can't continue the expression.
///
/// Mistakes inside a requirement go to `diagnostics`, and parsing continues.
///
/// # Errors
///
/// The first mistake between requirements, at which parsing stops.
pub(crate) fn parse(input: ParseStream<'_>, diagnostics: &mut Diagnostics) -> Result<Expression> {
    PolicyParser { diagnostics, depth: 0 }.any(input)
}

struct PolicyParser<'a> {
    diagnostics: &'a mut Diagnostics,
    depth: usize,
}

impl PolicyParser<'_> {
    fn any(&mut self, input: ParseStream<'_>) -> Result<Expression> {
        let mut list = Vec::new();
        loop {
            match self.all(input)? {
                Expression::Any(inner) => list.extend(inner),
                other => list.push(other),
            }
            if input.peek(Token![||]) {
                followed_by_more(input.parse::<Token![||]>()?, input)?;
            } else if input.peek(Token![|]) {
                return Err(input.error("write `||`: a policy has no bitwise operators"));
            } else {
                return Ok(single_or(list, Expression::Any));
            }
        }
    }

    fn all(&mut self, input: ParseStream<'_>) -> Result<Expression> {
        let mut list = Vec::new();
        loop {
            match self.operand(input)? {
                Expression::All(inner) => list.extend(inner),
                other => list.push(other),
            }
            if input.peek(Token![&&]) {
                followed_by_more(input.parse::<Token![&&]>()?, input)?;
            } else if input.peek(Token![&]) {
                return Err(input.error("write `&&`: a policy has no bitwise operators"));
            } else {
                return Ok(single_or(list, Expression::All));
            }
        }
    }

    fn operand(&mut self, input: ParseStream<'_>) -> Result<Expression> {
        if input.peek(Token![!]) {
            return self.negated(input);
        }
        if let Some(substituted) = substituted_expression(input)? {
            return self.nested(|parser| (|input: ParseStream<'_>| parser.whole(input)).parse2(substituted), input);
        }
        if input.peek(syn::token::Paren) {
            let content;
            parenthesized!(content in input);
            let expression = self.nested(|parser| parser.whole(&content), input);
            // syn reports tokens that are left over instead of the error that left them.
            while !content.is_empty() {
                content.parse::<TokenTree>()?;
            }
            return expression;
        }
        Ok(match self.requirement(input)? {
            Ok(requirement) => Expression::Requirement(Box::new(requirement)),
            Err(span_range) => Expression::Invalid(span_range),
        })
    }

    /// An expression that must reach the end of its parentheses.
    fn whole(&mut self, input: ParseStream<'_>) -> Result<Expression> {
        let expression = self.any(input)?;
        if input.is_empty() { Ok(expression) } else { Err(unexpected(input)) }
    }

    fn nested(
        &mut self,
        read: impl FnOnce(&mut Self) -> Result<Expression>,
        input: ParseStream<'_>,
    ) -> Result<Expression> {
        if self.depth >= MAX_DEPTH {
            return Err(input.error(format!("this nests more than {MAX_DEPTH} deep")));
        }
        self.depth += 1;
        let expression = read(self);
        self.depth -= 1;
        expression
    }

    /// `!client("...")`. The requirement can be in parentheses. A list after `!` is a mistake.
    fn negated(&mut self, input: ParseStream<'_>) -> Result<Expression> {
        let not: Token![!] = input.parse()?;
        followed_by_more(not, input)?;
        let mut operand = self.nested(|parser| parser.operand(input), input)?;
        let message = match &mut operand {
            Expression::Requirement(requirement) => match requirement.negate() {
                Ok(()) => {
                    requirement.span_range = SpanRange::of(&not).to(requirement.span_range);
                    return Ok(operand);
                }
                Err(message) => message,
            },
            Expression::All(_) | Expression::Any(_) => format!(
                "`!` is allowed over {} alone: over anything that may be absent from a token it would fail open; write it \
                 in front of each, as in `!client(\"a\") && !client(\"b\")`",
                requirement::negatable_names()
            ),
            Expression::Invalid(span_range) => return Ok(Expression::Invalid(SpanRange::of(&not).to(*span_range))),
        };
        let span_range = SpanRange::of(&not).to(operand.span_range());
        self.diagnostics.at(not, message);
        Ok(Expression::Invalid(span_range))
    }

    /// `name(arguments)`. The inner `Err` is a mistake that was reported.
    fn requirement(&mut self, input: ParseStream<'_>) -> Result<std::result::Result<Requirement, SpanRange>> {
        if !input.peek(Ident::peek_any) || input.peek(syn::Lit) {
            return Err(unexpected(input));
        }
        let name = input.call(Ident::parse_any)?;
        if input.peek(Token![::]) {
            return Err(Error::new_spanned(
                &name,
                format!("a policy names its predicates without a path: {}", requirement::forms()),
            ));
        }
        if !input.peek(syn::token::Paren) {
            let text = name.to_string();
            let message = match RequirementKind::find(&text) {
                Some(known) => format!("write `{}`", known.example),
                None if text == ACTIVE_WITHIN.name => requirement::NOT_ACTIVE_WITHIN.to_owned(),
                None => format!(
                    "`{text}` is not a requirement: write {}; a named policy is `policy = {text}`",
                    requirement::forms()
                ),
            };
            return Err(Error::new_spanned(&name, message));
        }
        let content;
        let parentheses = parenthesized!(content in input);
        let span_range = SpanRange::new(name.span(), parentheses.span.close());
        let arguments: TokenStream = content.parse()?;
        Ok(Requirement::parse(&name, arguments, parentheses.span, span_range, self.diagnostics).ok_or(span_range))
    }
}

fn single_or(mut list: Vec<Expression>, join: impl FnOnce(Vec<Expression>) -> Expression) -> Expression {
    match list.pop() {
        Some(only) if list.is_empty() => only,
        Some(last) => {
            list.push(last);
            join(list)
        }
        None => join(list),
    }
}

/// The tokens that `macro_rules!` substituted for an `$x:expr`. They are in an invisible group, which binds like
/// parentheses.
fn substituted_expression(input: ParseStream<'_>) -> Result<Option<TokenStream>> {
    let is_expression = input
        .cursor()
        .group(Delimiter::None)
        .is_some_and(|(inside, _, rest)| !inside.eof() && rest.group(Delimiter::Parenthesis).is_none());
    if !is_expression {
        return Ok(None);
    }
    input.step(|cursor| match cursor.group(Delimiter::None) {
        Some((inside, _, rest)) => Ok((Some(inside.token_stream()), rest)),
        None => Ok((None, *cursor)),
    })
}

fn followed_by_more(operator: impl ToTokens, input: ParseStream<'_>) -> Result<()> {
    if !input.is_empty() {
        return Ok(());
    }
    let text = operator.to_token_stream().to_string();
    Err(Error::new_spanned(operator, format!("a requirement is missing after `{text}`: {}", requirement::forms())))
}

/// The error about an unexpected token, or about the end of the input.
pub(crate) fn unexpected(input: ParseStream<'_>) -> Error {
    let message = if input.is_empty() {
        format!("a requirement is missing here: {}", requirement::forms())
    } else {
        format!("not a policy: requirements are {}, joined by `&&`, `||` and parentheses", requirement::forms())
    };
    Error::new(input.span(), message)
}
