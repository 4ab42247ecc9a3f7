//! What works on telemetry inside a pipeline.

mod actions;
mod attributes;
mod batch;
mod filter;
mod group_by_attrs;
mod matching;
mod memory_limiter;
mod probabilistic_sampler;
mod redaction;
mod resource;
mod resource_detection;
mod statements;
mod transform;

pub use actions::{ActionKind, ActionSettings};
pub use attributes::{AttributesProcessor, AttributesProcessorConfig};
pub use batch::{BatchProcessor, BatchProcessorConfig};
pub use filter::{FilterProcessor, FilterProcessorConfig, filter_functions};
pub use group_by_attrs::{GroupByAttrsConfig, GroupByAttrsProcessor};
pub use matching::{
    CacheSettings, LibrarySettings, MatchSettings, MatchType, PropertySettings, Selection,
    SeveritySettings, Visit,
};
pub use memory_limiter::{MemoryLimiterConfig, MemoryLimiterProcessor};
pub use probabilistic_sampler::{
    AttributeSource, ProbabilisticSamplerConfig, ProbabilisticSamplerProcessor, SamplerMode,
};
pub use redaction::{
    DatabaseSanitizerSettings, HashFunction, RedactionProcessor, RedactionProcessorConfig,
    SanitizedSystem, UrlSanitizerSettings,
};
pub use resource::{ResourceProcessor, ResourceProcessorConfig};
pub use resource_detection::{
    AzureSection, ConsulSection, DetectionRetry, Ec2Section, EksSection, GcpSection, IbmVpcSection,
    KubeadmSection, KubernetesSection, NovaSection, OpenshiftSection, PlainSection,
    RequiredSection, ResourceDetectionConfig, ResourceDetectionProcessor, Switch, Switches,
    SystemSection,
};
pub use statements::{ConditionGroup, Listed, StatementGroup};
pub use transform::{TransformProcessor, TransformProcessorConfig, transform_functions};

use crate::component::Registry;

/// Adds the processors that every collector has.
#[must_use]
pub fn register(registry: Registry) -> Registry {
    registry
        .processor::<AttributesProcessor>()
        .processor::<BatchProcessor>()
        .processor::<FilterProcessor>()
        .processor::<GroupByAttrsProcessor>()
        .processor::<MemoryLimiterProcessor>()
        .processor::<ProbabilisticSamplerProcessor>()
        .processor::<RedactionProcessor>()
        .processor::<ResourceDetectionProcessor>()
        .processor::<ResourceProcessor>()
        .processor::<TransformProcessor>()
}
