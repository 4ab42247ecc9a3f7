//! OTLP/HTTP.

use std::sync::Arc;

use bytes::Bytes;
use futures_util::{FutureExt, future::BoxFuture};
use http::{Method, Version, header, uri::Authority};
use tokio::time::Instant;

use super::{OtlpHttpDefaults, grpc::response, no_pipeline};
use crate::{
    net::{
        compression::Coding,
        http_server::{BodyError, Handler, HttpServerSettings, Request, Response},
        intake::{Arrival, Format, Intake, context},
        status::{GrpcCode, Status, http_status},
    },
    otlp::json::response_to_json,
    pipeline::{Budget, Reason, Rejected},
    signal::Signal,
    telemetry::metrics::Durations,
};

const PROTOBUF: &str = "application/x-protobuf";
const JSON: &str = "application/json";

/// The three export paths.
#[derive(Debug)]
pub(super) struct OtlpHttp {
    pub(super) intake: Intake,
    pub(super) command: Arc<str>,
    pub(super) budget: Budget,
    pub(super) paths: [String; 3],
    pub(super) settings: HttpServerSettings<OtlpHttpDefaults>,
    pub(super) durations: Option<Durations>,
}

/// An answer that is an error.
struct Refusal {
    status: u16,
    body: Status,
}

impl Handler for OtlpHttp {
    fn answer(&self, request: Request) -> BoxFuture<'_, Response> {
        match &self.durations {
            Some(durations) => self.respond_timed(request, durations).boxed(),
            None => self.respond(request).boxed(),
        }
    }
}

impl OtlpHttp {
    async fn respond_timed(&self, request: Request, durations: &Durations) -> Response {
        let started = Instant::now();
        let method = if request.method == Method::POST { "POST" } else { "_OTHER" };
        let route = self.signal(request.path()).map_or("", Signal::http_path);
        let version = if request.version == Version::HTTP_2 { "2" } else { "1.1" };
        let response = self.respond(request).await;
        // Clients choose the host that they ask for, so it is ours that is told.
        let (host, port) = self.settings.endpoint.rsplit_once(':').unwrap_or_default();
        let status = response.status.to_string();
        let values = [method, status.as_str(), route, "http", version, host, port, "http"];
        durations.observe(started, &values);
        response
    }

    async fn respond(&self, request: Request) -> Response {
        let Some(signal) = self.signal(request.path()) else {
            return Response::text(404, "404 page not found\n");
        };
        if !self.intake.is_open(signal) {
            return Response::text(404, no_pipeline(signal, &self.command));
        }
        if request.method != Method::POST {
            return Response::text(405, "405 method not allowed, supported: [POST]")
                .with_header(header::ALLOW, "POST");
        }
        let Some(format) = format(&request) else {
            let message =
                "415 unsupported media type, supported: [application/json, application/x-protobuf]";
            return Response::text(415, message);
        };
        match self.take(signal, format, request).await {
            Ok(body) => success(signal, format, body),
            Err(refusal) => refusal.into_response(format),
        }
    }

    fn signal(&self, path: &str) -> Option<Signal> {
        let known = Signal::ALL.into_iter().zip(&self.paths);
        known.into_iter().find(|(_, known)| *known == path).map(|(signal, _)| signal)
    }

    async fn take(
        &self,
        signal: Signal,
        format: Format,
        mut request: Request,
    ) -> Result<Bytes, Refusal> {
        let coding = self.coding(&request)?;
        let max_bytes = self.settings.max_body_bytes();
        let body = request
            .read_body(max_bytes, &self.budget.of(signal))
            .await
            .map_err(|error| Refusal::from(&rejected_body(&error)))?;
        let metadata = self.settings.include_metadata.then_some(&request.headers);
        let arrival = Arrival {
            message: body.bytes,
            coding,
            format,
            charge: body.charge,
            max_bytes,
            context: context(
                request.peer,
                metadata,
                request.uri.authority().map(Authority::as_str),
                std::mem::take(&mut request.identity),
            ),
        };
        let outcome = self.intake.take(signal, arrival).await;
        outcome.map(response).map_err(|rejected| Refusal::from(&rejected))
    }

    fn coding(&self, request: &Request) -> Result<Coding, Refusal> {
        if !self.settings.decompresses() {
            return Ok(Coding::Identity);
        }
        let name = match request.headers.get(header::CONTENT_ENCODING) {
            Some(value) => value.to_str().unwrap_or("?"),
            None => "",
        };
        Coding::from_name(name)
            .filter(|coding| name != "identity" && self.settings.allows(*coding))
            .ok_or_else(|| Refusal {
                status: 400,
                body: Status::new(
                    GrpcCode::InvalidArgument,
                    format!("unsupported Content-Encoding: {name}"),
                ),
            })
    }
}

/// The encoding of the body, parameters such as `charset` aside.
fn format(request: &Request) -> Option<Format> {
    let content_type = request.header(header::CONTENT_TYPE)?;
    let media_type = content_type.split(';').next().unwrap_or_default().trim();
    if media_type.eq_ignore_ascii_case(PROTOBUF) {
        Some(Format::Protobuf)
    } else if media_type.eq_ignore_ascii_case(JSON) {
        Some(Format::Json)
    } else {
        None
    }
}

fn rejected_body(error: &BodyError) -> Rejected {
    let reason = match error {
        BodyError::TooLarge => Reason::TooLarge,
        BodyError::OverBudget(_) => Reason::Overloaded,
        BodyError::Transport(_) => Reason::Malformed,
    };
    Rejected::new(reason, error.to_string())
}

fn success(signal: Signal, format: Format, body: Bytes) -> Response {
    match format {
        Format::Protobuf => Response::new(200, PROTOBUF, body),
        Format::Json => Response::new(200, JSON, response_to_json(signal, &body)),
    }
}

impl From<&Rejected> for Refusal {
    fn from(rejected: &Rejected) -> Self {
        Self { status: http_status(rejected.reason).as_u16(), body: Status::from(rejected) }
    }
}

impl Refusal {
    fn into_response(self, format: Format) -> Response {
        let response = match format {
            Format::Protobuf => Response::new(self.status, PROTOBUF, self.body.to_proto()),
            Format::Json => Response::new(self.status, JSON, self.body.to_json()),
        };
        match self.body.retry_after_seconds() {
            Some(seconds) if matches!(self.status, 429 | 503) => {
                response.with_header(header::RETRY_AFTER, &seconds.to_string())
            }
            _ => response,
        }
    }
}
