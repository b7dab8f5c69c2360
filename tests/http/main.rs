//! Tests over real HTTP: a mock Okta, an app on a free port, a client.

mod algorithms;
mod attacks;
mod body;
mod certificates;
mod claim_errors;
mod concurrency;
mod context;
mod dpop;
mod exceptions;
mod explained;
mod extractors;
mod faults;
mod http2;
mod keys;
mod middleware;
mod policies;
mod proof_rules;
mod rejections;
mod resource_metadata;
mod rfc9449;
mod selection;
mod sender_constrained;
mod step_up;
mod support;
mod table;
mod websockets;
