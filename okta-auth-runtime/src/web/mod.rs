//! The actix-web side: header to token, the guard that the attribute calls, extractors, middleware, rejections.

mod bearer;
mod challenge;
mod extract;
mod guard;
mod middleware;
mod principal;
mod problem;
mod rejection;

pub use extract::{Claims, MaybeAuth};
pub use guard::guard;
pub use middleware::LoginRequired;
#[cfg(feature = "testing")]
pub use principal::log_in;
pub use rejection::{OnRejection, Reason, Rejection};
