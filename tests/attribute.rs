//! `#[login_required]` serves every form of a handler, above and below every other attribute.

#[path = "attribute/setup.rs"]
mod setup;

#[path = "attribute/order.rs"]
mod order;

#[path = "attribute/forms.rs"]
mod forms;

#[path = "attribute/policies.rs"]
mod policies;

#[path = "attribute/truth.rs"]
mod truth;
