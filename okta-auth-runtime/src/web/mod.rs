//! The integration with actix-web: credentials, authentication, the guard that the attribute calls, extractors,
//! middleware, the route of the metadata.

mod authenticate;
mod credentials;
mod current;
mod exceptions;
mod extract;
mod guard;
mod middleware;
mod principal;
mod resource_metadata;

pub use extract::{Claims, MaybeAuth};
pub use guard::{guard, guard_active};
pub use middleware::LoginRequired;
#[cfg(feature = "testing")]
pub use principal::log_in;
pub use resource_metadata::ResourceMetadata;
