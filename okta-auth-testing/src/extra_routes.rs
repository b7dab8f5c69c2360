//! Routes that a mock serves in addition to Okta's endpoints.

use std::sync::Arc;

use actix_web::web::ServiceConfig;

/// A function that adds routes to the app of a mock.
#[derive(Clone)]
pub(crate) struct ExtraRoutes(Arc<dyn Fn(&mut ServiceConfig) + Send + Sync>);

impl ExtraRoutes {
    pub(crate) fn new(routes: impl Fn(&mut ServiceConfig) + Send + Sync + 'static) -> Self {
        Self(Arc::new(routes))
    }

    pub(crate) fn add_to(&self, app: &mut ServiceConfig) {
        (self.0)(app);
    }
}

impl std::fmt::Debug for ExtraRoutes {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("ExtraRoutes").finish_non_exhaustive()
    }
}
