//! The macros of [okta-auth](https://docs.rs/okta-auth): `#[login_required]` for actix-web handlers, and `policy!`.
//!
//! Depend on `okta-auth`. It re-exports these macros together with the runtime that the generated code calls.

use proc_macro::TokenStream;

mod args;
mod diagnostic;
mod duration;
mod entry;
mod expand;
mod handler;
mod literal;
mod policy;
mod requirement;
mod requirement_args;
mod satisfiability;
mod suggest;
#[cfg(test)]
mod tests;
mod text_rules;
mod unsupported;

/// Protects an actix-web handler: it runs only for callers whose access token is valid and meets the policy.
///
/// The guide: [policies](https://docs.rs/okta-auth/latest/okta_auth/guide/policies/index.html).
///
/// ```
/// use actix_web::{App, Responder, get, http::StatusCode, test};
/// use okta_auth::{AuthContext, Validator, login_required};
///
/// #[get("/orders")]
/// #[login_required(scope("orders:read"))]
/// async fn orders(user: AuthContext) -> impl Responder {
///     format!("orders of {}", user.user())
/// }
///
/// # #[actix_web::main]
/// # async fn main() -> Result<(), okta_auth::ConfigError> {
/// let validator = Validator::builder()
///     .issuer("https://dev-123456.okta.com/oauth2/default")
///     .audience("api://default")
///     .client_id("0oa1a2b3c4d5e6f7g8h9")
///     .build()?;
/// let app = test::init_service(App::new().app_data(validator).service(orders)).await;
///
/// // A request without a token does not reach the handler.
/// let response = test::call_service(&app, test::TestRequest::get().uri("/orders").to_request()).await;
/// assert_eq!(response.status(), StatusCode::FORBIDDEN);
/// # Ok(())
/// # }
/// ```
///
/// The attribute authenticates and authorizes the request before any extractor runs. A rejected request has no argument
/// extracted and its body is not read.
///
/// # Handlers
///
/// The attribute takes a function that actix-web accepts as a handler. The function:
///
/// - is `async`, or returns a future
/// - has up to 16 arguments, with or without an `AuthContext` among them
/// - can be generic
///
/// The attribute replaces the function with a handler of the same name, which returns the response of the function or a
/// rejection. A rejection is an `actix_web::Error`. The `Validator` in the app's data determines its status. If there
/// is none, the `Validator` that is configured by the environment does.
///
/// # Other attributes
///
/// The attribute works above and below others, such as `#[get]`, `#[routes]` and `#[tracing::instrument]`. It moves
/// below them, so that they see the function as you wrote it. If a handler has the attribute twice, a caller must meet
/// both policies.
///
/// An attribute macro that drops the attributes below its own also drops the protection:
///
/// - `#[login_required]` above such a macro, or above one that renames the function, is a compile error: `cannot find
///   macro another_attribute_dropped_login_required_of_HANDLER`.
/// - The compiler never sees `#[login_required]` below such a macro. The handler is unprotected. Change that macro to
///   emit the attributes of the function that it takes.
///
/// # Policies
///
/// Without a policy, every valid token is accepted. A policy is an expression of requirements:
///
/// | requirement | met by a token |
/// |---|---|
/// | `scope("orders:read")` | with this scope (a scope-token of RFC 6749, section 3.3) |
/// | `group("admins")` | with this group |
/// | `client("0oa...")` | issued to this client |
/// | `user("alice@example.com")` | of this user |
/// | `user_id_present()` | of a person, not of a service; if the profile has no claim for the user ID, as those of Auth0 and RFC 9068, neither this nor its negation is met |
/// | `claim("tier", "gold")` | whose claim equals this string, integer (`i64`) or bool, or is an array that contains it; a name that starts with `/` is a JSON Pointer (RFC 6901) |
/// | `acr("urn:okta:loa:2fa:any")` | whose `acr` is this value or a stronger one, in Okta's order or one that you configure |
/// | `auth_within(300)`, `auth_within("5m")` | whose user authenticated (`auth_time`) at most this long ago: an integer of seconds, or a number and one of the units `s`, `m`, `h`, `d`; 1 second to 1 year |
/// | `actor("0oa...")` | whose outermost `act` has this `sub`: this actor acts for the user (RFC 8693, section 4.1) |
/// | `no_actor()` | without an `act` claim: the user acts directly; an `act` that can't be read meets neither this nor `actor` |
/// | `sender_constrained()` | that is bound to a key which its sender proved to hold: by a DPoP proof (RFC 9449) or a client certificate (RFC 8705) |
/// | `check(path::to::function)` | for which the `fn(&AuthContext, &HttpRequest) -> bool` returns `true` |
///
/// `&&`, `||` and parentheses join requirements, with the same meaning as in Rust. `!` is allowed in front of `client`,
/// `user` and `user_id_present`. In front of a requirement that a token can lack, `!` would accept every token that
/// lacks it.
///
/// # Revoked tokens
///
/// A JWT is accepted until it expires, even if it was revoked. With `active_within = 10`, the authorization server must have said
/// that the token is active (RFC 7662), at most 10 seconds ago:
///
/// ```
/// use okta_auth::login_required;
///
/// #[login_required(active_within = 10, scope("payments:write"))]
/// async fn pay() -> &'static str {
///     "paid"
/// }
/// # let _app = actix_web::App::new().route("/pay", actix_web::web::post().to(pay));
/// ```
///
/// It is an argument beside the expression, and its condition is always required. The server is asked last: after the token, its
/// sender and the policy are checked, and only if no answer that is recent enough is remembered. With `0`, no remembered
/// answer counts. The `Validator` needs the setting `introspection`. Without it, the rejection is 500 `misconfigured`. If the
/// server does not answer, the rejection is 503 `introspection_unavailable`.
///
/// # Arguments
///
/// | argument | meaning | default |
/// |---|---|---|
/// | an expression | the policy | every valid token is accepted |
/// | `policy = PATH` | a `static` or `const` of type `Policy`, for example one made by [`policy!`]; excludes an expression | |
/// | `active_within = 10`, `active_within = "10s"` | the greatest age of the authorization server's statement that the token is active: whole seconds, or a number and one of the units `s` and `m`; 0 to 60 seconds | the server is not asked |
/// | `crate = path` | the path of the crate `okta-auth` in the generated code, for crates that rename or wrap it | `::okta_auth` |
///
/// # Errors
///
/// Each mistake is a compile error at its token. The function itself is emitted unchanged, so that it has no further
/// errors. Mistakes in the handler:
///
/// - `self`, and `Self` in the signature or the body: use a function without a receiver, and the name of the type
/// - `Option<AuthContext>` as an argument, which would turn an invalid token into an anonymous caller: use
///   `AuthContext`, or `MaybeAuth` in a handler without the attribute
/// - `impl Trait` as the type of an argument
/// - more than 16 arguments, or variadic arguments
/// - `const`, `unsafe` and `extern` functions, functions that are not asynchronous, and items that are not functions
///
/// Mistakes in the arguments:
///
/// - an unknown requirement or argument
/// - an argument that occurs more than once, and a named policy together with an expression
/// - a literal of the wrong type, an empty string, an invalid scope-token or JSON Pointer
/// - an `acr` value with a space, `"`, `\` or a character that is not printable ASCII, and one that begins with `urn:okta:`
///   (in any case) but is not a value of Okta
/// - a duration of another form, or out of range
/// - `active_within` in an expression
/// - `!` in front of any requirement except `client`, `user` and `user_id_present`
/// - operators other than `&&`, `||` and `!`
/// - a requirement that occurs more than once in a list
/// - an expression of up to 12 distinct requirements that never holds, such as `client("a") && client("b")`, or that
///   always holds, such as `client("a") || !client("a")`
/// - an expression that nests more than 64 deep, and a path of more than 128 tokens
#[proc_macro_attribute]
pub fn login_required(arguments: TokenStream, item: TokenStream) -> TokenStream {
    entry::login_required(arguments.into(), item.into()).into()
}

