//! A gRPC server for unary methods whose messages stay bytes.
//!
//! Source: "gRPC over HTTP2". No generated code decodes a message: a service is given the bytes and
//! their coding.

mod connection;
mod reply;
mod settings;
#[cfg(test)]
pub(in crate::net) mod tests;

use std::{future::Future, net::SocketAddr, sync::Arc};

use bytes::Bytes;
use futures_util::future::BoxFuture;
use http::{HeaderMap, Method, header, request::Parts, uri::Authority};
use hyper::body::Incoming;
use tokio::time::Instant;

pub use settings::{EnforcementPolicy, GrpcServerSettings, Keepalive, ServerParameters};

use super::{
    auth::{ServerAuthenticator, Unauthenticated},
    charge_for_head,
    compression::Coding,
    grpc_framing::{FramingError, Message, UnaryBody, read_unary},
    listener::Listener,
    server::{Guest, Patience, Server, Tasks, WithProgress},
    status::{GrpcCode, Status},
};
use crate::{
    pipeline::{Budget, Charge, Connection, Identity, Reason, Rejected},
    telemetry::metrics::Durations,
};

/// One call whose message was read.
#[derive(Debug)]
pub struct Call {
    /// The headers.
    pub metadata: HeaderMap,
    /// What the client called us.
    pub authority: Option<Authority>,
    /// The client's address, if the transport has one.
    pub peer: Option<SocketAddr>,
    /// The message as it came.
    pub message: Bytes,
    /// How the message is compressed.
    pub coding: Coding,
    /// What was taken from the budget for the message.
    pub charge: Charge,
    /// Who calls, if the server asks for that.
    pub identity: Identity,
}

/// Answers unary calls.
pub trait UnaryService: Send + Sync + 'static {
    /// What a path stands for.
    type Method: Send;

    /// The method behind a path, `/package.Service/Method`.
    ///
    /// # Errors
    /// The status that the client is told when there is no such method; its message is not read then.
    fn method(&self, path: &str) -> Result<Self::Method, Status>;

    /// The budget as this method's messages may use it.
    fn budget(&self, _method: &Self::Method, budget: &Budget) -> Budget {
        budget.clone()
    }

    /// Answers one call; dropped if the client goes away.
    fn call(
        &self,
        method: Self::Method,
        call: Call,
    ) -> impl Future<Output = Result<Bytes, Status>> + Send;

    /// Takes the time of a call, if anybody wants it.
    fn durations(&self) -> Option<&Durations> {
        None
    }

    /// What the metrics call a method; few, because each is a series.
    fn label(_path: &str) -> &'static str {
        "_OTHER"
    }
}

/// Serves a service on open sockets, to callers that the authenticator knows, until the server is
/// stopped or dropped.
pub fn serve(
    listener: Listener,
    settings: &GrpcServerSettings,
    authenticator: Option<Arc<dyn ServerAuthenticator>>,
    budget: Budget,
    service: impl UnaryService,
) -> Server {
    let tasks = Tasks::default();
    let idle = settings.parameters().max_connection_idle.get();
    let patience = Patience::grpc((!idle.is_zero()).then_some(idle));
    let site = Arc::new(Site {
        builder: connection::builder(settings, tasks.clone()),
        parameters: settings.parameters(),
        max_frame_bytes: connection::max_frame_bytes(settings),
        max_bytes: settings.max_message_bytes(),
        authenticator,
        budget,
        service,
    });
    let serve_connection = move |io, peer, tasks| {
        let serving: BoxFuture<'static, ()> =
            Box::pin(connection::serve(io, peer, tasks, Arc::clone(&site)));
        serving
    };
    Server::start(listener, tasks, patience, Arc::new(serve_connection))
}

/// Who calls.
#[derive(Clone, Copy)]
struct Origin<'a> {
    peer: Option<SocketAddr>,
    connection: &'a Connection,
    guest: &'a Arc<Guest>,
}

struct Site<S> {
    builder: hyper::server::conn::http2::Builder<Tasks>,
    parameters: ServerParameters,
    max_frame_bytes: u32,
    max_bytes: usize,
    authenticator: Option<Arc<dyn ServerAuthenticator>>,
    budget: Budget,
    service: S,
}

