//! The generated code: a few lines that call the runtime, which has all the logic.

use proc_macro2::{Delimiter, Group, Ident, Literal, Span, TokenStream};
use quote::{ToTokens, format_ident, quote, quote_spanned};
use syn::parse::{ParseStream, Parser};
use syn::spanned::Spanned;
use syn::{Attribute, FnArg, GenericParam, Generics, ReturnType, Signature, Token, Type, WherePredicate, parse_quote};

use crate::args::{LoginRequiredArgs, PolicyArg};
use crate::handler::Handler;
use crate::policy::Expression;
use crate::requirement::Requirement;
use crate::unsupported;

/// The protected handler.
///
/// ```text
/// // Input                                  // Output
/// #[login_required(scope("a"))]             async fn x(__request: HttpRequest, __payload: Payload) -> impl Responder {
/// async fn x(user: AuthContext)                 static __POLICY: Policy = policy::scope("a");
///     -> impl Responder { body }                ::okta_auth::__private::guard(&__POLICY, __request, __payload, {
///                                                   async fn x(user: AuthContext) -> impl Responder { body }
///                                                   x
///                                               }).await
///                                           }
/// ```
///
/// The original function is in a block of its own, so that the policy can't refer to it. The parameters begin with
/// underscores, because a parameter with the name of a constant is a pattern that matches the constant. With
/// `active_within = 10`, the call is `guard_active(&__POLICY, Duration::from_secs(10), ..)`. If the attribute has `moved`, the
/// new body begins with the definition of the macro that [`innermost`] calls in the original body.
pub(crate) fn handler(arguments: &LoginRequiredArgs, handler: &Handler, moved: bool) -> TokenStream {
    let krate = arguments.krate(Span::mixed_site());
    let Handler { attributes, visibility, signature, body } = handler;
    let Signature { fn_token, ident: name, .. } = signature;
    let asyncness = signature.asyncness.unwrap_or(Token![async](fn_token.span));

    let mut generics = signature.generics.clone();
    where_predicates(&krate, signature).into_iter().for_each(|predicate| add_predicate(&mut generics, predicate));
    let where_clause = &generics.where_clause;
    let parameters = Some(&generics.params).filter(|list| !list.is_empty()).map(|list| quote!(<#list>));
    let turbofish = turbofish(signature);

    let (policy, reference) = policy_static(&krate, &arguments.policy);
    // These spans make the compiler report a missing `FromRequest` or `Responder` at the type in the signature.
    let at = |span: Span| span.resolved_at(Span::mixed_site());
    let input_span = at(signature.paren_token.span.join());
    let input_krate = arguments.krate(input_span);
    let (guard, within) = match arguments.active_within {
        None => (quote_spanned!(input_span => #input_krate::__private::guard), None),
        Some(seconds) => {
            let seconds = Literal::u64_unsuffixed(seconds);
            let guard = quote_spanned!(input_span => #input_krate::__private::guard_active);
            (guard, Some(quote!(::core::time::Duration::from_secs(#seconds),)))
        }
    };
    let output_span = at(match &signature.output {
        ReturnType::Type(_, ty) => ty.span(),
        ReturnType::Default => name.span(),
    });
    let output_krate = arguments.krate(output_span);
    let responder = quote_spanned!(output_span => impl #output_krate::__private::Responder);
    let request = Ident::new("__request", Span::mixed_site());
    let payload = Ident::new("__payload", Span::mixed_site());
    let marker_definition = moved.then(|| moved_marker(name)).map(|marker| quote!(macro_rules! #marker { () => {} }));
    let mut protected = Group::new(
        Delimiter::Brace,
        quote! {
            #marker_definition
            #policy
            #guard(#reference, #within #request, #payload, {
                #signature #body
                #name #turbofish
            })
            .await
        },
    );
    // Without the span of the user's body, the compiler takes the function for generated code and does not warn if it
    // is never used.
    protected.set_span(body.span());
    quote! {
        #(#attributes)*
        #visibility #asyncness #fn_token #name #parameters (
            #request: #krate::__private::HttpRequest,
            #payload: #krate::__private::Payload,
        ) -> #responder #where_clause #protected
    }
}

/// The original item, with the attribute moved below the others, so that they see the handler that the user wrote.
///
/// ```text
/// // Input                           // Output
/// #[login_required(scope("a"))]      #[get("/x")]
/// #[get("/x")]                       #[::okta_auth::__private::login_required_innermost(scope("a"))]
/// async fn x() { body }              async fn x() { another_attribute_dropped_login_required_of_x! {} body }
/// ```
///
/// [`handler`] defines the macro in the body. If another attribute emits a function without the attributes below it,
/// the macro is undefined, and the handler does not compile. Otherwise it would be unprotected.
pub(crate) fn innermost(arguments: &LoginRequiredArgs, written: &TokenStream, handler: &Handler) -> TokenStream {
    let krate = arguments.krate(Span::mixed_site());
    let Handler { attributes, visibility, signature, body } = handler;
    let body = with_marker(&signature.ident, body);
    quote! {
        #(#attributes)*
        #[#krate::__private::login_required_innermost(#written)]
        #visibility #signature #body
    }
}

/// The body, with a call of the marker after the inner attributes.
fn with_marker(handler: &Ident, body: &Group) -> Group {
    let split = |input: ParseStream<'_>| Ok((input.call(Attribute::parse_inner)?, input.parse::<TokenStream>()?));
    let (attributes, rest) = split.parse2(body.stream()).unwrap_or_else(|_| (Vec::new(), body.stream()));
    let marker = moved_marker(handler);
    let mut marked = Group::new(Delimiter::Brace, quote!(#(#attributes)* #marker! {} #rest));
    marked.set_span(body.span());
    marked
}

/// The name of the marker is part of the compiler's message: `cannot find macro .. in this scope`.
///
/// It has the handler's name. Otherwise a handler in the body of another one would find the marker of the outer handler.
fn moved_marker(handler: &Ident) -> Ident {
    format_ident!("another_attribute_dropped_login_required_of_{}", handler, span = Span::call_site())
}

/// Whether an attribute can be a macro, which has to run before the handler is transformed.
pub(crate) fn may_expand(attribute: &Attribute) -> bool {
    const INERT: [&str; 20] = [
        "allow",
        "cfg",
        "cold",
        "deny",
        "deprecated",
        "doc",
        "expect",
        "export_name",
        "forbid",
        "inline",
        "link_section",
        "must_use",
        "no_mangle",
        "optimize",
        "coverage",
        "target_feature",
        "track_caller",
        "warn",
        "automatically_derived",
        "unsafe",
    ];
    const TOOLS: [&str; 5] = ["rustfmt", "clippy", "diagnostic", "rust_analyzer", "miri"];
    match attribute.path().segments.first() {
        Some(first) if attribute.path().segments.len() == 1 => !INERT.iter().any(|name| first.ident == name),
        Some(first) => !TOOLS.iter().any(|tool| first.ident == tool),
        None => true,
    }
}

/// The `static` with the policy, and an expression of type `&Policy`.
fn policy_static(krate: &TokenStream, argument: &PolicyArg) -> (TokenStream, TokenStream) {
    match argument {
        // A reference works for a `static` and for a `const`.
        PolicyArg::Named(path) => {
            let span = path.segments.last().map_or_else(Span::mixed_site, |last| last.ident.span());
            let borrow = quote_spanned!(span.resolved_at(Span::mixed_site()) => &);
            (quote!(static __POLICY: &#krate::Policy = #borrow #path;), quote!(__POLICY))
        }
        argument => {
            let policy = policy(krate, argument);
            (quote!(static __POLICY: #krate::Policy = #policy;), quote!(&__POLICY))
        }
    }
}

/// The const expression of a policy.
///
/// ```text
/// // Input                                  // Output, paths shortened
/// scope("a") && (group("b") || user("c"))   all({ static __ALL: [Policy; 2] = [
///                                               scope("a"),
///                                               any({ static __ANY: [Policy; 2] = [group("b"), user("c")]; &__ANY }),
///                                           ]; &__ALL })
/// ```
///
/// A list is a `static`, because the compiler does not promote a reference to a value with a destructor.
pub(crate) fn policy(krate: &TokenStream, argument: &PolicyArg) -> TokenStream {
    let policy = quote!(#krate::__private::policy);
    match argument {
        PolicyArg::Authenticated => quote!(#policy::authenticated()),
        PolicyArg::Named(path) => quote!(#path),
        PolicyArg::Expression(root) => expression(krate, &policy, root),
    }
}

fn expression(krate: &TokenStream, policy: &TokenStream, node: &Expression) -> TokenStream {
    let (list, join) = match node {
        Expression::All(list) => (list, "all"),
        Expression::Any(list) => (list, "any"),
        Expression::Requirement(requirement) => return requirement_call(policy, requirement),
        Expression::Invalid(_) => return TokenStream::new(),
    };
    let members = list.iter().map(|member| expression(krate, policy, member));
    let length = Literal::usize_unsuffixed(list.len());
    let function = format_ident!("{join}");
    let name = format_ident!("__{}", join.to_uppercase());
    quote! {
        #policy::#function({
            static #name: [#krate::Policy; #length] = [#(#members),*];
            &#name
        })
    }
}

fn requirement_call(policy: &TokenStream, requirement: &Requirement) -> TokenStream {
    let constructor = format_ident!("{}", requirement.constructor());
    let arguments = &requirement.arguments;
    quote!(#policy::#constructor(#(#arguments),*))
}

/// The bounds that `guard` requires of types with type parameters. The compiler checks all other types itself.
///
/// ```text
/// // Input                                             // Output
/// async fn x<T: Named>(item: Json<T>) -> Html<T> {}    T: 'static,
///                                                      Json<T>: FromRequest + 'static,
///                                                      Html<T>: Responder + 'static
/// ```
fn where_predicates(krate: &TokenStream, signature: &Signature) -> Vec<WherePredicate> {
    let type_params: Vec<&Ident> = signature.generics.type_params().map(|parameter| &parameter.ident).collect();
    let can_be_bound = |ty: &TokenStream| {
        unsupported::mentions(ty, &type_params)
            && unsupported::impl_trait(ty).is_empty()
            && !unsupported::elides_lifetime(ty)
    };
    let mut predicates: Vec<WherePredicate> = type_params.iter().map(|name| parse_quote!(#name: 'static)).collect();
    for argument in &signature.inputs {
        // A where clause can't have the `cfg` of its argument.
        if let FnArg::Typed(argument) = argument
            && !argument.attrs.iter().any(|attribute| attribute.path().is_ident("cfg"))
        {
            let ty = argument.ty.to_token_stream();
            if can_be_bound(&ty) {
                predicates.push(parse_quote!(#ty: #krate::__private::FromRequest + 'static));
            }
        }
    }
    if let ReturnType::Type(_, ty) = &signature.output {
        let ty = ty.to_token_stream();
        if can_be_bound(&ty) {
            predicates.push(if signature.asyncness.is_some() {
                parse_quote!(#ty: #krate::__private::Responder + 'static)
            } else {
                parse_quote!(<#ty as ::core::future::Future>::Output: #krate::__private::Responder + 'static)
            });
        }
    }
    predicates
}

/// Adds a predicate. If the type is a parameter with bounds in the list of parameters, the new bounds go there, because
/// a lint (`clippy::multiple_bound_locations`) reports bounds of one type in two places.
fn add_predicate(generics: &mut Generics, predicate: WherePredicate) {
    if let WherePredicate::Type(bound) = &predicate
        && let Type::Path(path) = &bound.bounded_ty
        && let Some(name) = path.path.get_ident()
        && let Some(parameter) = generics.type_params_mut().find(|parameter| parameter.ident == *name)
        && !parameter.bounds.is_empty()
    {
        parameter.bounds.extend(bound.bounds.clone());
        return;
    }
    generics.make_where_clause().predicates.push(predicate);
}

/// `::<T, N>` for the original function, which has the same parameters. Lifetimes are inferred.
fn turbofish(signature: &Signature) -> Option<TokenStream> {
    let names: Vec<&Ident> = signature
        .generics
        .params
        .iter()
        .filter_map(|parameter| match parameter {
            GenericParam::Type(parameter) => Some(&parameter.ident),
            GenericParam::Const(parameter) => Some(&parameter.ident),
            GenericParam::Lifetime(_) => None,
        })
        .collect();
    (!names.is_empty()).then(|| quote!(::<#(#names),*>))
}
