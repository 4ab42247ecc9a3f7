//! The only door to prost's structs, for the few that need whole objects.
//!
//! Unknown fields do not come through it, and neither do values nested deeper than prost follows
//! (about 30 maps inside each other).

use bytes::{Buf, Bytes};
use opentelemetry_proto::tonic::collector::{
    logs::v1::ExportLogsServiceRequest, metrics::v1::ExportMetricsServiceRequest,
    trace::v1::ExportTraceServiceRequest,
};
use prost::{DecodeError, Message};

/// The chunks of a trace payload as one request.
///
/// # Errors
/// [`DecodeError`] if the chunks are no trace requests.
pub fn traces(payload: &[Bytes]) -> Result<ExportTraceServiceRequest, DecodeError> {
    request(payload)
}

/// The chunks of a metrics payload as one request.
///
/// # Errors
/// [`DecodeError`] if the chunks are no metrics requests.
pub fn metrics(payload: &[Bytes]) -> Result<ExportMetricsServiceRequest, DecodeError> {
    request(payload)
}

/// The chunks of a logs payload as one request.
///
/// # Errors
/// [`DecodeError`] if the chunks are no logs requests.
pub fn logs(payload: &[Bytes]) -> Result<ExportLogsServiceRequest, DecodeError> {
    request(payload)
}

/// Decodes any other message, such as a span cut out of a request.
///
/// # Errors
/// [`DecodeError`] if the bytes are no such message.
#[expect(clippy::disallowed_methods, reason = "this is the door")]
pub fn message<M: Message + Default>(bytes: impl Buf) -> Result<M, DecodeError> {
    M::decode(bytes)
}

fn request<M: Message + Default>(payload: &[Bytes]) -> Result<M, DecodeError> {
    let mut request = M::default();
    for chunk in payload {
        request.merge(chunk.clone())?;
    }
    Ok(request)
}

#[cfg(test)]
mod tests;
