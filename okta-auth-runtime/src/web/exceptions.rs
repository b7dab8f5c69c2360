//! The routes that `LoginRequired` leaves open.

use actix_web::HttpRequest;
use actix_web::dev::{Path, ResourceDef};
use actix_web::http::Method;

#[derive(Clone, Default)]
pub(super) struct Exceptions(Vec<Exception>);

/// The routes with this pattern are left open for this method.
#[derive(Clone)]
struct Exception {
    method: Method,
    pattern: ResourceDef,
}

impl Exceptions {
    pub(super) fn add(&mut self, method: Method, pattern: String) {
        self.0.push(Exception { method, pattern: ResourceDef::new(pattern) });
    }

    /// Whether one of them covers the route of this request. Before the request is routed, a guard can still lead it to
    /// another route.
    pub(super) fn cover(&self, request: &HttpRequest) -> bool {
        // The path that the router matches. The raw path may be percent-encoded and match another pattern.
        let path = request.match_info().as_str();
        if self.0.is_empty() || path.contains("//") {
            return false;
        }
        let Some(pattern) = route_pattern(request) else { return false };
        let covers = |exception: &Exception| {
            exception.pattern.pattern() == Some(&*pattern) && exception.has_parameters_of(request)
        };
        self.0.iter().any(|exception| exception.method == request.method() && covers(exception))
    }

    /// Whether one of them has answered this request.
    pub(super) fn have_answered(&self, request: &HttpRequest) -> bool {
        // A default service leaves a part of the path unprocessed, and so does middleware that does not call the router.
        self.cover(request) && request.match_info().unprocessed().is_empty()
    }
}

impl Exception {
    /// Whether the pattern matches the path and, once all of it is routed, captures the same parameters.
    fn has_parameters_of(&self, request: &HttpRequest) -> bool {
        let routed = request.match_info();
        // For a resource with several patterns, actix-web reports the first, not the one that matched.
        let mut path = Path::new(routed.as_str());
        let matches = self.pattern.capture_match_info(&mut path);
        // A scope can take the whole path, too. In its default service, the pattern is that of the first resource for the
        // path, and only the parameters are those of the scope.
        matches && (!routed.unprocessed().is_empty() || path.iter().eq(routed.iter()))
    }
}

/// The pattern of the resource that serves this request. Before the request is routed, that of the first resource for
/// its path.
fn route_pattern(request: &HttpRequest) -> Option<String> {
    let path = request.match_info();
    let first_for_path = || request.resource_map().match_pattern(path.as_str());
    if !path.unprocessed().is_empty() {
        return first_for_path();
    }
    // On a resource, this is its pattern. In a scope whose prefix is the whole path, actix-web searches the map with the
    // raw path instead. That result is right only if the encoding does not matter.
    let pattern = request.match_pattern()?;
    (request.path() == path.as_str() || first_for_path().as_ref() == Some(&pattern)).then_some(pattern)
}
