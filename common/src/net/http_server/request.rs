//! A request as a handler sees it.

use std::{net::SocketAddr, pin::Pin, time::Duration};

use bytes::Bytes;
use http::{HeaderMap, Method, Uri, header};
use http_body::Body;
use hyper::body::Incoming;

use super::connection::Origin;
use crate::{
    net::{
        charge_for_head,
        server::{BodyFault, WithProgress},
    },
    pipeline::{Budget, Charge, Connection, Identity, OverBudget},
};

/// How long the rest of a refused body may take to come.
const DISCARD_PATIENCE: Duration = Duration::from_secs(2);

/// A request whose body is not read yet.
#[derive(Debug)]
pub struct Request {
    /// The method.
    pub method: Method,
    /// Path and query.
    pub uri: Uri,
    /// The version of HTTP.
    pub version: http::Version,
    /// The headers.
    pub headers: HeaderMap,
    /// The client's address, if the transport has one.
    pub peer: Option<SocketAddr>,
    /// Who sent it, if the server asks for that.
    pub identity: Identity,
    connection: Connection,
    body: WithProgress,
    head_charge: Charge,
}

/// A body that was read to its end.
#[derive(Debug)]
pub struct ReadBody {
    /// All of it.
    pub bytes: Bytes,
    /// What was taken from the budget for it.
    pub charge: Charge,
}

/// A body that cannot be taken.
#[derive(Debug, thiserror::Error)]
pub enum BodyError {
    /// Over the limit.
    #[error("http: request body too large")]
    TooLarge,
    /// The budget has no room for it.
    #[error("data refused due to high memory usage")]
    OverBudget(#[source] OverBudget),
    /// The client went away, stalled, or sent what is no body.
    #[error("cannot read the request body")]
    Transport(#[source] Box<dyn std::error::Error + Send + Sync>),
}

/// The value of a key in the part of a URL after the `?`, decoded; the first if there are several.
#[must_use]
pub fn query_value(query: Option<&str>, key: &str) -> Option<String> {
    form_urlencoded::parse(query?.as_bytes())
        .find_map(|(name, value)| (name == key).then(|| value.into_owned()))
}

impl From<BodyFault> for BodyError {
    fn from(fault: BodyFault) -> Self {
        match fault {
            BodyFault::Pressed(error) => Self::OverBudget(error),
            other => Self::Transport(other.into()),
        }
    }
}

impl Request {
    pub(super) fn new(
        request: http::Request<Incoming>,
        Origin { peer, connection, guest }: Origin,
        total: Option<Duration>,
    ) -> Self {
        let (head, body) = request.into_parts();
        let body = WithProgress::new(body, guest, total);
        Self {
            method: head.method,
            uri: head.uri,
            version: head.version,
            headers: head.headers,
            peer,
            identity: Identity::default(),
            connection,
            body,
            head_charge: Charge::NONE,
        }
    }

    /// The path.
    #[must_use]
    pub fn path(&self) -> &str {
        self.uri.path()
    }

    /// What stands after the `?`.
    #[must_use]
    pub fn query(&self) -> Option<&str> {
        self.uri.query()
    }

    /// The value of a key in the query, decoded.
    #[must_use]
    pub fn query_value(&self, key: &str) -> Option<String> {
        query_value(self.query(), key)
    }

    /// The text of a header, if it is there and is text.
    #[must_use]
    pub fn header(&self, name: header::HeaderName) -> Option<&str> {
        self.headers.get(name)?.to_str().ok()
    }

    /// Reads the body to its end, at most `max_bytes`. What is declared is charged before any of it
    /// is buffered, the rest as it comes.
    ///
    /// # Errors
    /// [`BodyError`], after which the connection may be closed.
    pub async fn read_body(
        &mut self,
        max_bytes: usize,
        budget: &Budget,
    ) -> Result<ReadBody, BodyError> {
        let read = self.gather(max_bytes, budget).await;
        if let Err(BodyError::TooLarge | BodyError::OverBudget(_)) = &read {
            self.discard(max_bytes).await;
        }
        read
    }

    async fn gather(&mut self, max_bytes: usize, budget: &Budget) -> Result<ReadBody, BodyError> {
        let declared = self.body.size_hint().exact().map(usize::try_from);
        let declared = match declared {
            Some(Ok(length)) if length <= max_bytes => Some(length),
            Some(_) => return Err(BodyError::TooLarge),
            None => None,
        };
        let budget = budget.of_connection(&self.connection);
        self.body.charged_to(&budget);
        self.head_charge =
            charge_for_head(&self.headers, &budget).map_err(BodyError::OverBudget)?;
        let charge = budget.reserve(declared.unwrap_or(0)).map_err(BodyError::OverBudget)?;
        let mut buffer = Vec::with_capacity(declared.unwrap_or(0));
        while let Some(frame) = self.next_frame().await {
            let frame = frame?;
            let Ok(data) = frame.into_data() else {
                continue;
            };
            if data.len() > max_bytes - buffer.len() {
                return Err(BodyError::TooLarge);
            }
            if declared.is_none() {
                charge.grow(data.len()).map_err(BodyError::OverBudget)?;
            }
            buffer.extend_from_slice(&data);
        }
        Ok(ReadBody { bytes: buffer.into(), charge })
    }

    /// Reads on without keeping anything. A client that is still sending when its connection is
    /// closed would see a broken pipe instead of our answer, and not the hint when to come back.
    pub(super) async fn discard(&mut self, max_bytes: usize) {
        let mut left = max_bytes;
        let reading = async {
            while let Some(Ok(frame)) = self.next_frame().await {
                let length = frame.data_ref().map_or(0, Bytes::len);
                if length > left {
                    return;
                }
                left -= length;
            }
        };
        // A client that pauses is told now, at the price of a reset connection.
        drop(tokio::time::timeout(DISCARD_PATIENCE, reading).await);
    }

    async fn next_frame(&mut self) -> Option<Result<http_body::Frame<Bytes>, BodyFault>> {
        if self.body.is_end_stream() {
            return None;
        }
        std::future::poll_fn(|context| Pin::new(&mut self.body).poll_frame(context)).await
    }
}
