//! The route table: what is served, to whom, since which version; and what is known of the compatible APIs but not
//! built. The router, the guards, the tests and docs/api.md all read it.

use axum::Router;
use axum::extract::Request;
use axum::handler::Handler;
use axum::http::Method;
use axum::middleware::{self, Next};
use axum::response::{IntoResponse, Response};
use axum::routing::{MethodFilter, MethodRouter, on};
use steadfast_operations::Control;

use crate::http::access::{self, Access};
use crate::http::microversion::Microversion;
use crate::http::refusal::Refusal;
use crate::http::service::Service;
use crate::identity::caller::Session;
use crate::site::Site;

/// One method of one path.
pub struct Route<C> {
    pub method: Method,
    /// As axum writes it, with `{names}` for what varies.
    pub path: &'static str,
    pub access: Access,
    /// What it does, for docs/api.md.
    pub does: &'static str,
    /// The versions at which it exists; all of them unless it says otherwise.
    pub since: Option<Microversion>,
    pub until: Option<Microversion>,
    /// None: known, and not built.
    endpoint: Option<MethodRouter<Site<C>>>,
}

impl<C> std::fmt::Debug for Route<C> {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "{} {}", self.method, self.path)
    }
}

impl<C: Control> Route<C> {
    fn built<H, T>(
        method: Method,
        path: &'static str,
        access: Access,
        does: &'static str,
        handler: H,
    ) -> Route<C>
    where
        H: Handler<T, Site<C>>,
        T: 'static,
    {
        let filter = MethodFilter::try_from(method.clone()).expect("the table uses the common methods");
        let endpoint = Some(on(filter, handler));
        Route { method, path, access, does, since: None, until: None, endpoint }
    }

    /// Something to read.
    pub fn get<H, T>(path: &'static str, access: Access, does: &'static str, handler: H) -> Route<C>
    where
        H: Handler<T, Site<C>>,
        T: 'static,
    {
        Self::built(Method::GET, path, access, does, handler)
    }

    /// Something to make, or to do.
    pub fn post<H, T>(path: &'static str, access: Access, does: &'static str, handler: H) -> Route<C>
    where
        H: Handler<T, Site<C>>,
        T: 'static,
    {
        Self::built(Method::POST, path, access, does, handler)
    }

    /// Something to replace.
    pub fn put<H, T>(path: &'static str, access: Access, does: &'static str, handler: H) -> Route<C>
    where
        H: Handler<T, Site<C>>,
        T: 'static,
    {
        Self::built(Method::PUT, path, access, does, handler)
    }

    /// Something to remove.
    pub fn delete<H, T>(path: &'static str, access: Access, does: &'static str, handler: H) -> Route<C>
    where
        H: Handler<T, Site<C>>,
        T: 'static,
    {
        Self::built(Method::DELETE, path, access, does, handler)
    }

    /// A route of the compatible API that this site answers with 501.
    pub fn unbuilt(method: Method, path: &'static str, does: &'static str) -> Route<C> {
        Route { method, path, access: Access::Anyone, does, since: None, until: None, endpoint: None }
    }

    /// The first version at which the route exists.
    #[must_use]
    pub fn since(mut self, version: Microversion) -> Route<C> {
        self.since = Some(version);
        self
    }

    /// The first version at which it does not exist any more.
    #[must_use]
    pub fn until(mut self, version: Microversion) -> Route<C> {
        self.until = Some(version);
        self
    }

    #[must_use]
    pub fn is_built(&self) -> bool {
        self.endpoint.is_some()
    }

    #[must_use]
    pub fn service(&self) -> Service {
        Service::of(self.path)
    }

    /// The route behind its guard.
    fn guarded(self, site: &Site<C>) -> (&'static str, MethodRouter<Site<C>>) {
        let (since, until, access) = (self.since, self.until, self.access);
        let (method, path) = (self.method, self.path);
        let endpoint = self.endpoint.unwrap_or_else(|| {
            let filter = MethodFilter::try_from(method.clone()).expect("the table uses the common methods");
            on(filter, async move || {
                Refusal::not_implemented(format!(
                    "{method} {path} is part of the API, but this site does not have it"
                ))
            })
        });
        let site = site.clone();
        let guard = move |request: Request, next: Next| {
            let site = site.clone();
            async move {
                match access::admit(&site, request, access, since, until) {
                    Ok(request) => {
                        let actor = request.extensions().get::<Session>().map(Session::actor);
                        let mut answer = next.run(request).await;
                        actor.map(|actor| answer.extensions_mut().insert(actor));
                        answer
                    }
                    Err(refusal) => refusal.into_response(),
                }
            }
        };
        (path, endpoint.layer(middleware::from_fn(guard)))
    }
}

/// A router of the whole table.
pub fn router<C: Control>(routes: Vec<Route<C>>, site: &Site<C>) -> Router<Site<C>> {
    let router = routes.into_iter().fold(Router::new(), |router, route| {
        let (path, endpoint) = route.guarded(site);
        router.route(path, endpoint)
    });
    router.method_not_allowed_fallback(bad_method).fallback(not_found)
}

async fn not_found(request: Request) -> Response {
    let path = crate::http::refusal::quote(request.uri().path());
    Refusal::not_found(format!("there is no {path} here")).into_response()
}

async fn bad_method(request: Request) -> Response {
    let path = crate::http::refusal::quote(request.uri().path());
    Refusal::bad_method(format!(
        "{path} does not take {}; the header Allow says what it takes",
        request.method()
    ))
    .into_response()
}
