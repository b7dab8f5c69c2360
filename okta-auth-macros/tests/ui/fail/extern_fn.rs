use okta_auth::login_required;

#[login_required]
extern "C" fn test() -> u8 {
    0
}

fn main() {}
