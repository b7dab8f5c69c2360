//! One bounded HTTP request.

pub(crate) mod cache_control;
mod client;

pub(crate) use client::{ConfigureHttp, HttpClient, HttpPolicy, Limits, is_loopback};
