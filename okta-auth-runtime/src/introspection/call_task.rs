//! The task that makes one call, and hands out its result.

use std::sync::Arc;
use std::time::Duration;

use tokio::sync::oneshot;
use tokio::time::timeout;

use super::endpoint::CallResult;
use super::lifecycle::CallId;
use super::memory::Answer;
use super::response::TokenState;
use super::shared::{Shared, Waiters};
use crate::access_token::{Fingerprint, UncheckedAnswer};
use crate::error::{CallError, IntrospectionError, TokenError};
use crate::http::random;

/// A call from its start to its end. If its runtime shuts down, the call is abandoned. If it panics, the call fails.
pub(super) struct CallTask {
    shared: Arc<Shared>,
    id: CallId,
    fingerprint: Fingerprint,
    token: Box<str>,
    has_ended: bool,
}

impl CallTask {
    pub(super) fn new(shared: Arc<Shared>, id: CallId, fingerprint: Fingerprint, token: &str) -> Self {
        Self { shared, id, fingerprint, token: token.into(), has_ended: false }
    }

    /// Waits for its turn, calls, and gives the result to the requests that wait for it.
    pub(super) async fn run(mut self, admitted: oneshot::Receiver<Duration>) {
        match timeout(self.shared.settings.limits.timeout, admitted).await {
            Ok(Ok(asked_at)) => {
                let now = self.shared.now();
                let result = self.shared.source.call(&self.token, now).await;
                self.complete(asked_at, result);
            }
            // The call ended before it was admitted.
            Ok(Err(_)) => {}
            Err(_) => {
                let waiters = self.shared.with_state(|state| state.lifecycle.abandon(self.id));
                if let Some(Waiters { outcome, .. }) = waiters {
                    outcome.send_replace(Some(Err(IntrospectionError::TooManyCalls)));
                }
            }
        }
        self.has_ended = true;
    }

    fn complete(&self, asked_at: Duration, result: CallResult) {
        match result {
            Ok(state) => self.succeed(asked_at, state),
            Err(error) => self.fail(&Arc::new(error)),
        }
    }

    /// Remembers the answer, and gives it to the requests that wait for it.
    fn succeed(&self, asked_at: Duration, token_state: TokenState) {
        let Shared { rules, memory, .. } = &*self.shared;
        let (verdict, rejected) = match token_state {
            TokenState::Active(response) => {
                let (period, now) = (self.shared.period_of(asked_at), self.shared.now());
                let verdict = UncheckedAnswer::parse(&response).validate(&self.token, rules, period, now);
                let rejected = verdict.is_err().then(|| response.into());
                (verdict, rejected)
            }
            TokenState::Inactive(error) => (Err(error), None),
        };
        let answer = Answer { asked_at, verdict, rejected };
        let ended = self.shared.with_state(|state| {
            // The life cycle has dropped an overdue call. Its answer must not replace a newer one.
            state.lifecycle.waiters(self.id)?;
            // If the clock went back during the call, the answer is from the future, and its time would come again.
            if asked_at <= state.lifecycle.seen() {
                memory.insert(self.fingerprint, answer.clone());
            }
            let ended = state.lifecycle.succeed(self.id)?;
            let now = state.lifecycle.seen();
            let is_rejected = matches!(answer.verdict, Err(TokenError::RejectedByEndpoint { .. }));
            // A server can reject a malformed request before it looks at the credentials.
            state.is_misconfiguration_logged &= is_rejected;
            Some((ended, is_rejected.then(|| state.rejections.permit(now)).flatten()))
        });
        let Some((ended, suppressed)) = ended else { return };
        let issuer = &*rules.issuer;
        if ended.has_recovered {
            tracing::info!(issuer, "the introspection endpoint answers again");
        }
        if let (Err(TokenError::RejectedByEndpoint { error }), Some(suppressed)) = (&answer.verdict, suppressed) {
            tracing::warn!(issuer, %error, suppressed, "the introspection endpoint rejects a token with status 400");
        }
        ended.waiters.outcome.send_replace(Some(Ok(answer)));
    }

    /// Fails the requests that wait for this call, and those whose calls wait for their turn.
    fn fail(&self, cause: &Arc<CallError>) {
        let bad_request = match &**cause {
            CallError::CredentialsRejected { status: 400, error, .. } => Some(error),
            _ => None,
        };
        let failed = self.shared.with_state(|state| {
            let failed = state.lifecycle.fail(self.id, cause, random())?;
            let now = state.lifecycle.seen();
            let is_mistake = cause.is_misconfiguration();
            let is_news = is_mistake && !std::mem::replace(&mut state.is_misconfiguration_logged, true);
            let warning = if bad_request.is_some() { &mut state.rejections } else { &mut state.failures };
            Some((failed, is_news, warning.permit(now)))
        });
        let Some((failed, is_news, suppressed)) = failed else { return };
        let (issuer, retry_in) = (&*self.shared.rules.issuer, failed.retry_in);
        if is_news {
            tracing::error!(issuer, "tokens can't be introspected: {cause}");
        }
        match (suppressed, bad_request) {
            (Some(suppressed), Some(error)) => {
                tracing::warn!(issuer, %error, suppressed, "the introspection endpoint rejects our client with status 400");
            }
            (Some(suppressed), None) if !is_news => {
                tracing::warn!(issuer, error = %cause, ?retry_in, suppressed, "tokens can't be introspected");
            }
            _ => tracing::debug!(issuer, error = %cause, ?retry_in, "tokens can't be introspected"),
        }
        for Waiters { outcome, .. } in failed.waiters {
            outcome.send_replace(Some(Err(IntrospectionError::unavailable(Arc::clone(cause), retry_in))));
        }
    }
}

impl Drop for CallTask {
    fn drop(&mut self) {
        if self.has_ended {
            return;
        }
        if std::thread::panicking() {
            // Another call at once would probably panic again.
            return self.fail(&Arc::new(CallError::Abandoned));
        }
        // The requests that wait for it start another call.
        drop(self.shared.with_state(|state| state.lifecycle.abandon(self.id)));
    }
}
