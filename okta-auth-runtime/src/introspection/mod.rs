//! A token's claims from the authorization server (RFC 7662).

mod client_authentication;
