use okta_auth::{Policy, policy};

static ADMIN: Policy = policy!(active_within = 10, scop("admin"));

fn main() {
    let _policy: &Policy = &ADMIN;
}
