// static ADMIN: Policy = policy!(scope("a") && group("b"));

static ADMIN: Policy = ::okta_auth::__private::policy::all({
    static __ALL: [::okta_auth::Policy; 2] = [
        ::okta_auth::__private::policy::scope("a"),
        ::okta_auth::__private::policy::group("b"),
    ];
    &__ALL
});
