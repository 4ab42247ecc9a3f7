//! Puts what is known of the host, the cluster and the cloud on every resource.
//!
//! The detectors run when the collector starts, which fails if one of them does; a platform that is not there
//! is no failure, unless `fail_on_missing_metadata` says so.
//!
//! ```yaml
//! resource_detection:
//!   detectors: [env, ec2, system]
//!   override: false
//!   timeout: 5s
//!   system:
//!     hostname_sources: [os]
//!     resource_attributes:
//!       host.id: {enabled: true}
//! ```
//!
//! All detectors run at the same time. Where two of them find the same attribute, the one that stands first in
//! `detectors` wins. What is on a resource already is replaced, unless `override: false`. A detector that fails
//! is run again after 1 s, 2 s and so on (`retry`) until `timeout` is over. With `refresh_interval` all run
//! again that often; if one fails then, what was found before stays.
//!
//! The detectors, their attributes and settings are listed in [resource-detection.md](resource-detection.md).
//! Metadata servers are asked directly, whatever proxy the environment names.
//!
//! Accepts: when the next component accepts. Holds: nothing. Rejects: what would become several times
//! as large while memory is short.

mod attempt;
mod detected;
mod detection;
mod detectors;
mod known;
mod settings;

use std::sync::Arc;

use arc_swap::ArcSwap;
use futures_util::{FutureExt, future::BoxFuture};

pub use settings::{
    AzureSection, ConsulSection, DetectionRetry, Ec2Section, EksSection, GcpSection, IbmVpcSection,
    KubeadmSection, KubernetesSection, NovaSection, OpenshiftSection, PlainSection,
    RequiredSection, ResourceDetectionConfig, Switch, Switches, SystemSection,
};

use self::{attempt::Machine, detected::Detected, detection::Detection};
use crate::{
    component::{BuildError, Context, Lifecycle, Processor, Stage, StartError},
    otlp::{
        edit::PreparedAttributes,
        field_numbers::resource,
        overlay::{self, Place, Verdict, Visitor},
    },
    pipeline::{Edge, Growth, Payload, Rejected, Transform},
    signal::SignalSet,
    telemetry::metrics,
};

/// The `resource_detection` processor.
pub struct ResourceDetectionProcessor {
    context: Context,
    detection: Arc<Detection>,
    overrides: bool,
    prepared: Arc<ArcSwap<Prepared>>,
}

/// What was found, as it is put on resources.
#[derive(Debug, Default)]
struct Prepared {
    attributes: PreparedAttributes,
    schema_url: &'static str,
}

impl Prepared {
    fn new(found: &Detected) -> Self {
        let attributes = found.attributes.iter().map(|(key, value)| (key.as_str(), value));
        Self {
            attributes: PreparedAttributes::new(resource::ATTRIBUTES, attributes),
            schema_url: found.schema_url,
        }
    }

    const fn is_empty(&self) -> bool {
        self.attributes.is_empty() && self.schema_url.is_empty()
    }
}

impl Processor for ResourceDetectionProcessor {
    const NAME: &'static str = "resource_detection";
    const ALIASES: &'static [&'static str] = &["resourcedetection"];
    const SIGNALS: SignalSet = SignalSet::ALL;
    type Config = ResourceDetectionConfig;
    const IS_STATELESS: bool = true;

    fn build(config: Self::Config, context: Context, _next: Edge) -> Result<Stage, BuildError> {
        let machine = Machine::this().map_err(BuildError::new)?;
        Ok(Stage::Transform(Arc::new(Self::new(config, context, machine))))
    }
}

impl ResourceDetectionProcessor {
    fn new(config: ResourceDetectionConfig, context: Context, machine: Machine) -> Self {
        let metrics = context.host.telemetry.metrics.clone();
        Self {
            overrides: config.overrides,
            detection: Arc::new(Detection { config, machine, metrics }),
            prepared: Arc::default(),
            context,
        }
    }

    /// Looks again every now and then, for as long as the collector runs.
    fn refresh(&self) {
        let interval = self.detection.config.refresh_interval.get();
        if interval.is_zero() {
            return;
        }
        let (tasks, detection) = (self.context.tasks.clone(), Arc::clone(&self.detection));
        let (prepared, show) = (Arc::clone(&self.prepared), self.shown());
        self.context.tasks.spawn(async move {
            while tasks.sleep(interval).await {
                let found = tokio::select! {
                    () = tasks.stopping().cancelled() => break,
                    found = detection.run() => found,
                };
                match found {
                    Ok(found) => {
                        show(found.attributes.len());
                        prepared.store(Arc::new(Prepared::new(&found)));
                    }
                    Err(error) => {
                        tracing::warn!(
                            error,
                            "failed to detect the resource again, what was found stays"
                        );
                    }
                }
            }
        });
    }

    /// What tells how many attributes there are.
    fn shown(&self) -> impl Fn(usize) + Send + 'static {
        let id = self.context.id.to_string();
        let gauge = self.detection.metrics.gauge(&metrics::ATTRIBUTES_DETECTED, &[&id]);
        move |count| gauge.set(i64::try_from(count).unwrap_or(i64::MAX))
    }
}

impl Lifecycle for ResourceDetectionProcessor {
    fn start(&self) -> BoxFuture<'_, Result<(), StartError>> {
        async {
            let timeout = self.detection.config.timeout.get();
            let found = self.detection.run().await.map_err(|error| {
                StartError::new(format!(
                    "cannot detect the resource: {error} (take the detector out of detectors, or \
                     give it more time than timeout: {timeout:?})"
                ))
            })?;
            self.shown()(found.attributes.len());
            let names = found.attributes.iter().map(|(name, _)| name.as_str());
            let attributes = names.collect::<Vec<_>>().join(", ");
            tracing::info!(component = %self.context.id, attributes, "the resource was detected");
            self.prepared.store(Arc::new(Prepared::new(&found)));
            self.refresh();
            Ok(())
        }
        .boxed()
    }
}

impl Transform for ResourceDetectionProcessor {
    fn transform(&self, payload: Payload) -> Result<Payload, Rejected> {
        let prepared = self.prepared.load();
        if prepared.is_empty() {
            return Ok(payload);
        }
        let growth = Growth::of(&payload);
        let mut editor = Editor { prepared: &prepared, overrides: self.overrides, growth };
        let after = overlay::rewrite(payload.signal(), payload.chunks(), &mut editor);
        let items = payload.items();
        editor.growth.settle(payload, after.chunks, items)
    }
}

struct Editor<'a> {
    prepared: &'a Prepared,
    overrides: bool,
    growth: Growth,
}

impl Visitor for Editor<'_> {
    fn resource(&mut self, place: &mut Place<'_>) -> Verdict {
        // What is refused need not be edited any further.
        if self.growth.add(0) {
            self.growth.edit(&mut place.resource.message, |message| {
                message.put_prepared(&self.prepared.attributes, self.overrides)
            });
            let schema_url = self.prepared.schema_url;
            if !schema_url.is_empty() && place.resource.schema_url().is_empty() {
                place.resource.set_schema_url(schema_url);
                self.growth.add(schema_url.len());
            }
        }
        Verdict::Keep
    }
}

#[cfg(test)]
mod tests;
