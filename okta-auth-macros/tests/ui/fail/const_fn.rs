use okta_auth::login_required;

#[login_required]
const fn test() -> &'static str {
    "test"
}

fn main() {}
