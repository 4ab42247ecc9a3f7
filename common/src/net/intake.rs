//! From the bytes of a request to a payload in the pipeline, and its answer back.
//!
//! The bytes are charged from their declared size on, and never decoded: one walk checks and counts
//! them. Nothing waits while it holds a charge but the pipeline itself.

#[cfg(test)]
mod tests;

use std::{net::SocketAddr, sync::OnceLock, time::Duration};

use bytes::Bytes;
use http::HeaderMap;

use super::compression::{Coding, DecompressError, decompress, expected_size};
use crate::{
    otlp::envelope::walk,
    pipeline::{
        Accepted, Aliases, Books, Charge, Details, Edge, FailureAlias, Identity, Outcome,
        OverBudget, Payload, Reason, Rejected, RequestContext, StageLabels,
    },
    signal::Signal,
    telemetry::{
        Counter, Metrics,
        metrics::{
            PerSignal, RECEIVER_ACCEPTED, RECEIVER_FAILED, RECEIVER_MENDED_STRINGS,
            RECEIVER_REFUSED,
        },
    },
};

/// Where a server hands over what it received: one for each transport of a receiver.
#[derive(Debug)]
pub struct Intake {
    metrics: Metrics,
    receiver: String,
    transport: String,
    doors: [Door; 3],
}

/// The way in of one signal. Its books are opened by the first request, so that there are no series
/// of what nobody sends.
#[derive(Debug)]
struct Door {
    edge: Edge,
    opened: OnceLock<OpenDoor>,
}

#[derive(Debug)]
struct OpenDoor {
    edge: Edge,
    mended_strings: Counter,
}

/// A request as it came.
#[derive(Debug)]
pub struct Arrival {
    /// The message.
    pub message: Bytes,
    /// How it is compressed.
    pub coding: Coding,
    /// How it is encoded.
    pub format: Format,
    /// What was taken from the budget for it.
    pub charge: Charge,
    /// The size that it may decompress to.
    pub max_bytes: usize,
    /// What is known of it.
    pub context: RequestContext,
}

/// How a request is encoded.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Format {
    /// Protobuf, the form that we keep.
    Protobuf,
    /// JSON, changed into protobuf at once.
    Json,
}

impl Intake {
    /// Opens the books of a receiver's transport (`grpc`, `http`) and ties them to its edges.
    #[must_use]
    pub fn open(edges: [&Edge; 3], metrics: &Metrics, receiver: &str, transport: &str) -> Self {
        let doors = edges.map(|edge| Door { edge: edge.clone(), opened: OnceLock::new() });
        let (receiver, transport) = (receiver.to_owned(), transport.to_owned());
        Self { metrics: metrics.clone(), receiver, transport, doors }
    }

    fn opened(&self, signal: Signal) -> &OpenDoor {
        let door = self.door(signal);
        door.opened.get_or_init(|| {
            let labels = [self.receiver.as_str(), &self.transport];
            let stage = StageLabels {
                kind: "receiver",
                component: self.receiver.clone(),
                pipeline: self.transport.clone(),
                signal: signal.name(),
            };
            let counter =
                |metric: &'static PerSignal| self.metrics.counter(metric.of(signal), &labels);
            // Always 0, as upstream has it; dashboards add it up.
            drop(counter(&RECEIVER_FAILED));
            let aliases = Aliases {
                passed_on: Some(counter(&RECEIVER_ACCEPTED)),
                refused: Some(FailureAlias::Plain(counter(&RECEIVER_REFUSED))),
                ..Aliases::default()
            };
            let [receiver, transport] = labels;
            let mended = [receiver, transport, signal.name()];
            OpenDoor {
                edge: door.edge.with_books(Books::open(&self.metrics, stage, aliases)),
                mended_strings: self.metrics.counter(&RECEIVER_MENDED_STRINGS, &mended),
            }
        })
    }

    /// Whether a pipeline takes this signal.
    #[must_use]
    pub fn is_open(&self, signal: Signal) -> bool {
        self.door(signal).edge.is_connected()
    }

