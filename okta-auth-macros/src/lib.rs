//! The attribute of [okta-auth](https://docs.rs/okta-auth): `#[login_required]` for actix-web handlers.
//!
//! Depend on `okta-auth`, which re-exports what is here together with the runtime that the generated code calls.

use proc_macro::TokenStream;

mod args;
mod diagnostic;
mod entry;
mod expand;
mod handler;
mod policy;
mod requirement;
mod requirement_args;
mod satisfiability;
mod suggest;
#[cfg(test)]
mod tests;
mod unsupported;

/// Protects an actix-web handler: it runs only for callers with a valid access token who meet the policy.
///
/// ```ignore
/// use actix_web::{Responder, get};
/// use okta_auth::{AuthContext, login_required};
///
/// #[get("/orders")]
/// #[login_required(scope("orders:read"))]
/// async fn orders(user: AuthContext) -> impl Responder {
///     format!("orders of {}", user.user())
/// }
/// ```
///
/// The caller is authenticated and authorized before anything else of the request is looked at: no other argument is
/// extracted for a caller who is refused, and no body is read. Refusals are `actix_web::Error`s; which status each gets is
/// decided by the `Validator` in the app's data, or by the one made from the environment where there is none.
///
/// # Where it stands
///
/// On a function that actix-web takes as a handler, above or below `#[get]`, `#[routes]`, `#[tracing::instrument]` and
/// others alike: it moves itself below them, so that they see the function as it was written. Two of them on one handler
/// must both be met. The function may be generic, may return a future instead of being `async`, and takes up to 16
/// arguments, with or without an `AuthContext` among them.
///
/// A macro that drops the attributes below its own drops the protection with them. Written above such a macro, this one does
/// not compile then (`cannot find macro another_attribute_dropped_login_required`); written below it, it is never seen by
/// the compiler. Such a macro has to be mended: to emit the attributes of the function that it was given.
///
/// # Policies
///
/// Without arguments any valid token will do. Otherwise:
///
/// | requirement | met by a token |
/// |---|---|
/// | `scope("orders:read")` | with this scope (a scope-token of RFC 6749, section 3.3) |
/// | `group("admins")` | with this group |
/// | `client("0oa...")` | issued to this client |
/// | `user("alice@example.com")` | of this user |
/// | `user_id_present()` | of a person, not of a service; where the profile names no claim for it, as those of Auth0 and RFC 9068, nobody is either |
/// | `claim("tier", "gold")` | whose claim is this string, integer (`i64`) or bool, or an array that holds it; a name that starts with `/` is a JSON Pointer (RFC 6901) |
/// | `check(path::to::function)` | for which the `fn(&AuthContext, &HttpRequest) -> bool` returns `true` |
///
/// Join them with `&&`, `||` and parentheses, which mean what they mean in Rust. `!` is allowed in front of `client`, `user`
/// and `user_id_present`: in front of anything that may be absent from a token it would let callers in by that absence.
///
/// `policy = ADMIN` refers to a `static` or `const` of type `Policy`, made with [`policy!`] for example.
///
/// # Arguments
///
/// - an expression as above, or `policy = PATH`
/// - `crate = path`: where the generated code finds the crate `okta-auth`, for those who rename or wrap it. The default is
///   `::okta_auth`.
///
/// # Errors
///
/// A compile error at the token that is wrong, for:
///
/// - methods with `self`, and `Self` in the signature or the body: write a function, and the name of the type
/// - `Option<AuthContext>` as an argument, which would turn a bad token into an anonymous caller: take `AuthContext`, or
///   `MaybeAuth` in a handler without the attribute
/// - `impl Trait` arguments, more than 16 arguments, `const`, `unsafe` and `extern` functions, and what is no function
/// - unknown requirements and arguments, literals of the wrong type, empty strings, what is no scope-token or JSON Pointer
/// - a requirement that stands twice in one list
/// - expressions of up to 12 distinct requirements that never hold, such as `client("a") && client("b")`, or always do,
///   such as `client("a") || !client("a")`
#[proc_macro_attribute]
pub fn login_required(arguments: TokenStream, item: TokenStream) -> TokenStream {
    entry::login_required(arguments.into(), item.into()).into()
}

/// What `#[login_required]` becomes when it has moved below the other attributes. Not for use by hand.
#[doc(hidden)]
#[proc_macro_attribute]
pub fn login_required_innermost(arguments: TokenStream, item: TokenStream) -> TokenStream {
    entry::login_required_innermost(arguments.into(), item.into()).into()
}

/// A policy as a constant expression, for a `static` or a `const` that several handlers refer to.
///
/// ```ignore
/// use okta_auth::{Policy, login_required, policy};
///
/// static ADMIN: Policy = policy!(scope("orders:write") && group("admins"));
///
/// #[login_required(policy = ADMIN)]
/// async fn close() -> &'static str {
///     "closed"
/// }
/// ```
///
/// Takes what [`macro@login_required`] takes: an expression, and `crate = path` before or after it. Without an expression
/// any valid token meets the policy.
///
/// # Errors
///
/// Compile errors as those of [`macro@login_required`] about policies.
#[proc_macro]
pub fn policy(arguments: TokenStream) -> TokenStream {
    entry::policy(arguments.into()).into()
}
