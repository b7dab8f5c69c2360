//! One bounded HTTP request.

mod backoff;
pub(crate) mod cache_control;
mod client;

pub(crate) use backoff::{BackoffSettings, fraction_of, random};
pub(crate) use client::{ConfigureHttp, FormResponse, HttpClient, HttpPolicy, Limits, is_loopback};
