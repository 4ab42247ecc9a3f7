//! Turns events into records and writes them.

use std::{
    sync::{
        Arc,
        atomic::{AtomicU64, Ordering},
    },
    time::SystemTime,
};

use arc_swap::ArcSwap;
use parking_lot::Mutex;
use serde_json::{Map, Value};
use time::{OffsetDateTime, UtcOffset};
use tokio::time::Instant;
use tracing::{
    Event, Level, Metadata, Subscriber,
    level_filters::LevelFilter,
    span::{Attributes, Id},
    subscriber::Interest,
};
use tracing_subscriber::{
    Layer,
    layer::Context,
    registry::{LookupSpan, SpanRef},
};

use super::{
    LogEncoding, LogOptions, OutputError, fields::Fields, output::Outputs, record::Record,
    sampler::Sampler,
};

/// Our own crates; all others speak only of what goes wrong, or our log would be theirs.
const OUR_CRATES: [&str; 5] =
    ["common", "traces_collector", "metrics_collector", "logs_collector", "combined_collector"];

/// Writes the events of a process.
#[derive(Debug)]
pub struct LogLayer(Arc<Shared>);

#[derive(Debug)]
pub(super) struct Shared {
    form: ArcSwap<Form>,
    writer: Mutex<Writer>,
    offset: UtcOffset,
    sampled_out: AtomicU64,
}

/// What every record needs, ready to use.
#[derive(Debug)]
struct Form {
    level: LevelFilter,
    encoding: LogEncoding,
    with_caller: bool,
    common_fields: Map<String, Value>,
}

#[derive(Debug)]
struct Writer {
    sampler: Option<Sampler>,
    outputs: Outputs,
}

impl Shared {
    pub(super) fn new(options: &LogOptions) -> Result<Self, OutputError> {
        Ok(Self {
            form: ArcSwap::from_pointee(Form::new(options)),
            writer: Mutex::new(Writer::open(options)?),
            // Can only be found out while the process has one thread.
            offset: UtcOffset::current_local_offset().unwrap_or(UtcOffset::UTC),
            sampled_out: AtomicU64::new(0),
        })
    }

    pub(super) fn reconfigure(&self, options: &LogOptions) -> Result<(), OutputError> {
        let writer = Writer::open(options)?;
        *self.writer.lock() = writer;
        self.form.store(Arc::new(Form::new(options)));
        Ok(())
    }

    pub(super) fn sampled_out(&self) -> u64 {
        self.sampled_out.load(Ordering::Relaxed)
    }

    fn write(&self, level: Level, caller: Option<String>, span: Option<&Fields>, event: Fields) {
        let form = self.form.load();
        let Fields { message, others } = event;
        {
            let mut writer = self.writer.lock();
            let now = Instant::now();
            if !writer.sampler.as_mut().is_none_or(|sampler| sampler.admits(level, &message, now)) {
                self.sampled_out.fetch_add(1, Ordering::Relaxed);
                return;
            }
        }
        let mut fields = form.common_fields.clone();
        fields.extend(span.into_iter().flat_map(|span| span.others.clone()));
        fields.extend(others);
        let record = Record {
            time: OffsetDateTime::from(SystemTime::now()).to_offset(self.offset),
            level,
            caller: caller.filter(|_| form.with_caller),
            message,
            fields,
        };
        let line = match form.encoding {
            LogEncoding::Console => record.to_console(),
            LogEncoding::Json => record.to_json(),
        };
        self.writer.lock().outputs.write(&line);
    }
}

impl Form {
    fn new(options: &LogOptions) -> Self {
        let mut common_fields: Map<_, _> = options.initial_fields.iter().cloned().collect();
        if let Some(resource) = &options.resource {
            let attributes: Map<_, _> = resource
                .attributes()
                .map(|(name, value)| (name.to_owned(), Value::from(value)))
                .collect();
            common_fields.insert("resource".to_owned(), Value::Object(attributes));
        }
        Self {
            level: options.level.map_or(LevelFilter::OFF, LevelFilter::from_level),
            encoding: options.encoding,
            with_caller: options.with_caller,
            common_fields,
        }
    }

    fn admits(&self, metadata: &Metadata<'_>) -> bool {
        // Spans are let through at every level, for the sake of the records inside.
        if metadata.is_span() {
            return is_ours(metadata.target());
        }
        let most = if is_ours(metadata.target()) { LevelFilter::TRACE } else { LevelFilter::WARN };
        *metadata.level() <= self.level && *metadata.level() <= most
    }
}

impl Writer {
    fn open(options: &LogOptions) -> Result<Self, OutputError> {
        Ok(Self {
            sampler: options.sampling.map(Sampler::new),
            outputs: Outputs::open(&options.output_paths, &options.error_output_paths)?,
        })
    }
}

impl LogLayer {
    pub(super) const fn new(shared: Arc<Shared>) -> Self {
        Self(shared)
    }
}

impl<S> Layer<S> for LogLayer
where
    S: Subscriber + for<'a> LookupSpan<'a>,
{
    fn register_callsite(&self, metadata: &'static Metadata<'static>) -> Interest {
        if self.0.form.load().admits(metadata) { Interest::always() } else { Interest::never() }
    }

    fn enabled(&self, metadata: &Metadata<'_>, _: Context<'_, S>) -> bool {
        self.0.form.load().admits(metadata)
    }

    fn max_level_hint(&self) -> Option<LevelFilter> {
        // Component spans are errors to `tracing`, so they pass whenever anything does.
        Some(self.0.form.load().level)
    }

    fn on_new_span(&self, attributes: &Attributes<'_>, id: &Id, context: Context<'_, S>) {
        let Some(span) = context.span(id) else { return };
        // What an outer span said holds inside, unless said anew.
        let mut fields = span.parent().as_ref().and_then(fields_of).unwrap_or_default();
        attributes.record(&mut fields);
        span.extensions_mut().insert(fields);
    }

    fn on_event(&self, event: &Event<'_>, context: Context<'_, S>) {
        let mut fields = Fields::default();
        event.record(&mut fields);
        let metadata = event.metadata();
        let caller = metadata.file().map(|file| {
            let line = metadata.line().unwrap_or_default();
            format!("{}:{line}", short_path(file))
        });
        let span = context.event_span(event).as_ref().and_then(fields_of);
        self.0.write(*metadata.level(), caller, span.as_ref(), fields);
    }
}

fn fields_of<'a, S: LookupSpan<'a>>(span: &SpanRef<'a, S>) -> Option<Fields> {
    span.extensions().get::<Fields>().cloned()
}

fn is_ours(target: &str) -> bool {
    let name = target.split_once("::").map_or(target, |(name, _)| name);
    OUR_CRATES.contains(&name)
}

/// The last folder and the file, as upstream's caller column has it.
fn short_path(path: &str) -> &str {
    let mut slashes = path.rmatch_indices('/').map(|(at, _)| at);
    slashes.nth(1).and_then(|at| path.get(at + 1..)).unwrap_or(path)
}
