//! OTLP/gRPC.

use std::sync::Arc;

use bytes::Bytes;
use http::uri::Authority;

use super::no_pipeline;
use crate::{
    net::{
        grpc_server::{Call, UnaryService},
        intake::{Arrival, Format, Intake, context},
        status::{GrpcCode, Status},
    },
    otlp::response::PartialSuccess,
    pipeline::{Accepted, Budget},
    signal::Signal,
    telemetry::metrics::Durations,
};

/// The three export services.
#[derive(Debug)]
pub(super) struct OtlpGrpc {
    pub(super) intake: Intake,
    pub(super) command: Arc<str>,
    pub(super) max_bytes: usize,
    pub(super) include_metadata: bool,
    pub(super) durations: Option<Durations>,
}

impl UnaryService for OtlpGrpc {
    type Method = Signal;

    fn method(&self, path: &str) -> Result<Signal, Status> {
        let unimplemented = |message| Status::new(GrpcCode::Unimplemented, message);
        let Some(signal) = Signal::ALL.into_iter().find(|signal| signal.grpc_path() == path) else {
            return Err(unimplemented(unknown_method(path)));
        };
        if !self.intake.is_open(signal) {
            return Err(unimplemented(no_pipeline(signal, &self.command)));
        }
        Ok(signal)
    }

    fn budget(&self, signal: &Signal, budget: &Budget) -> Budget {
        budget.of(*signal)
    }

    fn durations(&self) -> Option<&Durations> {
        self.durations.as_ref()
    }

    fn label(path: &str) -> &'static str {
        let known = Signal::ALL.map(Signal::grpc_path).into_iter().find(|known| *known == path);
        known.map_or("_OTHER", |path| path.trim_start_matches('/'))
    }

    async fn call(&self, signal: Signal, call: Call) -> Result<Bytes, Status> {
        let metadata = self.include_metadata.then_some(&call.metadata);
        let arrival = Arrival {
            message: call.message,
            coding: call.coding,
            format: Format::Protobuf,
            charge: call.charge,
            max_bytes: self.max_bytes,
            context: context(
                call.peer,
                metadata,
                call.authority.as_ref().map(Authority::as_str),
                call.identity,
            ),
        };
        let outcome = self.intake.take(signal, arrival).await;
        outcome.map(response).map_err(|rejected| Status::from(&rejected))
    }
}

/// The response to an accepted request.
pub(super) fn response(accepted: Accepted) -> Bytes {
    let said = PartialSuccess {
        rejected: i64::try_from(accepted.refused_items).unwrap_or(i64::MAX),
        message: accepted.message.into_owned(),
    };
    said.encode_response()
}

fn unknown_method(path: &str) -> String {
    let (service, method) = path.trim_start_matches('/').rsplit_once('/').unwrap_or((path, ""));
    let known = Signal::ALL.iter().any(|signal| signal.grpc_path().contains(service));
    if known && !service.is_empty() {
        format!("unknown method {method} for service {service}")
    } else {
        format!("unknown service {service}")
    }
}
