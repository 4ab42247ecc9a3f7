//! A gRPC backend that answers as told, for tests.

use std::{
    collections::VecDeque,
    net::SocketAddr,
    sync::{Arc, Mutex},
};

use bytes::{Bytes, BytesMut};
use h2::server;
use http::{HeaderMap, Response};
use tokio::{net::TcpListener, sync::Notify, task::JoinSet};

use crate::net::status::Status;

/// What the backend does with one call.
#[derive(Clone, Debug)]
pub(crate) enum Answer {
    /// A reply with a message and status OK.
    Reply(Vec<u8>),
    /// Trailers after an empty body.
    Status(Status),
    /// Trailers alone.
    TrailersOnly(Status),
    /// An HTTP status without gRPC.
    Http(u16),
    /// The stream is reset.
    Reset(h2::Reason),
    /// The stream is reset once the test says so.
    ResetLater(Arc<Notify>),
}

/// What the backend saw.
#[derive(Clone, Debug)]
pub(crate) struct Seen {
    pub(crate) path: String,
    pub(crate) authority: String,
    pub(crate) headers: HeaderMap,
    pub(crate) body: Bytes,
}

#[derive(Clone, Debug)]
pub(crate) struct Backend {
    pub(crate) address: SocketAddr,
    script: Arc<Mutex<VecDeque<Answer>>>,
    seen: Arc<Mutex<Vec<Seen>>>,
}

impl Backend {
    /// Starts a backend that answers with the script, and with success when it is over.
    pub(crate) async fn start(script: impl IntoIterator<Item = Answer>) -> (Self, JoinSet<()>) {
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let backend = Self {
            address: listener.local_addr().unwrap(),
            script: Arc::new(Mutex::new(script.into_iter().collect())),
            seen: Arc::default(),
        };
        let mut tasks = JoinSet::new();
        let serving = backend.clone();
        tasks.spawn(async move {
            let mut connections = JoinSet::new();
            while let Ok((stream, _)) = listener.accept().await {
                connections.spawn(serving.clone().serve(stream));
            }
        });
        (backend, tasks)
    }

    pub(crate) fn seen(&self) -> Vec<Seen> {
        self.seen.lock().unwrap().clone()
    }

    async fn serve(self, stream: tokio::net::TcpStream) {
        let Ok(mut connection) = server::handshake(stream).await else {
            return;
        };
        let mut calls = JoinSet::new();
        while let Some(Ok((request, respond))) = connection.accept().await {
            calls.spawn(self.clone().answer(request, respond));
        }
    }

    async fn answer(
        self,
        request: http::Request<h2::RecvStream>,
        mut respond: server::SendResponse<Bytes>,
    ) {
        let (head, mut body) = request.into_parts();
        let mut whole = BytesMut::new();
        while let Some(Ok(data)) = body.data().await {
            body.flow_control().release_capacity(data.len()).unwrap();
            whole.extend_from_slice(&data);
        }
        self.seen.lock().unwrap().push(Seen {
            path: head.uri.path().to_owned(),
            authority: head.uri.authority().unwrap().to_string(),
            headers: head.headers,
            body: whole.freeze(),
        });
        let answer = self.script.lock().unwrap().pop_front().unwrap_or(Answer::Reply(Vec::new()));
        let grpc = || Response::builder().header("content-type", "application/grpc");
        match answer {
            Answer::Reply(message) => {
                let mut stream = respond.send_response(grpc().body(()).unwrap(), false).unwrap();
                let mut framed = vec![0];
                framed.extend_from_slice(&u32::try_from(message.len()).unwrap().to_be_bytes());
                framed.extend_from_slice(&message);
                stream.send_data(framed.into(), false).unwrap();
                let mut trailers = HeaderMap::new();
                trailers.insert("grpc-status", "0".parse().unwrap());
                stream.send_trailers(trailers).unwrap();
            }
            Answer::Status(status) => {
                let mut stream = respond.send_response(grpc().body(()).unwrap(), false).unwrap();
                let mut trailers = HeaderMap::new();
                status.write_trailers(&mut trailers);
                stream.send_trailers(trailers).unwrap();
            }
            Answer::TrailersOnly(status) => {
                let mut response = grpc().body(()).unwrap();
                status.write_trailers(response.headers_mut());
                respond.send_response(response, true).unwrap();
            }
            Answer::Http(status) => {
                let response = Response::builder().status(status).body(()).unwrap();
                respond.send_response(response, true).unwrap();
            }
            Answer::Reset(reason) => respond.send_reset(reason),
            Answer::ResetLater(told) => {
                told.notified().await;
                respond.send_reset(h2::Reason::CANCEL);
            }
        }
    }
}
