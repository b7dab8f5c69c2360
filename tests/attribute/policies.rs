//! Policies in the attribute reach the guard.

use actix_web::http::StatusCode;
use actix_web::test::TestRequest;
use actix_web::{HttpRequest, web};
use okta_auth::{AuthContext, Policy, login_required, policy};

use crate::setup::{send, send_as_alice};

static STATIC: Policy = policy!(scope("a") && (user("alice") || group("ops")));
const CONST: Policy = policy!(scope("a") && !user("bob"));
static UNMET: Policy = policy!(scope("b"));
static POLICY: Policy = policy!(crate = okta_auth, scope("a"));

fn is_alice(user: &AuthContext, request: &HttpRequest) -> bool {
    user.user() == "alice" && request.path() == "/x"
}

macro_rules! policies {
    ($($test:ident: ($($policy:tt)*) $expected:ident;)*) => {$(
        #[actix_web::test]
        async fn $test() {
            #[login_required($($policy)*)]
            async fn x() -> &'static str {
                "x"
            }
            let get = || TestRequest::get().uri("/x");
            let (status, _) = send_as_alice(|app| app.route("/x", web::get().to(x)), get()).await;
            assert_eq!(status, StatusCode::$expected);
            let (status, _) = send(|app| app.route("/x", web::get().to(x)), get()).await;
            assert_eq!(status, StatusCode::FORBIDDEN, "without a token");
        }
    )*};
}

policies! {
    an_empty_policy_asks_for_a_token_alone: () OK;
    a_scope_that_is_there: (scope("a")) OK;
    a_scope_that_is_not: (scope("b")) FORBIDDEN;
    both_of_two_when_one_is_missing: (scope("a") && scope("b")) FORBIDDEN;
    one_of_two_when_one_is_missing: (scope("a") || scope("b")) OK;
    nested_lists: (scope("b") || (scope("a") && (user("bob") || !user("carol")))) OK;
    a_negated_user: (!user("alice")) FORBIDDEN;
    a_claim_that_is_missing: (claim("tier", "gold") || claim("level", -5) || claim("/a/b", true)) FORBIDDEN;
    a_custom_check: (check(is_alice)) OK;
    a_custom_check_by_path: (scope("a") && check(crate::policies::is_alice)) OK;
    a_named_static: (policy = STATIC) OK;
    a_named_const: (policy = CONST) OK;
    a_named_policy_that_is_not_met: (policy = crate::policies::UNMET) FORBIDDEN;
    a_named_policy_called_policy: (policy = POLICY) OK;
    a_crate_path_and_a_policy: (crate = ::okta_auth, scope("b")) FORBIDDEN;
    a_trailing_comma: (scope("a"),) OK;
}

#[actix_web::test]
async fn an_expression_put_in_by_a_macro_stays_together() {
    macro_rules! handler {
        ($policy:expr, $scope:literal) => {
            #[login_required($policy && scope($scope))]
            async fn x() -> &'static str {
                "x"
            }
        };
    }
    // Without the parentheses that a macro implies this would be `user("alice") || (user("bob") && scope("b"))`.
    handler!(user("alice") || user("bob"), "b");
    let request = TestRequest::get().uri("/x");
    let (status, _) = send_as_alice(|app| app.route("/x", web::get().to(x)), request).await;
    assert_eq!(status, StatusCode::FORBIDDEN);
}
