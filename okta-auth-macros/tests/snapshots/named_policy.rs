// #[login_required(policy = crate::ADMIN)]
// async fn admin() -> &'static str {
//     "admin"
// }

async fn admin(
    __request: ::okta_auth::__private::HttpRequest,
    __payload: ::okta_auth::__private::Payload,
) -> impl ::okta_auth::__private::Responder {
    static __POLICY: &::okta_auth::Policy = &crate::ADMIN;
    ::okta_auth::__private::guard(
            __POLICY,
            __request,
            __payload,
            {
                async fn admin() -> &'static str {
                    "admin"
                }
                admin
            },
        )
        .await
}
