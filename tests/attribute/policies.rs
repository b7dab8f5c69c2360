//! The guard enforces the policies of the attribute.

use actix_web::http::StatusCode;
use actix_web::http::header::AUTHORIZATION;
use actix_web::test::TestRequest;
use actix_web::{HttpRequest, web};
use okta_auth::{AuthContext, Policy, login_required, policy};

use crate::setup::{bearer_of_agent, send, send_as_alice};

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
    empty_policy_requires_only_a_token: () OK;
    granted_scope_is_accepted: (scope("a")) OK;
    missing_scope_is_rejected: (scope("b")) FORBIDDEN;
    and_rejects_if_one_requirement_fails: (scope("a") && scope("b")) FORBIDDEN;
    or_accepts_if_one_requirement_holds: (scope("a") || scope("b")) OK;
    nested_expressions_are_evaluated: (scope("b") || (scope("a") && (user("bob") || !user("carol")))) OK;
    negated_user_is_rejected: (!user("alice")) FORBIDDEN;
    missing_claim_is_rejected: (claim("tier", "gold") || claim("level", -5) || claim("/a/b", true)) FORBIDDEN;
    class_of_the_authentication_is_accepted: (acr("urn:okta:loa:2fa:any")) OK;
    stronger_class_is_required: (acr("phr")) UNAUTHORIZED;
    recent_authentication_is_accepted: (auth_within("1h") && auth_within(7200)) OK;
    old_authentication_is_rejected: (auth_within(300)) UNAUTHORIZED;
    old_authentication_in_minutes_is_rejected: (auth_within("5m")) UNAUTHORIZED;
    token_without_an_actor_is_accepted: (no_actor()) OK;
    missing_actor_is_rejected: (actor("agent")) FORBIDDEN;
    token_that_is_not_bound_is_rejected: (sender_constrained()) FORBIDDEN;
    alternative_to_a_bound_token_is_accepted: (sender_constrained() || scope("a")) OK;
    custom_check_is_called: (check(is_alice)) OK;
    custom_check_is_found_by_path: (scope("a") && check(crate::policies::is_alice)) OK;
    named_static_is_used: (policy = STATIC) OK;
    named_const_is_used: (policy = CONST) OK;
    unmet_named_policy_is_rejected: (policy = crate::policies::UNMET) FORBIDDEN;
    named_policy_may_be_called_policy: (policy = POLICY) OK;
    crate_path_and_policy_combine: (crate = ::okta_auth, scope("b")) FORBIDDEN;
    trailing_comma_is_allowed: (scope("a"),) OK;
}

#[actix_web::test]
async fn outermost_actor_decides() {
    #[login_required(user("alice") && actor("agent"))]
    async fn agent() -> &'static str {
        "agent"
    }
    #[login_required(actor("alice") || no_actor())]
    async fn others() -> &'static str {
        "others"
    }
    for (path, expected) in [("/agent", StatusCode::OK), ("/others", StatusCode::FORBIDDEN)] {
        let request = TestRequest::get().uri(path).insert_header((AUTHORIZATION, bearer_of_agent()));
        let (status, _) =
            send(|app| app.route("/agent", web::get().to(agent)).route("/others", web::get().to(others)), request)
                .await;
        assert_eq!(status, expected, "{path}");
    }
}

#[actix_web::test]
async fn macro_expression_keeps_its_precedence() {
    macro_rules! handler {
        ($policy:expr, $scope:literal) => {
            #[login_required($policy && scope($scope))]
            async fn x() -> &'static str {
                "x"
            }
        };
    }
    // Without the implied parentheses of a macro fragment, this would be `user("alice") || (user("bob") &&
    // scope("b"))`.
    handler!(user("alice") || user("bob"), "b");
    let request = TestRequest::get().uri("/x");
    let (status, _) = send_as_alice(|app| app.route("/x", web::get().to(x)), request).await;
    assert_eq!(status, StatusCode::FORBIDDEN);
}
