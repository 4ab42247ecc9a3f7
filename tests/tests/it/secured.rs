//! Configs whose servers, exporters and extensions are told one by one, each as YAML in flow style.

use tests::backend::Backend;

/// Delivery in the sender's time: the answer is the backend's.
pub(crate) const UNQUEUED: &str =
    "sending_queue: {enabled: false}, retry_on_failure: {enabled: false}";

/// A config under construction. Listeners take any free port.
#[derive(Clone, Debug, Default)]
pub(crate) struct Secured {
    server: String,
    extensions: Vec<(String, String)>,
    exporters: Vec<(String, String)>,
    telemetry: String,
}

impl Secured {
    pub(crate) fn new() -> Self {
        Self::default()
    }

    /// Adds keys to both protocols of the `otlp` receiver.
    pub(crate) fn server(mut self, keys: &str) -> Self {
        self.server.push_str(", ");
        self.server.push_str(keys);
        self
    }

    pub(crate) fn extension(mut self, id: &str, body: &str) -> Self {
        self.extensions.push((id.to_owned(), body.to_owned()));
        self
    }

    pub(crate) fn exporter(mut self, id: &str, body: &str) -> Self {
        self.exporters.push((id.to_owned(), body.to_owned()));
        self
    }

    pub(crate) fn telemetry(mut self, body: &str) -> Self {
        self.telemetry = format!("  telemetry: {body}\n");
        self
    }

    /// An `otlp_grpc` exporter without a queue; `keys` as in `tls: {...}`.
    pub(crate) fn over_grpc(self, backend: &Backend, keys: &str) -> Self {
        let body = format!("{{endpoint: '{}', {UNQUEUED}, {keys}}}", backend.named_address());
        self.exporter("otlp_grpc", &body)
    }

    /// An `otlp_http` exporter without a queue; `keys` as in `tls: {...}`.
    pub(crate) fn over_http(self, scheme: &str, backend: &Backend, keys: &str) -> Self {
        let url = format!("{scheme}://{}", backend.named_address());
        self.exporter("otlp_http", &format!("{{endpoint: '{url}', {UNQUEUED}, {keys}}}"))
    }

    pub(crate) fn yaml(&self) -> String {
        let server = &self.server;
        let mut yaml = format!(
            "receivers:\n  otlp:\n    protocols:\n      grpc: {{endpoint: '127.0.0.1:0'{server}}}\n      \
             http: {{endpoint: '127.0.0.1:0'{server}}}\n"
        );
        section(&mut yaml, "extensions", &self.extensions);
        section(&mut yaml, "exporters", &self.exporters);
        yaml.push_str("service:\n");
        yaml.push_str(&self.telemetry);
        yaml.push_str(&format!("  extensions: [{}]\n  pipelines:\n", ids(&self.extensions)));
        let exporters = ids(&self.exporters);
        for signal in ["traces", "metrics", "logs"] {
            yaml.push_str(&format!(
                "    {signal}: {{receivers: [otlp], exporters: [{exporters}]}}\n"
            ));
        }
        yaml
    }
}

fn section(yaml: &mut String, name: &str, entries: &[(String, String)]) {
    if entries.is_empty() {
        return;
    }
    yaml.push_str(&format!("{name}:\n"));
    for (id, body) in entries {
        yaml.push_str(&format!("  {id}: {body}\n"));
    }
}

fn ids(entries: &[(String, String)]) -> String {
    entries.iter().map(|(id, _)| id.as_str()).collect::<Vec<_>>().join(", ")
}
