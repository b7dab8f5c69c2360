use okta_auth::{Policy, policy};

static ADMIN: Policy = policy!(scope("admin"));
static OTHER: Policy = policy!(policy = ADMIN);

fn main() {
    let _policy: &Policy = &OTHER;
}
