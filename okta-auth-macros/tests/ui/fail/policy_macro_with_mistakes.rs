use okta_auth::{Policy, policy};

static ADMIN: Policy = policy!(scope("a b") && grup("admins"));

fn main() {
    let _policy: &Policy = &ADMIN;
}
