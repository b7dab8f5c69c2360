use okta_auth::login_required;

#[login_required]
async fn test(item: impl actix_web::FromRequest) -> &'static str {
    drop(item);
    "test"
}

fn main() {}
