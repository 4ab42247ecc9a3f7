//! The settings of every gRPC server.

use std::time;

use serde::{Deserialize, Serialize};
use serde_json::Value;

use crate::{
    net::{
        auth::AuthSettings,
        listener::{ListenError, Listener},
        listeners::Opener,
        server::checks::{check_server, place},
        tls::{Accepting, validate_server},
    },
    settings::{Duration, Issues, NoneByDefault, SomeByDefault, TlsServerSettings},
};

/// The message limit that 0 stands for, in MiB.
const DEFAULT_MAX_MESSAGE_MIB: i64 = 4;
/// The largest message that the length prefix can tell, in MiB.
const MAX_MESSAGE_MIB: i64 = 4095;
/// The pause between pings that 0 stands for.
const DEFAULT_PING_INTERVAL: Duration = Duration::from_secs(2 * 60 * 60);
/// How long an answer to a ping may take if 0 is set.
const DEFAULT_PING_TIMEOUT: Duration = Duration::from_secs(20);
/// The pause that upstream demands between a client's pings if 0 is set.
const DEFAULT_MIN_TIME: Duration = Duration::from_secs(5 * 60);

/// Settings of a gRPC server.
#[derive(Clone, Debug, Deserialize, Serialize)]
#[serde(default)]
pub struct GrpcServerSettings {
    /// Where to listen; OTLP's port unless set.
    pub endpoint: String,
    /// `tcp`, `tcp4`, `tcp6` or `unix`.
    pub transport: String,
    /// Accepted because upstream has it; servers dial nobody.
    pub dialer: Dialer,
    /// TLS instead of plain text.
    pub tls: NoneByDefault<TlsServerSettings>,
    /// For the decompressed message; 0 is 4 MiB.
    pub max_recv_msg_size_mib: i64,
    /// For each connection; 0 is 1,000.
    pub max_concurrent_streams: u32,
    /// The largest frame that clients may send, in bytes.
    pub read_buffer_size: i64,
    /// What is buffered for sending on a stream, in bytes; 0 is 32 KiB.
    pub write_buffer_size: i64,
    /// Pings and the lives of connections.
    pub keepalive: SomeByDefault<Keepalive>,
    /// An extension that checks who calls.
    pub auth: NoneByDefault<AuthSettings>,
    /// Whether request metadata goes along with the telemetry.
    pub include_metadata: bool,
    /// Not available yet.
    pub middlewares: Vec<Value>,
}

/// How connections are opened.
#[derive(Clone, Debug, Default, Deserialize, Serialize)]
#[serde(default)]
pub struct Dialer {
    /// How long that may take.
    pub timeout: Duration,
}

/// Pings and the lives of connections.
#[derive(Clone, Debug, Default, Deserialize, Serialize)]
#[serde(default)]
pub struct Keepalive {
    /// What the server does.
    pub server_parameters: SomeByDefault<ServerParameters>,
    /// What clients may do. Nobody is sent away for a ping too many; whoever sends thousands waits.
    pub enforcement_policy: SomeByDefault<EnforcementPolicy>,
}

/// What the server does with its connections; 0 is never, or the default of gRPC.
#[derive(Clone, Debug, Default, Deserialize, Serialize)]
#[serde(default)]
pub struct ServerParameters {
    /// Closes connections without calls.
    pub max_connection_idle: Duration,
    /// Closes connections of this age, spread by 10%.
    pub max_connection_age: Duration,
    /// How long the calls of an old connection may still run.
    pub max_connection_age_grace: Duration,
    /// The pause between pings; 0 is 2 hours.
    pub time: Duration,
    /// How long an answer to a ping may take; 0 is 20 seconds.
    pub timeout: Duration,
}

/// What clients may do.
#[derive(Clone, Debug, Default, Deserialize, Serialize)]
#[serde(default)]
pub struct EnforcementPolicy {
    /// The shortest pause between a client's pings.
    pub min_time: Duration,
    /// Whether clients may ping without a call.
    pub permit_without_stream: bool,
}

