//! The log of a test.

use std::sync::{Arc, LazyLock};

use parking_lot::Mutex;
use tracing::dispatcher::Dispatch;
use tracing::field::{Field, Visit};
use tracing::span::{Attributes, Id, Record};
use tracing::{Event, Level, Metadata, Subscriber};

/// Collects the events of this crate at info and above.
#[derive(Clone)]
pub(crate) struct Log(Arc<Mutex<Vec<(Level, String)>>>);

impl Default for Log {
    fn default() -> Self {
        // While there is only one subscriber, the first thread that reaches an event decides for all threads whether the event is
        // of interest. A test without a subscriber would turn it off for the others. The second one prevents this.
        static SECOND: LazyLock<Dispatch> = LazyLock::new(|| Dispatch::new(Log(Arc::default())));
        LazyLock::force(&SECOND);
        Self(Arc::default())
    }
}

impl Log {
    /// The events since the last call.
    pub(crate) fn read(&self) -> Vec<(Level, String)> {
        std::mem::take(&mut *self.0.lock())
    }
}

impl Subscriber for Log {
    fn enabled(&self, metadata: &Metadata<'_>) -> bool {
        metadata.target().starts_with("okta_auth_runtime") && *metadata.level() <= Level::INFO
    }

    fn new_span(&self, _: &Attributes<'_>) -> Id {
        Id::from_u64(1)
    }

    fn record(&self, _: &Id, _: &Record<'_>) {}

    fn record_follows_from(&self, _: &Id, _: &Id) {}

    fn event(&self, event: &Event<'_>) {
        struct Message(String);
        impl Visit for Message {
            fn record_debug(&mut self, field: &Field, value: &dyn std::fmt::Debug) {
                if field.name() == "message" {
                    self.0 = format!("{value:?}");
                }
            }
        }
        let mut message = Message(String::new());
        event.record(&mut message);
        self.0.lock().push((*event.metadata().level(), message.0));
    }

    fn enter(&self, _: &Id) {}

    fn exit(&self, _: &Id) {}
}
