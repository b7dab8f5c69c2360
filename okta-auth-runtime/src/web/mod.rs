//! The integration with actix-web: credentials, authentication, the guard that the attribute calls, extractors,
//! middleware.

mod authenticate;
mod credentials;
mod current;
mod exceptions;
mod extract;
mod guard;
mod middleware;
mod principal;

pub use extract::{Claims, MaybeAuth};
pub use guard::guard;
pub use middleware::LoginRequired;
#[cfg(feature = "testing")]
pub use principal::log_in;
