//! `#[login_required]` supports every form of a handler, above and below every other attribute.

mod forms;
mod order;
mod policies;
mod semantics;
mod setup;