impl Default for GrpcServerSettings {
    fn default() -> Self {
        Self {
            endpoint: ":4317".to_owned(),
            transport: "tcp".to_owned(),
            dialer: Dialer::default(),
            tls: NoneByDefault::default(),
            max_recv_msg_size_mib: 0,
            max_concurrent_streams: 0,
            read_buffer_size: 512 << 10,
            write_buffer_size: 0,
            keepalive: SomeByDefault::default(),
            auth: NoneByDefault::default(),
            include_metadata: false,
            middlewares: Vec::new(),
        }
    }
}

impl GrpcServerSettings {
    /// Reports what is wrong; `path` is where these settings stand.
    pub fn validate_at(&self, path: &str, issues: &mut Issues) {
        let at = |key: &str| place(path, key);
        let unavailable = [("middlewares", !self.middlewares.is_empty())];
        check_server(path, &self.transport, &unavailable, issues);
        if let Some(tls) = self.tls.get() {
            validate_server(tls, &at("tls"), issues);
        }
        if let Some(auth) = self.auth.get() {
            auth.validate(&at("auth"), issues);
        }
        if !(0..=MAX_MESSAGE_MIB).contains(&self.max_recv_msg_size_mib) {
            let message = format!(
                "invalid max_recv_msg_size_mib value, must be between 1 and {MAX_MESSAGE_MIB}: {}",
                self.max_recv_msg_size_mib
            );
            issues.error(at("max_recv_msg_size_mib"), message);
        }
        let sizes = [
            ("read_buffer_size", self.read_buffer_size),
            ("write_buffer_size", self.write_buffer_size),
        ];
        for (key, size) in sizes.into_iter().filter(|(_, size)| *size < 0) {
            issues.error(at(key), format!("invalid {key} value: {size}, must not be negative"));
        }
        self.validate_keepalive(&at("keepalive"), issues);
    }

    fn validate_keepalive(&self, path: &str, issues: &mut Issues) {
        let parameters = self.parameters();
        let durations = [
            ("max_connection_idle", parameters.max_connection_idle),
            ("max_connection_age", parameters.max_connection_age),
            ("max_connection_age_grace", parameters.max_connection_age_grace),
            ("time", parameters.time),
            ("timeout", parameters.timeout),
        ];
        for (key, _) in durations.into_iter().filter(|(_, duration)| duration.is_negative()) {
            issues.error(format!("{path}::server_parameters::{key}"), "must not be negative");
        }
        let policy = self.keepalive.get().and_then(|keepalive| keepalive.enforcement_policy.get());
        if policy.is_some_and(|policy| policy.min_time.get() > DEFAULT_MIN_TIME.get()) {
            let message = "more than 5m is not available in this version, because clients that ping \
                           more often are not sent away";
            issues.error(format!("{path}::enforcement_policy::min_time"), message);
        }
    }

    /// The largest decompressed message, in bytes.
    #[must_use]
    pub fn max_message_bytes(&self) -> usize {
        let mib = match self.max_recv_msg_size_mib {
            0 => DEFAULT_MAX_MESSAGE_MIB,
            mib => mib.clamp(1, MAX_MESSAGE_MIB),
        };
        usize::try_from(mib << 20).unwrap_or(usize::MAX)
    }

    /// Opens the sockets.
    ///
    /// # Errors
    /// [`ListenError`] if the endpoint is wrong or taken, or a file of `tls` cannot be used.
    pub async fn listen(&self, opener: &Opener) -> Result<Listener, ListenError> {
        let tls = Accepting::of(self.tls.get(), &[b"h2"])?;
        Ok(opener.open(&self.endpoint, self.transport.parse()?).await?.with_tls(tls))
    }

    pub(super) fn parameters(&self) -> ServerParameters {
        let keepalive = self.keepalive.get();
        keepalive
            .and_then(|keepalive| keepalive.server_parameters.get())
            .cloned()
            .unwrap_or_default()
    }
}

impl ServerParameters {
    pub(super) fn ping_interval(&self) -> time::Duration {
        if self.time.is_zero() { DEFAULT_PING_INTERVAL.get() } else { self.time.get() }
    }

    pub(super) fn ping_timeout(&self) -> time::Duration {
        if self.timeout.is_zero() { DEFAULT_PING_TIMEOUT.get() } else { self.timeout.get() }
    }
}