    /// Checks a request, passes it on and returns what the pipeline answers.
    ///
    /// Dropping the future before its end loses nothing that was accepted.
    ///
    /// # Errors
    /// [`Rejected`], by the pipeline or because the request cannot be taken.
    pub async fn take(&self, signal: Signal, arrival: Arrival) -> Outcome {
        let Arrival { message, coding, format, charge, max_bytes, context } = arrival;
        let mut request = message;
        let mut held = request.len();
        if coding != Coding::Identity {
            let output = decompressed(coding, &request, max_bytes, &charge)?;
            held = output.capacity();
            request = output.into();
        }
        if format == Format::Json {
            let output = from_json(signal, &request, max_bytes, &charge)?;
            held = output.capacity();
            request = output.into();
        }
        let unwalked = request.as_ptr();
        let walked = walk(signal, request)
            .map_err(|error| Rejected::new(Reason::Malformed, error.to_string()))?;
        let door = self.opened(signal);
        if walked.mended_strings > 0 {
            door.mended_strings.inc_by(walked.mended_strings as u64);
        }
        if walked.items == 0 {
            return Ok(Accepted::FULLY);
        }
        // Only a request with something to mend is copied.
        let held = if walked.request.as_ptr() == unwalked { held } else { walked.request.len() };
        charge_exactly(&charge, held.saturating_add(context.size()))?;
        let payload = Payload::new(signal, walked.request, walked.items, charge);
        door.edge.send(payload.with_context(context)).await
    }

    const fn door(&self, signal: Signal) -> &Door {
        let [traces, metrics, logs] = &self.doors;
        match signal {
            Signal::Traces => traces,
            Signal::Metrics => metrics,
            Signal::Logs => logs,
        }
    }
}

fn decompressed(
    coding: Coding,
    input: &[u8],
    max_bytes: usize,
    charge: &Charge,
) -> Result<Vec<u8>, Rejected> {
    charge.grow(expected_size(coding, input, max_bytes)).map_err(overloaded)?;
    let output = decompress(coding, input, max_bytes).map_err(|error| match error {
        DecompressError::TooLarge { .. } => {
            let message =
                format!("received message after decompression larger than max {max_bytes}");
            Rejected::new(Reason::TooLarge, message)
        }
        DecompressError::Malformed { .. } => Rejected::new(Reason::Malformed, error.to_string()),
    })?;
    charge_exactly(charge, output.capacity())?;
    Ok(output)
}

fn from_json(
    signal: Signal,
    text: &[u8],
    max_bytes: usize,
    charge: &Charge,
) -> Result<Vec<u8>, Rejected> {
    // Protobuf is the shorter form, so the text's own size is enough for both to stand side by side.
    charge.grow(text.len()).map_err(overloaded)?;
    let mut output = crate::otlp::json::from_json(signal, text, max_bytes)
        .map_err(|error| Rejected::new(Reason::Malformed, error.to_string()))?;
    // It grew by doubling.
    output.shrink_to_fit();
    charge_exactly(charge, output.capacity())?;
    Ok(output)
}

/// Makes the charge what is held now that the earlier form is no longer needed.
fn charge_exactly(charge: &Charge, bytes: usize) -> Result<(), Rejected> {
    let charged = usize::try_from(charge.bytes()).unwrap_or(usize::MAX);
    if bytes > charged {
        return charge.grow(bytes - charged).map_err(overloaded);
    }
    charge.shrink_to(bytes);
    Ok(())
}

fn overloaded(_: OverBudget) -> Rejected {
    Rejected::new(Reason::Overloaded, "data refused due to high memory usage")
        .retry_after(Duration::from_secs(1))
}

/// What the pipeline may know of a request: its peer, who sent it, and with `include_metadata` its
/// headers.
///
/// `authority` is what the client called us; it counts as `host` unless there is such a header.
#[must_use]
pub fn context(
    peer: Option<SocketAddr>,
    metadata: Option<&HeaderMap>,
    authority: Option<&str>,
    identity: Identity,
) -> RequestContext {
    let mut pairs = Vec::new();
    if let Some(headers) = metadata {
        for (name, value) in headers {
            let value = String::from_utf8_lossy(value.as_bytes());
            pairs.push((name.as_str().into(), value.into()));
        }
        if let Some(authority) = authority.filter(|_| !headers.contains_key(http::header::HOST)) {
            pairs.push(("host".into(), authority.into()));
        }
    }
    if pairs.is_empty() && peer.is_none() && identity.is_empty() {
        return RequestContext::EMPTY;
    }
    RequestContext::new(Details { metadata: pairs, peer, identity })
}
