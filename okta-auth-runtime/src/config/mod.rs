//! The configuration of a validator: the builder, the issuers and the environment.

mod builder;
#[cfg(test)]
mod builder_tests;
mod client_certificates;
mod development;
mod dpop;
mod environment;
mod introspection;
mod issuer;
#[cfg(test)]
mod order_tests;
mod protected_resource;
mod resource_setters;
mod sender_setters;
mod url_rules;
mod variables;

pub use builder::{Dangerous, ValidatorBuilder};
pub use client_certificates::ClientCertificates;
pub use dpop::Dpop;
pub use introspection::Introspection;
pub use issuer::Issuer;

pub use crate::access_token::{Profile, ProfileBuilder};
pub use crate::clock::{Clock, SystemClock};
pub use crate::introspection::IntrospectionMode;
pub use crate::rejection::{OnRejection, StatusMapping};
#[cfg(feature = "redis")]
pub use crate::shared_store::SharedStoreBuilder;
pub use crate::shared_store::{ProofUse, Remembered, ReplayStore, SharedStore, StoreError};
