//! A policy expression has the meaning of the same Rust expression. Each is compiled by the macro and evaluated as Rust
//! functions of the same names, for every subset of its requirements.

use std::cell::Cell;

use actix_web::HttpRequest;
use actix_web::test::TestRequest;
use okta_auth::{AuthContext, policy};
use okta_auth_testing::prelude::*;

/// The requirements that a caller meets, as bits.
#[derive(Clone, Copy)]
struct Caller(u32);

/// Every requirement in the expressions has a bit.
const SCOPE_A: u32 = 1;
const SCOPE_B: u32 = 2;
const GROUP: u32 = 4;
const CLIENT: u32 = 8;
const USER: u32 = 16;
const PERSON: u32 = 32;
const CLAIM: u32 = 64;
const CHECK: u32 = 128;

impl Caller {
    fn meets(self, bit: u32) -> bool {
        self.0 & bit != 0
    }

    fn context(self) -> AuthContext {
        let user = AuthContext::test(if self.meets(USER) { "alice" } else { "bob" });
        let user = if self.meets(PERSON) { user.user_id("00u1") } else { user.service() };
        let user = user.client(if self.meets(CLIENT) { "c" } else { "d" });
        let user = if self.meets(SCOPE_A) { user.scope("a") } else { user };
        let user = if self.meets(SCOPE_B) { user.scope("b") } else { user };
        let user = if self.meets(GROUP) { user.group("g") } else { user };
        let user = if self.meets(CLAIM) { user.claim("tier", "gold") } else { user };
        user.into()
    }

    fn request(self) -> HttpRequest {
        TestRequest::with_uri(if self.meets(CHECK) { "/yes" } else { "/no" }).to_http_request()
    }
}

fn says_yes(_: &AuthContext, request: &HttpRequest) -> bool {
    request.path() == "/yes"
}

thread_local! {
    /// The caller of the plain functions.
    static CALLER: Cell<Caller> = const { Cell::new(Caller(0)) };
}

/// The requirements as plain functions.
mod plain {
    use super::{AuthContext, CALLER, CHECK, CLAIM, CLIENT, GROUP, HttpRequest, PERSON, SCOPE_A, SCOPE_B, USER};

    fn meets(bit: u32) -> bool {
        CALLER.get().meets(bit)
    }

    pub(super) fn scope(name: &str) -> bool {
        meets(if name == "a" { SCOPE_A } else { SCOPE_B })
    }

    pub(super) fn group(_: &str) -> bool {
        meets(GROUP)
    }

    pub(super) fn client(_: &str) -> bool {
        meets(CLIENT)
    }

    pub(super) fn user(_: &str) -> bool {
        meets(USER)
    }

    pub(super) fn user_id_present() -> bool {
        meets(PERSON)
    }

    pub(super) fn claim(_: &str, _: &str) -> bool {
        meets(CLAIM)
    }

    pub(super) fn check(_: fn(&AuthContext, &HttpRequest) -> bool) -> bool {
        meets(CHECK)
    }
}

/// Each expression as a policy and as plain Rust.
macro_rules! same {
    ($($expression:expr;)*) => {
        [$((stringify!($expression), policy!($expression), (|| {
            use plain::*;
            $expression
        }) as fn() -> bool)),*]
    };
}

#[test]
fn policy_expression_means_the_same_as_in_rust() {
    let cases = same! {
        scope("a");
        scope("a") && scope("b");
        scope("a") || scope("b");
        scope("a") && scope("b") || group("g");
        scope("a") || scope("b") && group("g");
        (scope("a") || scope("b")) && group("g");
        !client("c") || !user("alice") && !user_id_present();
        !(client("c")) && (user("alice") || claim("tier", "gold"));
        check(says_yes) && (scope("a") || (group("g") && !user_id_present()));
        scope("a") && (group("g") || (client("c") && (user("alice") || (claim("tier", "gold") && check(says_yes)))));
        (scope("a") && group("g")) || (scope("b") && claim("tier", "gold")) || (!client("c") && check(says_yes));
    };
    for (text, policy, plain) in &cases {
        for caller in (0..256).map(Caller) {
            let allowed = policy.authorize(&caller.context(), &caller.request()).is_ok();
            CALLER.set(caller);
            assert_eq!(allowed, plain(), "{text} for {:08b}", caller.0);
        }
    }
}
