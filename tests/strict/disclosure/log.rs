//! The events and spans of this project, recorded with all their fields.

use std::cell::RefCell;
use std::fmt::{Debug, Write as _};
use std::marker::PhantomData;
use std::sync::Once;

use tracing::field::{Field, Visit};
use tracing::span::{Attributes, Id, Record};
use tracing::subscriber::Interest;
use tracing::{Event, Metadata, Subscriber};
use tracing_subscriber::layer::{Context, Layer, SubscriberExt as _};

/// The prefix of every event about a rejected request.
pub(super) const REJECTED: &str = "request rejected: ";

thread_local! {
    /// The entries of this thread. `None` if no [`Log`] exists.
    static ENTRIES: RefCell<Option<Vec<Entry>>> = const { RefCell::new(None) };
}

/// Records the events and spans of this project on this thread, at every level, until it is dropped. Those of the HTTP
/// library are left out, because they show the fetched responses.
pub(super) struct Log(PhantomData<*const ()>);

/// An event, or the fields of a span.
#[derive(Default)]
pub(super) struct Entry {
    pub(super) message: String,
    /// The other fields, each as `name=value`, with the level, target, and name of the event.
    pub(super) rest: String,
}

impl Log {
    pub(super) fn record() -> Self {
        static RECORDER: Once = Once::new();
        // One subscriber for all threads. With one per thread, tracing can cache a callsite as disabled when a thread
        // without a subscriber reaches it first.
        RECORDER.call_once(|| {
            tracing::subscriber::set_global_default(tracing_subscriber::registry().with(Recorder))
                .expect("the only one");
        });
        ENTRIES.set(Some(Vec::new()));
        Self(PhantomData)
    }

    /// Takes the entries since the last call.
    pub(super) fn take(&self) -> Vec<Entry> {
        ENTRIES.replace(Some(Vec::new())).expect("a log exists")
    }
}

impl Drop for Log {
    fn drop(&mut self) {
        ENTRIES.set(None);
    }
}

struct Recorder;

fn note(record: impl FnOnce(&mut Entry)) {
    ENTRIES.with_borrow_mut(|entries| {
        if let Some(entries) = entries {
            let mut entry = Entry::default();
            record(&mut entry);
            entries.push(entry);
        }
    });
}

fn name(entry: &mut Entry, of: &Metadata<'_>) {
    let _ = write!(entry.rest, "{} {} {}", of.level(), of.target(), of.name());
}

impl<S: Subscriber> Layer<S> for Recorder {
    fn register_callsite(&self, of: &'static Metadata<'static>) -> Interest {
        if of.target().starts_with("okta_auth") { Interest::always() } else { Interest::never() }
    }

    fn on_event(&self, event: &Event<'_>, _: Context<'_, S>) {
        note(|entry| {
            name(entry, event.metadata());
            event.record(entry);
        });
    }

    fn on_new_span(&self, span: &Attributes<'_>, _: &Id, _: Context<'_, S>) {
        note(|entry| {
            name(entry, span.metadata());
            span.record(entry);
        });
    }

    fn on_record(&self, _: &Id, values: &Record<'_>, _: Context<'_, S>) {
        note(|entry| values.record(entry));
    }
}

impl Visit for Entry {
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