/// `#[login_required]` after it has moved below the other attributes. Not public API.
#[doc(hidden)]
#[proc_macro_attribute]
pub fn login_required_innermost(arguments: TokenStream, item: TokenStream) -> TokenStream {
    entry::login_required_innermost(arguments.into(), item.into()).into()
}

/// Makes a `Policy` in a constant expression, for a `static` or a `const` that several handlers use.
///
/// The guide: [policies](https://docs.rs/okta-auth/latest/okta_auth/guide/policies/index.html).
///
/// ```
/// use okta_auth::{Policy, login_required, policy};
///
/// static ADMIN: Policy = policy!(scope("orders:write") && group("admins"));
///
/// #[login_required(policy = ADMIN)]
/// async fn close() -> &'static str {
///     "closed"
/// }
/// # let _app = actix_web::App::new().route("/close", actix_web::web::post().to(close));
/// ```
///
/// The macro takes the arguments of [`macro@login_required`] except `policy = PATH` and `active_within`: an expression, and
/// `crate = path` before or after it. Without an expression, every valid token meets the policy. It returns an expression of
/// type `Policy`.
///
/// # Errors
///
/// Each mistake in the arguments is a compile error at its token, as for [`macro@login_required`]. `policy = PATH` and
/// `active_within` are errors as well. A policy decides without waiting for the network, so `active_within` is an argument of the
/// attribute and a setting of `LoginRequired`. In a handler, use `validator.confirm_active(&user, within).await`.
#[proc_macro]
pub fn policy(arguments: TokenStream) -> TokenStream {
    entry::policy(arguments.into()).into()
}
