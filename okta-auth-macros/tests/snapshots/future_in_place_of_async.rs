// #[login_required]
// fn echo<T>(item: T) -> Ready<T> {
//     ready(item)
// }

async fn echo<T>(
    __request: ::okta_auth::__private::HttpRequest,
    __payload: ::okta_auth::__private::Payload,
) -> impl ::okta_auth::__private::Responder
where
    T: 'static,
    T: ::okta_auth::__private::FromRequest + 'static,
    <Ready<
        T,
    > as ::core::future::Future>::Output: ::okta_auth::__private::Responder + 'static,
{
    static __POLICY: ::okta_auth::Policy = ::okta_auth::__private::policy::authenticated();
    ::okta_auth::__private::guard(
            &__POLICY,
            __request,
            __payload,
            {
                fn echo<T>(item: T) -> Ready<T> {
                    ready(item)
                }
                echo::<T>
            },
        )
        .await
}
