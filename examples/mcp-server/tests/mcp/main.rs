//! The server of this package over HTTP, with tokens of `MockOkta`.

mod refusals;
mod support;
