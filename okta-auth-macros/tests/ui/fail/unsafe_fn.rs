use okta_auth::login_required;

#[login_required]
async unsafe fn test() -> &'static str {
    "test"
}

fn main() {}
