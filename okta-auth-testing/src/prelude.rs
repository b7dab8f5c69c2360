//! What a test of handlers needs: `use okta_auth_testing::prelude::*;`.
//!
//! ```
//! use actix_web::test::TestRequest;
//! use okta_auth::AuthContext;
//! use okta_auth_testing::prelude::*;
//!
//! let request = TestRequest::get().login(AuthContext::test("alice@example.com").scope("orders:read")).to_request();
//! # drop(request);
//! ```

pub use crate::log_in::LogIn;
pub use crate::logged_in::LoggedIn;
pub use crate::mock::MockOkta;
pub use crate::test_user::TestContext;
