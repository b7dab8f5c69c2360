// #[login_required(scope("a"), crate = my::okta)]
// /// Says who is asking.
// #[routes]
// #[get("/test")]
// #[head("/test")]
// #[allow(unused)]
// async fn test(user: AuthContext) -> String {
//     user.user().to_owned()
// }

/// Says who is asking.
#[routes]
#[get("/test")]
#[head("/test")]
#[allow(unused)]
#[my::okta::__private::login_required_innermost(scope("a"), crate = my::okta)]
async fn test(user: AuthContext) -> String {
    another_attribute_dropped_login_required_of_test! {}
    user.user().to_owned()
}
