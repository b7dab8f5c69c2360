use okta_auth::{AuthContext, login_required};

#[login_required]
#[rustfmt::skip]
async fn test(_a: AuthContext, _b: AuthContext, _c: AuthContext, _d: AuthContext, _e: AuthContext, _f: AuthContext, _g: AuthContext, _h: AuthContext, _i: AuthContext, _j: AuthContext, _k: AuthContext, _l: AuthContext, _m: AuthContext, _n: AuthContext, _o: AuthContext, _p: AuthContext, _q: AuthContext) -> &'static str {
    "test"
}

fn main() {}
