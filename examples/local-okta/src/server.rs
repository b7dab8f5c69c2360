//! The running program: the mock Okta and its pages.

use std::sync::Arc;

use actix_web::Resource;
use actix_web::middleware::from_fn;
use actix_web::web::{self, ServiceConfig};
use okta_auth_testing::ProofKey;

use crate::config::Config;
use crate::page_security::secure_page;
use crate::state::{AppState, StateSlot};
use crate::{console, introspection, page, sign_in, token_page};

/// Serves as long as it exists.
pub(crate) struct LocalOkta(Arc<StateSlot>);

impl LocalOkta {
    pub(crate) fn start(config: Config) -> Result<Self, String> {
        let slot = Arc::<StateSlot>::default();
        let pages = slot.clone();
        let started = config.builder().sign_in_page("/sign-in").routes(move |app| routes(app, &pages)).try_start();
        let okta = started.map_err(|error| format!("can't serve on {}: {error}", config.address))?;
        // The validator builder of the mock already knows the first client.
        let clients = config.clients.iter().skip(1).map(|client| client.id.as_str());
        let builder = clients.fold(okta.validator_builder(), |builder, id| builder.client_id(id));
        let validator = builder.build().map_err(|error| error.to_string())?;
        // The slot is new and only set here, so this can't fail.
        let _ = slot.set(AppState { config, okta, validator, proof_key: ProofKey::new() });
        Ok(Self(slot))
    }

    /// The address of the pages, and the environment variables for an app.
    pub(crate) fn greeting(&self) -> String {
        let Some(state) = self.0.get() else { return String::new() };
        let clients: Vec<&str> = state.config.clients.iter().map(|client| client.id.as_str()).collect();
        let introspection = introspection::variables(state).map(|variables| {
            let lines: String = variables.lines().map(|line| format!("export {line}\n")).collect();
            format!("\nFor an app that introspects opaque tokens, also:\n\n{lines}")
        });
        format!(
            "local-okta serves on {origin}\n\n  \
             {origin}/         tokens\n  \
             {origin}/console  faults\n\n\
             For an app:\n\n\
             export OKTA_ISSUER={issuer}\n\
             export OKTA_CLIENT_ID={clients}\n\
             export OKTA_AUDIENCE={audience}\n\
             export OKTA_JWKS_URI={keys}\n{introspection}\n\
             Stop it with Ctrl+C.",
            origin = state.okta.origin(),
            issuer = state.okta.issuer(),
            clients = clients.join(","),
            audience = state.okta.audience(),
            keys = state.okta.jwks_uri(),
            introspection = introspection.unwrap_or_default(),
        )
    }
}

fn routes(app: &mut ServiceConfig, slot: &Arc<StateSlot>) {
    app.app_data(web::Data::from(slot.clone()))
        .service(resource("/").get(token_page::show).post(token_page::sign))
        .service(resource("/console").get(console::show).post(console::submit))
        .service(resource("/sign-in/{server}").get(sign_in::show))
        .service(resource("/local-okta.css").get(page::style));
}

/// A resource whose forms only pages of this program may send.
fn resource(
    path: &str,
) -> Resource<
    impl actix_web::dev::ServiceFactory<
        actix_web::dev::ServiceRequest,
        Config = (),
        Response = actix_web::dev::ServiceResponse<impl actix_web::body::MessageBody>,
        Error = actix_web::Error,
        InitError = (),
    >,
> {
    web::resource(path).wrap(from_fn(secure_page))
}