impl<S: UnaryService> Site<S> {
    async fn answer(
        &self,
        request: http::Request<Incoming>,
        from: Origin<'_>,
    ) -> http::Response<UnaryBody> {
        let (head, body) = request.into_parts();
        if !is_grpc(&head) {
            return reply::unsupported_media_type();
        }
        let timed = self
            .service
            .durations()
            .map(|durations| (durations, S::label(head.uri.path()), Instant::now()));
        let answer = self.call((head, body), from).await;
        if let Some((durations, method, started)) = timed {
            let code = answer.as_ref().map_or_else(|status| status.code, |_| GrpcCode::Ok);
            durations.observe(started, &["grpc", method, code.label()]);
        }
        match answer {
            Ok(message) => reply::success(message),
            Err(status) => reply::failure(&status),
        }
    }

    async fn call(
        &self,
        (head, body): (Parts, Incoming),
        Origin { peer, connection, guest }: Origin<'_>,
    ) -> Result<Bytes, Status> {
        let method = self.service.method(head.uri.path())?;
        let identity = match &self.authenticator {
            Some(authenticator) => authenticator.authenticate(&head.headers).await?,
            None => Identity::default(),
        };
        let coding = coding(&head.headers)?;
        let mut body = WithProgress::new(body, Arc::clone(guest), None);
        let budget = self.service.budget(&method, &self.budget).of_connection(connection);
        body.charged_to(&budget);
        let _head = charge_for_head(&head.headers, &budget)
            .map_err(|error| framing_status(&FramingError::OverBudget(error)))?;
        let unary = read_unary(body, self.max_bytes, Some(&budget)).await;
        let message = unary.map_err(|error| framing_status(&error))?.message;
        let Message { bytes, is_compressed, charge } = message
            .ok_or_else(|| Status::new(GrpcCode::Internal, "the call has no request message"))?;
        if is_compressed && coding == Coding::Identity {
            let message = "grpc: compressed flag set with identity or empty encoding";
            return Err(Status::new(GrpcCode::Internal, message));
        }
        let call = Call {
            authority: head.uri.authority().cloned(),
            metadata: head.headers,
            peer,
            message: bytes,
            coding: if is_compressed { coding } else { Coding::Identity },
            charge,
            identity,
        };
        self.service.call(method, call).await
    }
}

impl From<Unauthenticated> for Status {
    fn from(error: Unauthenticated) -> Self {
        Self::from(&Rejected::from(error))
    }
}

fn is_grpc(head: &Parts) -> bool {
    let content_type =
        head.headers.get(header::CONTENT_TYPE).map_or(&[][..], |value| value.as_bytes());
    let subtype = content_type.strip_prefix(b"application/grpc");
    head.method == Method::POST && matches!(subtype, Some([] | [b'+' | b';', ..]))
}

/// The coding of compressed messages.
fn coding(headers: &HeaderMap) -> Result<Coding, Status> {
    let Some(name) = headers.get("grpc-encoding") else {
        return Ok(Coding::Identity);
    };
    let name = name.to_str().unwrap_or("?");
    match Coding::from_name(name) {
        Some(Coding::Lz4 | Coding::Zlib | Coding::SnappyFramed) | None => {
            let message =
                format!("grpc: Decompressor is not installed for grpc-encoding \"{name}\"");
            Err(Status::new(GrpcCode::Unimplemented, message))
        }
        Some(coding) => Ok(coding),
    }
}

fn framing_status(error: &FramingError) -> Status {
    let message = error.to_string();
    match error {
        FramingError::TooLarge { .. } => Status::new(GrpcCode::ResourceExhausted, message),
        FramingError::OverBudget(_) => Status::from(&Rejected::new(Reason::Overloaded, message)),
        FramingError::Truncated | FramingError::ManyMessages | FramingError::Flag(_) => {
            Status::new(GrpcCode::Internal, message)
        }
        FramingError::Transport(_) => Status::new(GrpcCode::Cancelled, message),
    }
}
