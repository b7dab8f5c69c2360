//! Introspection responses that a test sets for single tokens.

use std::collections::HashMap;
use std::fmt;
use std::sync::Arc;

use parking_lot::Mutex;
use serde_json::Value;

/// The deviation from the normal response for a token.
#[derive(Clone)]
pub(crate) enum Answer {
    /// Changes the normal response.
    Change(Arc<dyn Fn(&mut Value) + Send + Sync>),
    /// Replaces the normal response.
    Replace { status: u16, body: String },
}

impl fmt::Debug for Answer {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Change(_) => f.debug_tuple("Change").finish_non_exhaustive(),
            Self::Replace { status, body } => {
                f.debug_struct("Replace").field("status", status).field("body", body).finish()
            }
        }
    }
}

/// The deviations of a mock, by token.
#[derive(Debug, Default)]
pub(crate) struct Answers(Mutex<HashMap<String, Answer>>);

impl Answers {
    pub(crate) fn set(&self, token: &str, answer: Answer) {
        self.0.lock().insert(token.to_owned(), answer);
    }

    pub(crate) fn remove(&self, token: &str) {
        self.0.lock().remove(token);
    }

    pub(crate) fn find(&self, token: &str) -> Option<Answer> {
        self.0.lock().get(token).cloned()
    }
}
