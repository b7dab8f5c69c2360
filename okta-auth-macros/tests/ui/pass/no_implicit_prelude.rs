//! The generated code uses full paths.
#![no_implicit_prelude]

#[::okta_auth::login_required(scope("a") && (group("b") || !client("c")))]
async fn test(_user: ::okta_auth::AuthContext) -> &'static str {
    "test"
}

#[::okta_auth::login_required(scope("a"))]
#[::okta_auth::login_required(user("b"))]
async fn twice(_user: ::okta_auth::AuthContext) -> &'static str {
    "twice"
}

#[::okta_auth::login_required]
async fn generic<T: 'static>(_item: ::actix_web::web::Data<T>) -> &'static str {
    "generic"
}

#[::okta_auth::login_required]
fn future<T>(item: T) -> ::std::future::Ready<T> {
    ::std::future::ready(item)
}

fn main() {
    ::std::mem::drop(::actix_web::web::get().to(test));
    ::std::mem::drop(::actix_web::web::get().to(generic::<u8>));
    ::std::mem::drop(::actix_web::web::get().to(future::<::std::string::String>));
    ::std::mem::drop(::actix_web::web::get().to(twice));
}
