use okta_auth::login_required;

struct Api;

impl Api {
    #[login_required]
    async fn test() -> &'static str {
        let _api: Api = Self;
        "test"
    }
}

fn main() {}
