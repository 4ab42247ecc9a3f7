//! Receives OTLP over gRPC and HTTP.
//!
//! The client is answered with what the pipeline answers, so it keeps what nobody took. A signal
//! without a pipeline here is refused with the name of the collector that takes it.
//!
//! ```yaml
//! otlp:
//!   protocols:
//!     grpc:
//!       endpoint: 0.0.0.0:4317
//!       max_recv_msg_size_mib: 8
//!     http:
//!       endpoint: 0.0.0.0:4318
//!       cors:
//!         allowed_origins: ["https://*.example.com"]
//! ```
//!
//! Accepts: when the pipeline does. Holds: requests that the pipeline has not answered. Rejects: what
//! is no OTLP, what is over a size limit, and what the memory budget has no room for.

mod config;
mod grpc;
mod http;
#[cfg(test)]
mod tests;

use std::sync::Arc;

use futures_util::{FutureExt, future::BoxFuture, future::join_all};
use parking_lot::Mutex;
use tokio::time::Instant;

pub use config::{OtlpHttpDefaults, OtlpHttpPaths, OtlpProtocols, OtlpReceiverConfig};

use crate::{
    component::{BuildError, Context, Lifecycle, Outputs, Receiver, StartError},
    net::{
        auth::{AuthSettings, ServerAuthenticator},
        grpc_server, http_server,
        intake::Intake,
        listener::ListenError,
        server::Server,
    },
    signal::{Signal, SignalSet},
    telemetry::metrics::{self, Durations},
};

/// The OTLP receiver.
#[derive(Debug)]
pub struct OtlpReceiver {
    config: OtlpReceiverConfig,
    context: Context,
    outputs: Outputs,
    authenticators: Authenticators,
    servers: Mutex<Vec<Arc<Server>>>,
}

/// Who checks the requests, where the settings ask for it.
#[derive(Debug, Default)]
struct Authenticators {
    grpc: Option<Arc<dyn ServerAuthenticator>>,
    http: Option<Arc<dyn ServerAuthenticator>>,
}

impl Receiver for OtlpReceiver {
    const NAME: &'static str = "otlp";
    const SIGNALS: SignalSet = SignalSet::ALL;
    type Config = OtlpReceiverConfig;

    fn build(
        config: OtlpReceiverConfig,
        context: Context,
        outputs: Outputs,
    ) -> Result<Self, BuildError> {
        let OtlpProtocols { grpc, http } = &config.protocols;
        let grpc = grpc.get().and_then(|grpc| grpc.auth.get());
        let http = http.get().and_then(|http| http.a.auth.get()).map(|auth| &auth.a);
        let named = |section: Option<&AuthSettings>| {
            section.map(|section| context.extensions.server_authenticator(section)).transpose()
        };
        let authenticators = Authenticators { grpc: named(grpc)?, http: named(http)? };
        Ok(Self { config, context, outputs, authenticators, servers: Mutex::default() })
    }
}

impl Lifecycle for OtlpReceiver {
    fn start(&self) -> BoxFuture<'_, Result<(), StartError>> {
        async {
            self.start_grpc().await?;
            self.start_http().await
        }
        .boxed()
    }

    fn stop(&self, deadline: Instant) -> BoxFuture<'_, ()> {
        let servers = self.servers.lock().clone();
        async move {
            join_all(servers.iter().map(|server| server.stop(deadline))).await;
        }
        .boxed()
    }
}

impl OtlpReceiver {
    async fn start_grpc(&self) -> Result<(), StartError> {
        let Some(settings) = self.config.protocols.grpc.get() else {
            return Ok(());
        };
        let host = &self.context.host;
        let listener = settings
            .listen(&self.context.opener("grpc"))
            .await
            .map_err(|error| start_error("protocols::grpc", error))?;
        let service = grpc::OtlpGrpc {
            intake: self.intake("grpc"),
            command: Arc::clone(&host.build_info.command),
            max_bytes: settings.max_message_bytes(),
            include_metadata: settings.include_metadata,
            durations: Durations::of(&host.telemetry.metrics, &metrics::RPC_SERVER_CALL_DURATION),
        };
        let server = grpc_server::serve(
            listener,
            settings,
            self.authenticators.grpc.clone(),
            host.budget.clone(),
            service,
        );
        self.keep(server, "Starting GRPC server");
        Ok(())
    }

    async fn start_http(&self) -> Result<(), StartError> {
        let Some(settings) = self.config.protocols.http.get() else {
            return Ok(());
        };
        let host = &self.context.host;
        let listener = settings
            .a
            .listen(&self.context.opener("http"))
            .await
            .map_err(|error| start_error("protocols::http", error))?;
        let handler = http::OtlpHttp {
            intake: self.intake("http"),
            command: Arc::clone(&host.build_info.command),
            budget: host.budget.clone(),
            paths: settings.b.paths(),
            settings: settings.a.clone(),
            durations: Durations::of(
                &host.telemetry.metrics,
                &metrics::HTTP_SERVER_REQUEST_DURATION,
            ),
        };
        let server =
            http_server::serve(listener, &settings.a, self.authenticators.http.clone(), handler);
        self.keep(server, "Starting HTTP server");
        Ok(())
    }

    fn intake(&self, transport: &str) -> Intake {
        let edges = Signal::ALL.map(|signal| self.outputs.edge(signal));
        let metrics = &self.context.host.telemetry.metrics;
        Intake::open(edges, metrics, &self.context.id.to_string(), transport)
    }

    fn keep(&self, server: Server, message: &'static str) {
        for endpoint in server.addresses() {
            tracing::info!(otelcol.component.id = %self.context.id, endpoint, "{message}");
        }
        self.watch(&server);
        self.servers.lock().push(Arc::new(server));
    }

    /// A socket that nobody serves looks open to clients: only a restart helps.
    fn watch(&self, server: &Server) {
        let (failed, addresses) = (server.failed(), server.addresses().join(", "));
        let Context { id, tasks, host, .. } = &self.context;
        let (stopping, fatal) = (tasks.stopping().clone(), host.fatal.clone());
        let message = format!("receiver \"{id}\" cannot accept connections on {addresses}");
        tasks.spawn(async move {
            tokio::select! {
                () = stopping.cancelled() => {}
                () = failed => fatal.report(message),
            }
        });
    }

    /// The addresses and paths that are open, gRPC before HTTP.
    #[must_use]
    pub fn addresses(&self) -> Vec<String> {
        let servers = self.servers.lock();
        servers.iter().flat_map(|server| server.addresses().to_vec()).collect()
    }
}

fn start_error(path: &str, error: ListenError) -> StartError {
    let place = match &error {
        ListenError::Tls(_) => format!("{path}::"),
        _ => format!("{path}::endpoint: "),
    };
    StartError::with_source(format!("{place}{error}"), error)
}

/// What a client is told whose signal no pipeline takes here.
fn no_pipeline(signal: Signal, command: &str) -> String {
    let right = signal.collector();
    if command == right || command == "combined-collector" {
        return format!("no {signal} pipeline of this {command} has this receiver");
    }
    format!(
        "{signal} are not served by this {command}; send them to a {right} or run the \
         combined-collector"
    )
}
