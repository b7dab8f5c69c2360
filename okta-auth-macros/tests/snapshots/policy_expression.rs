// #[login_required(scope("a") && (group("b") || claim("level", -5) || !client("c")) && check(own::order))]
// async fn orders() -> &'static str {
//     "orders"
// }

async fn orders(
    __request: ::okta_auth::__private::HttpRequest,
    __payload: ::okta_auth::__private::Payload,
) -> impl ::okta_auth::__private::Responder {
    static __POLICY: ::okta_auth::Policy = ::okta_auth::__private::policy::all({
        static __ALL: [::okta_auth::Policy; 3] = [
            ::okta_auth::__private::policy::scope("a"),
            ::okta_auth::__private::policy::any({
                static __ANY: [::okta_auth::Policy; 3] = [
                    ::okta_auth::__private::policy::group("b"),
                    ::okta_auth::__private::policy::claim_integer("level", -5),
                    ::okta_auth::__private::policy::not_client("c"),
                ];
                &__ANY
            }),
            ::okta_auth::__private::policy::check(own::order),
        ];
        &__ALL
    });
    ::okta_auth::__private::guard(
            &__POLICY,
            __request,
            __payload,
            {
                async fn orders() -> &'static str {
                    "orders"
                }
                orders
            },
        )
        .await
}
