use okta_auth::login_required;

struct Api;

impl Api {
    #[login_required]
    async fn test() -> actix_web::web::Json<Self> {
        actix_web::web::Json(Api)
    }
}

fn main() {}
