//! One bounded HTTP request.

pub(crate) mod cache_control;
mod client;

pub(crate) use client::{ConfigureHttp, Http, Reach, is_loopback, shown};
