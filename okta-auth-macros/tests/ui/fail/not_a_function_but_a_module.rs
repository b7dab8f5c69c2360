use okta_auth::login_required;

#[login_required]
mod api {}

fn main() {}
