// #[login_required(crate = my::okta, user_id_present())]
// async fn test() -> &'static str {
//     "test"
// }

async fn test(
    __request: my::okta::__private::HttpRequest,
    __payload: my::okta::__private::Payload,
) -> impl my::okta::__private::Responder {
    static __POLICY: my::okta::Policy = my::okta::__private::policy::user_id_present();
    my::okta::__private::guard(
            &__POLICY,
            __request,
            __payload,
            {
                async fn test() -> &'static str {
                    "test"
                }
                test
            },
        )
        .await
}
