//! How the exporters of a config deliver.

use crate::{
    component::{ComponentId, Kind, Registry},
    config::Config,
    delivery::{self, DeliverySettings},
};

impl Config {
    /// The delivery settings of an exporter; nothing if it is not here or they cannot be read, which its
    /// own check tells.
    #[must_use]
    pub fn delivery(
        &self,
        registry: &Registry,
        exporter: &ComponentId,
    ) -> Option<DeliverySettings> {
        let factory = registry.find_exporter(exporter.type_name())?;
        let settings = self.settings(Kind::Exporter, exporter)?;
        let (_, delivery) = delivery::divide(settings, factory.delivery());
        delivery::read(&delivery, factory.delivery(), "").ok()
    }
}
