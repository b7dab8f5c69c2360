//! The handler below the attribute: its signature as syntax, and its body as the user's tokens.

use proc_macro2::{Delimiter, Group, TokenStream, TokenTree};
use syn::ext::IdentExt;
use syn::parse::{Parse, ParseStream};
use syn::{Attribute, Error, FnArg, Ident, Result, ReturnType, Safety, Signature, Token, Visibility};

use crate::diagnostic::{Diagnostics, SpanRange};
use crate::unsupported;

/// actix-web implements `Handler` for functions of up to 16 arguments.
const MAX_ARGUMENTS: usize = 16;

const NOT_A_FUNCTION: &str = "`#[login_required]` stands on a handler function, `async fn`; \
                              `LoginRequired` is the middleware that protects a whole `App`, `Scope` or `Resource`";

pub(crate) struct Handler {
    pub(crate) attributes: Vec<Attribute>,
    pub(crate) visibility: Visibility,
    pub(crate) signature: Signature,
    pub(crate) body: Group,
}

impl Handler {
    /// Parses a function and checks that the attribute supports it.
    ///
    /// # Errors
    ///
    /// Every unsupported part, each at its token.
    pub(crate) fn parse(item: TokenStream) -> Result<Self> {
        let handler: Self = syn::parse2(item)?;
        let mut diagnostics = Diagnostics::default();
        handler.check_qualifiers(&mut diagnostics);
        handler.check_arguments(&mut diagnostics);
        handler.check_self_type(&mut diagnostics);
        diagnostics.into_result(handler)
    }

    fn check_qualifiers(&self, diagnostics: &mut Diagnostics) {
        let signature = &self.signature;
        if let Some(token) = &signature.constness {
            diagnostics.at(token, "a handler runs for each request: remove `const`");
        }
        if let Safety::Unsafe(token) = &signature.safety {
            diagnostics
                .at(token, "actix-web can't call an `unsafe fn`: remove `unsafe`, or write a safe handler around it");
        }
        if let Some(abi) = &signature.abi {
            diagnostics.at(abi, "actix-web can't call an `extern fn`: remove `extern`");
        }
        if let Some(variadic) = &signature.variadic {
            diagnostics.at(variadic, "a handler can't be variadic: remove `...`");
        }
        if signature.asyncness.is_none() && matches!(signature.output, ReturnType::Default) {
            diagnostics.at(signature.fn_token, "a handler is asynchronous: write `async fn`, or return a future");
        }
    }

    fn check_arguments(&self, diagnostics: &mut Diagnostics) {
        let mut certain = 0;
        for argument in &self.signature.inputs {
            let argument = match argument {
                FnArg::Receiver(receiver) => {
                    diagnostics.at(
                        receiver.self_token,
                        "a handler has no `self`: make it a function, and take what it needs as arguments, such as \
                         `web::Data<T>`",
                    );
                    continue;
                }
                FnArg::Typed(argument) => argument,
            };
            // An argument with a `cfg` does not count, because the attribute can't evaluate the condition.
            certain += usize::from(!argument.attrs.iter().any(|attribute| attribute.path().is_ident("cfg")));
            if certain == MAX_ARGUMENTS + 1 {
                diagnostics.at(
                    argument,
                    format!("actix-web handlers take at most {MAX_ARGUMENTS} arguments: put some into a tuple"),
                );
            }
            for span_range in unsupported::optional_context(&*argument.ty) {
                diagnostics.at(
                    span_range,
                    "`Option<AuthContext>` would turn a bad token into an anonymous caller: write `AuthContext`, or, where \
                     login is optional, `MaybeAuth` and no `#[login_required]`",
                );
            }
            for token in unsupported::impl_trait(&*argument.ty) {
                diagnostics.at(token, "actix-web can't tell what to extract for `impl Trait`: write a type");
            }
        }
    }

    fn check_self_type(&self, diagnostics: &mut Diagnostics) {
        let mut found = unsupported::self_type(&self.signature);
        found.extend(unsupported::self_type(&self.body));
        for token in found {
            diagnostics.at(token, "`Self` is not known in a handler: write the name of the type");
        }
    }
}

impl Parse for Handler {
    fn parse(input: ParseStream<'_>) -> Result<Self> {
        let attributes = input.call(Attribute::parse_outer)?;
        let visibility = input.parse()?;
        if !is_function(input) {
            return Err(input.error(NOT_A_FUNCTION));
        }
        let signature: Signature = input.parse()?;
        let body = match input.parse::<TokenTree>().map(without_invisible_group) {
            Ok(TokenTree::Group(body)) if body.delimiter() == Delimiter::Brace => body,
            Ok(other) => return Err(Error::new_spanned(other, "a handler needs a body: write `{ ... }`")),
            Err(_) => {
                return Err(Error::new(SpanRange::of(&signature).end(), "a handler needs a body: write `{ ... }`"));
            }
        };
        if input.is_empty() {
            Ok(Self { attributes, visibility, signature, body })
        } else {
            Err(input.error(NOT_A_FUNCTION))
        }
    }
}

/// The token inside the invisible group that `macro_rules!` puts around a `$body:block`.
fn without_invisible_group(token: TokenTree) -> TokenTree {
    if let TokenTree::Group(group) = &token
        && group.delimiter() == Delimiter::None
        && let [inner] = &group.stream().into_iter().collect::<Vec<TokenTree>>()[..]
    {
        return without_invisible_group(inner.clone());
    }
    token
}

/// Whether the input is `fn` after optional qualifiers.
fn is_function(input: ParseStream<'_>) -> bool {
    let ahead = input.fork();
    loop {
        if ahead.peek(Token![fn]) {
            return true;
        }
        let qualifier = ahead.peek(Token![const])
            || ahead.peek(Token![async])
            || ahead.peek(Token![unsafe])
            || ahead.peek(Token![extern]);
        if !qualifier || ahead.call(Ident::parse_any).is_err() {
            return false;
        }
        if ahead.peek(syn::LitStr) && ahead.parse::<syn::LitStr>().is_err() {
            return false;
        }
    }
}
