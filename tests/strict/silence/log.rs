//! What this project says in the log, as it is said: whole events with all their fields, not lines of a text.

use std::fmt::{Debug, Write as _};
use std::sync::{Arc, Mutex};

use tracing::field::{Field, Visit};
use tracing::span::{Attributes, Id, Record};
use tracing::subscriber::DefaultGuard;
use tracing::{Event, Metadata, Subscriber};
use tracing_subscriber::layer::{Context, Layer, SubscriberExt as _};

/// What every event of ours about a refused request begins with.
pub(super) const REJECTED: &str = "request rejected: ";

/// Listens to this project's events and spans of every level. Those of the HTTP library show what was fetched.
#[derive(Clone, Default)]
pub(super) struct Log(Arc<Mutex<Vec<Said>>>);

/// An event, or the fields of a span.
#[derive(Default)]
pub(super) struct Said {
    pub(super) message: String,
    /// The other fields, each as `name=value`, with the name of the event and where it comes from.
    pub(super) rest: String,
}

impl Log {
    /// Takes what was said since the last call.
    pub(super) fn take(&self) -> Vec<Said> {
        std::mem::take(&mut *self.0.lock().expect("the log"))
    }

    /// Listens on this thread from now on.
    pub(super) fn listen(&self) -> DefaultGuard {
        tracing::subscriber::set_default(tracing_subscriber::registry().with(self.clone()))
    }

    fn note(&self, from: &Metadata<'_>, record: impl FnOnce(&mut Said)) {
        if from.target().starts_with("okta_auth") {
            let mut said = Said::default();
            let _ = write!(said.rest, "{} {} {}", from.level(), from.target(), from.name());
            record(&mut said);
            self.0.lock().expect("the log").push(said);
        }
    }
}

impl<S: Subscriber> Layer<S> for Log {
    fn on_event(&self, event: &Event<'_>, _: Context<'_, S>) {
        self.note(event.metadata(), |said| event.record(said));
    }

    fn on_new_span(&self, span: &Attributes<'_>, _: &Id, _: Context<'_, S>) {
        self.note(span.metadata(), |said| span.record(said));
    }

    // Whose span it is can't be told from its ID alone, so anybody's counts.
    fn on_record(&self, _: &Id, values: &Record<'_>, _: Context<'_, S>) {
        let mut said = Said::default();
        values.record(&mut said);
        self.0.lock().expect("the log").push(said);
    }
}

impl Visit for Said {
    fn record_debug(&mut self, field: &Field, value: &dyn Debug) {
        if field.name() == "message" {
            let _ = write!(self.message, "{value:?}");
        } else {
            let _ = write!(self.rest, " {field}={value:?}");
        }
    }

    fn record_str(&mut self, field: &Field, value: &str) {
        let _ = write!(self.rest, " {field}={value}");
    }
}
