//! The imports for a test of handlers: `use okta_auth_testing::prelude::*;`.
//!
//! ```
//! use actix_web::test::TestRequest;
//! use okta_auth::AuthContext;
//! use okta_auth_testing::prelude::*;
//!
//! let request = TestRequest::get().login(AuthContext::test("alice@example.com").scope("orders:read")).to_request();
//! # drop(request);
//! ```

pub use crate::caller_middleware::LoggedIn;
pub use crate::mock::MockOkta;
pub use crate::proof_key::ProofKey;
pub use crate::test_caller::TestContext;
pub use crate::test_request::LogIn;
