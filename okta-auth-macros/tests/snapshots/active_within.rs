// #[login_required(active_within = 10, scope("payments:write"))]
// async fn pay(user: AuthContext) -> impl Responder {
//     user.user().to_owned()
// }

async fn pay(
    __request: ::okta_auth::__private::HttpRequest,
    __payload: ::okta_auth::__private::Payload,
) -> impl ::okta_auth::__private::Responder {
    static __POLICY: ::okta_auth::Policy = ::okta_auth::__private::policy::scope(
        "payments:write",
    );
    ::okta_auth::__private::guard_active(
            &__POLICY,
            ::core::time::Duration::from_secs(10),
            __request,
            __payload,
            {
                async fn pay(user: AuthContext) -> impl Responder {
                    user.user().to_owned()
                }
                pay
            },
        )
        .await
}
