//! An HTTP server: connections, timeouts, CORS and response headers; what it serves is its handler's.
//!
//! Speaks HTTP/1.1, and HTTP/2 to clients that begin with it.

mod connection;
mod cors;
mod gate;
mod request;
mod settings;
#[cfg(test)]
mod tests;

use std::{sync::Arc, time::Duration};

use bytes::Bytes;
use futures_util::future::BoxFuture;
use http::{HeaderMap, HeaderName, HeaderValue, Method, StatusCode, header};
use http_body_util::Full;
use hyper::body::Incoming;
use hyper_util::server::conn::auto;

pub use request::{BodyError, ReadBody, Request, query_value};
pub use settings::{
    CorsSettings, GenericDefaults, HttpDefaults, HttpServerSettings, RequestParams,
};

use super::{
    auth::ServerAuthenticator,
    listener::Listener,
    server::{Patience, Server, Tasks},
};
use connection::Origin;
use cors::Cors;
use gate::Gate;

/// An answer.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Response {
    /// The status code.
    pub status: u16,
    /// The `Content-Type`, none if empty.
    pub content_type: &'static str,
    /// The body.
    pub body: Bytes,
    /// Further headers.
    pub headers: HeaderMap,
}

impl Response {
    /// An answer with a body of this type.
    pub fn new(status: u16, content_type: &'static str, body: impl Into<Bytes>) -> Self {
        Self { status, content_type, body: body.into(), headers: HeaderMap::new() }
    }

    /// An answer in plain words.
    pub fn text(status: u16, body: impl Into<Bytes>) -> Self {
        Self::new(status, "text/plain; charset=utf-8", body)
    }

    /// The same with one header more; a value that no header can carry is left out.
    #[must_use]
    pub fn with_header(mut self, name: HeaderName, value: &str) -> Self {
        if let Ok(value) = HeaderValue::from_str(value) {
            self.headers.insert(name, value);
        }
        self
    }
}

/// Answers requests. Closures that return a boxed future are handlers.
pub trait Handler: Send + Sync + 'static {
    /// Answers one request; dropped if the client goes away.
    fn answer(&self, request: Request) -> BoxFuture<'_, Response>;
}

impl<F> Handler for F
where
    F: Fn(Request) -> BoxFuture<'static, Response> + Send + Sync + 'static,
{
    fn answer(&self, request: Request) -> BoxFuture<'_, Response> {
        self(request)
    }
}

/// Serves a handler on open sockets, to clients that the authenticator knows, until the server is stopped
/// or dropped.
pub fn serve<D: HttpDefaults>(
    listener: Listener,
    settings: &HttpServerSettings<D>,
    authenticator: Option<Arc<dyn ServerAuthenticator>>,
    handler: impl Handler,
) -> Server {
    let tasks = Tasks::default();
    let patience =
        Patience::http(positive(settings.read_header_timeout), positive(settings.idle_timeout));
    let site = Arc::new(Site {
        builder: connection::builder(settings, tasks.clone()),
        cors: settings.cors.get().and_then(Cors::new),
        gate: Gate::new(settings, authenticator),
        response_headers: response_headers(settings),
        read_timeout: positive(settings.read_timeout),
        write_timeout: positive(settings.write_timeout),
        handler,
    });
    let serve_connection = move |io, peer, tasks| {
        let serving: BoxFuture<'static, ()> =
            Box::pin(connection::serve(io, peer, tasks, Arc::clone(&site)));
        serving
    };
    Server::start(listener, tasks, patience, Arc::new(serve_connection))
}

struct Site<H> {
    builder: auto::Builder<Tasks>,
    cors: Option<Cors>,
    gate: Option<Gate>,
    response_headers: HeaderMap,
    read_timeout: Option<Duration>,
    write_timeout: Option<Duration>,
    handler: H,
}

fn response_headers<D: HttpDefaults>(settings: &HttpServerSettings<D>) -> HeaderMap {
    let headers = settings.response_headers.iter();
    headers.filter_map(|(name, value)| settings::header(name, value.reveal())).collect()
}

fn positive(duration: crate::settings::Duration) -> Option<Duration> {
    Some(duration.get()).filter(|duration| !duration.is_zero())
}

impl<H: Handler> Site<H> {
    async fn answer(
        &self,
        request: http::Request<Incoming>,
        from: Origin,
    ) -> http::Response<Full<Bytes>> {
        let origin = self.cors.as_ref().and_then(|cors| cors.allowed_origin(request.headers()));
        let mut response = match &self.cors {
            Some(cors) if cors::is_preflight(&request) => {
                cors.preflight(origin.as_ref(), request.headers())
            }
            _ => {
                let is_head = request.method() == Method::HEAD;
                let request = Request::new(request, from, self.read_timeout);
                into_http(self.answer_in_time(request).await, is_head)
            }
        };
        if let Some(cors) = &self.cors {
            cors.write_headers(origin, response.headers_mut());
        }
        for (name, value) in &self.response_headers {
            response.headers_mut().insert(name, value.clone());
        }
        response
    }

    async fn answer_in_time(&self, request: Request) -> Response {
        let answer = self.answer_known(request);
        let Some(limit) = self.write_timeout else {
            return answer.await;
        };
        tokio::time::timeout(limit, answer)
            .await
            .unwrap_or_else(|_| Response::text(503, "no answer within the write timeout"))
    }

    async fn answer_known(&self, mut request: Request) -> Response {
        if let Some(gate) = &self.gate
            && let Err(refusal) = gate.pass(&mut request).await
        {
            return refusal;
        }
        self.handler.answer(request).await
    }
}

fn into_http(response: Response, is_head: bool) -> http::Response<Full<Bytes>> {
    let status = StatusCode::from_u16(response.status).unwrap_or(StatusCode::INTERNAL_SERVER_ERROR);
    let body = if is_head { Bytes::new() } else { response.body };
    let mut out = http::Response::new(Full::new(body));
    *out.status_mut() = status;
    *out.headers_mut() = response.headers;
    if !response.content_type.is_empty() {
        let content_type = HeaderValue::from_static(response.content_type);
        out.headers_mut().insert(header::CONTENT_TYPE, content_type);
    }
    out
}
