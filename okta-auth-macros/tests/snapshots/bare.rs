// #[login_required]
// /// Says who is asking.
// pub(crate) async fn test(user: AuthContext) -> impl Responder {
//     user.user().to_owned()
// }

/// Says who is asking.
pub(crate) async fn test(
    __request: ::okta_auth::__private::HttpRequest,
    __payload: ::okta_auth::__private::Payload,
) -> impl ::okta_auth::__private::Responder {
    static __POLICY: ::okta_auth::Policy = ::okta_auth::__private::policy::authenticated();
    ::okta_auth::__private::guard(
            &__POLICY,
            __request,
            __payload,
            {
                async fn test(user: AuthContext) -> impl Responder {
                    user.user().to_owned()
                }
                test
            },
        )
        .await
}
