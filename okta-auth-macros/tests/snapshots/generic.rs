// #[login_required]
// async fn create<'a, T: DeserializeOwned, const N: usize>(user: AuthContext, item: web::Json<T>) -> Result<web::Json<T>>
// where
//     T: Named,
// {
//     store::<T, N>(user, item).await
// }

async fn create<'a, T: DeserializeOwned + 'static, const N: usize>(
    __request: ::okta_auth::__private::HttpRequest,
    __payload: ::okta_auth::__private::Payload,
) -> impl ::okta_auth::__private::Responder
where
    T: Named,
    web::Json<T>: ::okta_auth::__private::FromRequest + 'static,
    Result<web::Json<T>>: ::okta_auth::__private::Responder + 'static,
{
    static __POLICY: ::okta_auth::Policy = ::okta_auth::__private::policy::authenticated();
    ::okta_auth::__private::guard(
            &__POLICY,
            __request,
            __payload,
            {
                async fn create<'a, T: DeserializeOwned, const N: usize>(
                    user: AuthContext,
                    item: web::Json<T>,
                ) -> Result<web::Json<T>>
                where
                    T: Named,
                {
                    store::<T, N>(user, item).await
                }
                create::<T, N>
            },
        )
        .await
}
