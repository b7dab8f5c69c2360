//! `AuthContext::current`: the caller of the request that a task is handling.

use crate::context::AuthContext;

tokio::task_local! {
    static CURRENT: AuthContext;
}

impl AuthContext {
    /// The caller of the request that this task handles, like Flask's `g`.
    ///
    /// It is set below `#[login_required]` and `LoginRequired`, for the handler, its extractors and everything that
    /// they await. It is `None` elsewhere: in spawned tasks, in `web::block`, in a streamed body, and in a handler
    /// without the attribute that is protected only by an `AuthContext` argument or that an exception led to.
    ///
    /// ```
    /// use okta_auth_runtime::AuthContext;
    ///
    /// fn audit(action: &str) -> String {
    ///     match AuthContext::current() {
    ///         Some(user) => format!("{} did {action}", user.client_id()),
    ///         None => format!("nobody did {action}"),
    ///     }
    /// }
    ///
    /// assert_eq!(audit("that"), "nobody did that");
    /// ```
    pub fn current() -> Option<Self> {
        CURRENT.try_with(Self::clone).ok()
    }

    /// Runs `work` with this caller as [`current`](Self::current).
    pub(super) fn scope<F: Future>(self, work: F) -> impl Future<Output = F::Output> {
        CURRENT.scope(self, work)
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    #[tokio::test]
    async fn the_current_caller_is_known_only_within_its_scope() {
        let claims =
            json!({ "iss": "i", "aud": "a", "exp": 1_800_000_000, "sub": "alice", "uid": "00u1", "cid": "client-1" });
        let user = AuthContext::without_token(&claims).expect("good claims");
        assert!(AuthContext::current().is_none());
        let inside = user.scope(async { AuthContext::current().map(|user| user.client_id().to_owned()) }).await;
        assert_eq!(inside.as_deref(), Some("client-1"));
        assert!(AuthContext::current().is_none());
    }
}
