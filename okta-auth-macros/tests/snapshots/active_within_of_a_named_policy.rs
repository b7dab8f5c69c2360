// #[login_required(policy = ADMIN, active_within = "1m", crate = my::okta)]
// async fn admin() -> &'static str {
//     "admin"
// }

async fn admin(
    __request: my::okta::__private::HttpRequest,
    __payload: my::okta::__private::Payload,
) -> impl my::okta::__private::Responder {
    static __POLICY: &my::okta::Policy = &ADMIN;
    my::okta::__private::guard_active(
            __POLICY,
            ::core::time::Duration::from_secs(60),
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
