//! The running local Okta.

use std::sync::{Arc, OnceLock};

use actix_web::middleware::from_fn;
use actix_web::web::{self, ServiceConfig};
use actix_web::{HttpResponse, Resource};
use okta_auth::Validator;
use okta_auth_testing::MockOkta;

use crate::config::Config;
use crate::guard::guard;
use crate::{console, page, sign_in, token_page};

/// What the pages know.
pub(crate) struct Local {
    pub(crate) config: Config,
    pub(crate) okta: MockOkta,
    /// An API's validator: its keys are as fresh or stale as theirs.
    pub(crate) validator: Validator,
}

/// The pages exist before the mock that serves them.
type Slot = Arc<OnceLock<Local>>;

impl Local {
    /// Starts serving.
    pub(crate) fn start(config: Config) -> Result<LocalHandle, String> {
        let slot = Slot::default();
        let pages = slot.clone();
        let started = config.builder().sign_in_page("/sign-in").routes(move |app| routes(app, &pages)).try_start();
        let okta = started.map_err(|error| format!("can't serve on {}: {error}", config.address))?;
        // The first is the mock's own client, which its validators know.
        let clients = config.clients.iter().skip(1).map(|client| client.id.as_str());
        let builder = clients.fold(okta.validator_builder(), |builder, id| builder.client_id(id));
        let validator = builder.build().map_err(|error| error.to_string())?;
        // The slot was made above, and is filled here alone.
        let _ = slot.set(Self { config, okta, validator });
        Ok(LocalHandle(slot))
    }
}

/// Keeps the local Okta running.
pub(crate) struct LocalHandle(Slot);

impl LocalHandle {
    /// Where it is, and what an app's environment has to say.
    pub(crate) fn greeting(&self) -> String {
        let Some(local) = self.0.get() else { return String::new() };
        let clients: Vec<&str> = local.config.clients.iter().map(|client| client.id.as_str()).collect();
        format!(
            "local-okta serves on {origin}\n\n  \
             {origin}/         tokens\n  \
             {origin}/console  faults\n\n\
             For an app:\n\n\
             export OKTA_ISSUER={issuer}\n\
             export OKTA_CLIENT_ID={clients}\n\
             export OKTA_AUDIENCE={audience}\n\
             export OKTA_JWKS_URI={keys}\n",
            origin = local.okta.origin(),
            issuer = local.okta.issuer(),
            clients = clients.join(","),
            audience = local.okta.audience(),
            keys = local.okta.jwks_uri(),
        )
    }
}

fn routes(app: &mut ServiceConfig, slot: &Slot) {
    app.app_data(web::Data::from(slot.clone()))
        .service(resource("/").get(token_page::show).post(token_page::sign))
        .service(resource("/console").get(console::show).post(console::act))
        .service(resource("/sign-in/{server}").get(sign_in::show))
        .service(resource("/local-okta.css").get(page::style));
}

/// A resource that only a browser on this machine may use.
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
    web::resource(path).wrap(from_fn(guard))
}

/// What the pages know, once the mock has started.
pub(crate) fn local(slot: &OnceLock<Local>) -> Result<&Local, actix_web::Error> {
    slot.get().ok_or_else(|| {
        actix_web::error::InternalError::from_response("starting", HttpResponse::ServiceUnavailable().finish()).into()
    })
}
