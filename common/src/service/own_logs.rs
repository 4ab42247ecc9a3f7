//! Our own log: from `service::telemetry::logs` to the options of the logger.

use tracing::Level;

use crate::telemetry::{
    BuildInfo, Resource,
    logging::{Encoding, LogOptions, Sampling},
    settings::{LogEncoding, LogLevel, TelemetrySettings},
};

/// The options that the settings ask for.
#[must_use]
pub fn log_options(settings: &TelemetrySettings, build_info: &BuildInfo) -> LogOptions {
    let logs = &settings.logs;
    let sampling = Sampling {
        tick: logs.sampling.tick.get(),
        initial: logs.sampling.initial,
        thereafter: logs.sampling.thereafter,
    };
    let fields = logs.initial_fields.iter();
    LogOptions {
        level: match logs.level {
            LogLevel::Debug => Some(Level::DEBUG),
            LogLevel::Info => Some(Level::INFO),
            LogLevel::Warn => Some(Level::WARN),
            LogLevel::Error => Some(Level::ERROR),
            LogLevel::Dpanic | LogLevel::Panic | LogLevel::Fatal => None,
        },
        encoding: match logs.encoding {
            LogEncoding::Console => Encoding::Console,
            LogEncoding::Json => Encoding::Json,
        },
        with_caller: !logs.disable_caller,
        sampling: logs.sampling.enabled.then_some(sampling),
        output_paths: logs.output_paths.clone(),
        error_output_paths: logs.error_output_paths.clone(),
        initial_fields: fields.map(|(name, value)| (name.clone(), value.clone())).collect(),
        resource: (!logs.disable_zap_resource).then(|| resource(settings, build_info)),
    }
}

/// Who we say we are, with what `service::telemetry::resource` adds and takes away.
#[must_use]
pub fn resource(settings: &TelemetrySettings, build_info: &BuildInfo) -> Resource {
    let texts: Vec<(&str, Option<String>)> = settings
        .resource
        .attributes
        .iter()
        .map(|attribute| {
            let text = match &attribute.value {
                serde_json::Value::Null => None,
                serde_json::Value::String(text) => Some(text.clone()),
                other => Some(other.to_string()),
            };
            (&*attribute.name, text)
        })
        .collect();
    Resource::new(build_info, texts.iter().map(|(name, text)| (*name, text.as_deref())))
}
