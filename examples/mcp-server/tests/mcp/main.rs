//! The server of this package over HTTP, with tokens of `MockOkta`.

mod login;
mod refusals;
mod support;
