use actix_web::HttpRequest;
use okta_auth::{AuthContext, Policy, login_required, policy};

fn own(_user: &AuthContext, _request: &HttpRequest) -> bool {
    true
}

const CONST: Policy = policy!(scope("a") && check(own));
static STATIC: Policy = policy!(scope("a") || (group("b") && claim("n", -9223372036854775808)));
static STEP_UP: Policy = policy!((acr("phr") && auth_within("5m")) || actor("agent") || no_actor() || sender_constrained());
static ANY: Policy = policy!();

struct Holder;

impl Holder {
    const POLICY: Policy = policy!(!client("a") && !user("b") && !user_id_present());
}

#[login_required(policy = Holder::POLICY)]
async fn associated() -> &'static str {
    "associated"
}

#[login_required(policy = CONST)]
async fn constant() -> &'static str {
    "constant"
}

#[login_required(policy = STATIC)]
async fn of_static() -> &'static str {
    "static"
}

fn main() {
    let _policies: [&Policy; 4] = [&ANY, &STEP_UP, &policy!(claim("a", true)), &policy!(auth_within(300))];
    drop(actix_web::web::get().to(associated));
    drop(actix_web::web::get().to(constant));
    drop(actix_web::web::get().to(of_static));
}
