use okta_auth::login_required;

struct Api;

impl Api {
    #[login_required]
    async fn test(&self) -> &'static str {
        "test"
    }
}

fn main() {}
