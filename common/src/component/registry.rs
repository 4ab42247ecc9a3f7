//! The components that a binary has, by kind and name.
//!
//! A component is added by its type (`registry.processor::<BatchProcessor>()`); the registry erases the
//! type behind one small factory trait per kind.

use std::{collections::BTreeMap, marker::PhantomData, sync::Arc};

use crate::{
    component::{
        BuildError, BuiltExtension, ComponentId, Connector, ConnectorOutputs, Context,
        DeliveryDefaults, Export, Exporter, Extension, Holder, Kind, Lifecycle, Offer, Outputs,
        Peer, Processor, Receiver, SendingBatch, Stage,
    },
    pipeline::Edge,
    settings::{Finding, Issues, Node, Settings, decode},
    signal::{Signal, SignalSet},
};

/// What a settings check found, and the settings with their defaults filled in.
pub struct Checked {
    /// Errors and warnings, each with its place in the source.
    pub findings: Vec<Finding>,
    /// The settings as they will apply, for `print-config`; nothing if they cannot be read.
    pub effective: Option<serde_json::Value>,
}

/// What every kind of factory can do: check settings without building.
pub trait Factory: Send + Sync {
    /// The type in configs.
    fn name(&self) -> &'static str;
    /// Older spellings.
    fn aliases(&self) -> &'static [&'static str];
    /// Reads and validates settings; `path` is where they stand in the config.
    fn check(&self, settings: &Node, path: &str) -> Checked;
}

/// Builds receivers of one type.
pub trait ReceiverFactory: Factory {
    /// What it can receive.
    fn signals(&self) -> SignalSet;
    /// See [`Receiver::build`].
    ///
    /// # Errors
    /// As [`Receiver::build`], or settings that [`Factory::check`] refuses.
    fn build(
        &self,
        settings: &Node,
        context: Context,
        outputs: Outputs,
    ) -> Result<Arc<dyn Lifecycle>, BuildError>;
}

/// Builds processors of one type.
pub trait ProcessorFactory: Factory {
    /// What it can work on.
    fn signals(&self) -> SignalSet;
    /// See [`Processor::IS_STATELESS`].
    fn is_stateless(&self) -> bool;
    /// See [`Processor::sending_batch`]; nothing for settings that cannot be read.
    fn sending_batch(&self, settings: &Node) -> Option<SendingBatch>;
    /// See [`Processor::build`].
    ///
    /// # Errors
    /// As [`Processor::build`], or settings that [`Factory::check`] refuses.
    fn build(&self, settings: &Node, context: Context, next: Edge) -> Result<Stage, BuildError>;
}

/// Builds exporters of one type.
pub trait ExporterFactory: Factory {
    /// What it can send.
    fn signals(&self) -> SignalSet;
    /// Which delivery keys stand beside its own.
    fn delivery(&self) -> DeliveryDefaults;
    /// See [`Exporter::peer`]; nothing for settings that cannot be read.
    fn peer(&self, settings: &Node, signal: Signal) -> Peer;
    /// See [`Exporter::build`].
    ///
    /// # Errors
    /// As [`Exporter::build`], or settings that [`Factory::check`] refuses.
    fn build(&self, settings: &Node, context: Context) -> Result<Arc<dyn Export>, BuildError>;
}

/// Builds connectors of one type.
pub trait ConnectorFactory: Factory {
    /// What it can send for input of one signal.
    fn outputs(&self, input: Signal) -> SignalSet;
    /// See [`Connector::build`].
    ///
    /// # Errors
    /// As [`Connector::build`], or settings that [`Factory::check`] refuses.
    fn build(
        &self,
        settings: &Node,
        context: Context,
        outputs: ConnectorOutputs,
    ) -> Result<Arc<dyn Holder>, BuildError>;
}

/// Builds extensions of one type.
pub trait ExtensionFactory: Factory {
    /// See [`Extension::OFFERS`].
    fn offers(&self) -> &'static [Offer];
    /// See [`Extension::needs`].
    fn needs(&self, settings: &Node) -> Vec<ComponentId>;
    /// See [`Extension::build`].
    ///
    /// # Errors
    /// As [`Extension::build`], or settings that [`Factory::check`] refuses.
    fn build(&self, settings: &Node, context: Context) -> Result<BuiltExtension, BuildError>;
}

type Table<F> = BTreeMap<&'static str, Box<F>>;

/// The components of one binary and the signals it carries.
pub struct Registry {
    signals: SignalSet,
    receivers: Table<dyn ReceiverFactory>,
    processors: Table<dyn ProcessorFactory>,
    exporters: Table<dyn ExporterFactory>,
    connectors: Table<dyn ConnectorFactory>,
    extensions: Table<dyn ExtensionFactory>,
}

impl Default for Registry {
    fn default() -> Self {
        Self {
            signals: SignalSet::NONE,
            receivers: Table::new(),
            processors: Table::new(),
            exporters: Table::new(),
            connectors: Table::new(),
            extensions: Table::new(),
        }
    }
}

impl Registry {
    /// Says that the binary runs pipelines of this signal.
    #[must_use]
    pub fn signal(mut self, signal: Signal) -> Self {
        self.signals = self.signals.with(signal);
        self
    }

    /// Adds a receiver.
    #[must_use]
    pub fn receiver<R: Receiver>(mut self) -> Self {
        self.receivers.insert(R::NAME, Box::new(ReceiverOf::<R>(PhantomData)));
        self
    }

    /// Adds a processor.
    #[must_use]
    pub fn processor<P: Processor + 'static>(mut self) -> Self {
        self.processors.insert(P::NAME, Box::new(ProcessorOf::<P>(PhantomData)));
        self
    }

    /// Adds an exporter.
    #[must_use]
    pub fn exporter<E: Exporter>(mut self) -> Self {
        self.exporters.insert(E::NAME, Box::new(ExporterOf::<E>(PhantomData)));
        self
    }

    /// Adds a connector.
    #[must_use]
    pub fn connector<C: Connector + 'static>(mut self) -> Self {
        self.connectors.insert(C::NAME, Box::new(ConnectorOf::<C>(PhantomData)));
        self
    }

    /// Adds an extension.
    #[must_use]
    pub fn extension<E: Extension>(mut self) -> Self {
        self.extensions.insert(E::NAME, Box::new(ExtensionOf::<E>(PhantomData)));
        self
    }

    /// The signals whose pipelines run here.
    #[must_use]
    pub const fn signals(&self) -> SignalSet {
        self.signals
    }

    /// The receiver of this name or older spelling.
    #[must_use]
    pub fn find_receiver(&self, name: &str) -> Option<&dyn ReceiverFactory> {
        find(&self.receivers, name)
    }

    /// The processor of this name or older spelling.
    #[must_use]
    pub fn find_processor(&self, name: &str) -> Option<&dyn ProcessorFactory> {
        find(&self.processors, name)
    }

    /// The exporter of this name or older spelling.
    #[must_use]
    pub fn find_exporter(&self, name: &str) -> Option<&dyn ExporterFactory> {
        find(&self.exporters, name)
    }

    /// The connector of this name or older spelling.
    #[must_use]
    pub fn find_connector(&self, name: &str) -> Option<&dyn ConnectorFactory> {
        find(&self.connectors, name)
    }

    /// The extension of this name or older spelling.
    #[must_use]
    pub fn find_extension(&self, name: &str) -> Option<&dyn ExtensionFactory> {
        find(&self.extensions, name)
    }

    /// The component of this kind and name or older spelling, for checks.
    #[must_use]
    pub fn find(&self, kind: Kind, name: &str) -> Option<&dyn Factory> {
        match kind {
            Kind::Receiver => self.find_receiver(name).map(|factory| factory as &dyn Factory),
            Kind::Processor => self.find_processor(name).map(|factory| factory as &dyn Factory),
            Kind::Exporter => self.find_exporter(name).map(|factory| factory as &dyn Factory),
            Kind::Connector => self.find_connector(name).map(|factory| factory as &dyn Factory),
            Kind::Extension => self.find_extension(name).map(|factory| factory as &dyn Factory),
        }
    }

    /// All component names of a kind, sorted, without older spellings.
    #[must_use]
    pub fn names(&self, kind: Kind) -> Vec<&'static str> {
        match kind {
            Kind::Receiver => self.receivers.keys().copied().collect(),
            Kind::Processor => self.processors.keys().copied().collect(),
            Kind::Exporter => self.exporters.keys().copied().collect(),
            Kind::Connector => self.connectors.keys().copied().collect(),
            Kind::Extension => self.extensions.keys().copied().collect(),
        }
    }
}

fn find<'a, F: Factory + ?Sized>(table: &'a Table<F>, name: &str) -> Option<&'a F> {
    table
        .get(name)
        .or_else(|| table.values().find(|factory| factory.aliases().contains(&name)))
        .map(|factory| &**factory)
}

/// Reads and validates settings of one type.
pub fn check_settings<C: Settings>(settings: &Node, path: &str) -> Checked {
    let config = match decode::<C>(settings, path) {
        Ok(config) => config,
        Err(findings) => return Checked { findings, effective: None },
    };
    let mut issues = Issues::default();
    config.validate(&mut issues);
    let findings = issues.into_findings(settings, path);
    Checked { findings, effective: serde_json::to_value(&config).ok() }
}

fn read<C: Settings>(settings: &Node, context: &Context) -> Result<C, BuildError> {
    let path = format!("{}::{}", context.kind.section(), context.id);
    decode(settings, &path).map_err(|findings| {
        let texts: Vec<String> = findings.iter().map(ToString::to_string).collect();
        BuildError::new(texts.join("\n"))
    })
}

struct ReceiverOf<R>(PhantomData<fn() -> R>);
struct ProcessorOf<P>(PhantomData<fn() -> P>);
struct ExporterOf<E>(PhantomData<fn() -> E>);
struct ConnectorOf<C>(PhantomData<fn() -> C>);
struct ExtensionOf<E>(PhantomData<fn() -> E>);

macro_rules! factory {
    ($of:ident, $component:ident) => {
        impl<T: $component> Factory for $of<T> {
            fn name(&self) -> &'static str {
                T::NAME
            }
            fn aliases(&self) -> &'static [&'static str] {
                T::ALIASES
            }
            fn check(&self, settings: &Node, path: &str) -> Checked {
                check_settings::<T::Config>(settings, path)
            }
        }
    };
}

factory!(ReceiverOf, Receiver);
factory!(ProcessorOf, Processor);
factory!(ExporterOf, Exporter);
factory!(ConnectorOf, Connector);
factory!(ExtensionOf, Extension);

impl<R: Receiver> ReceiverFactory for ReceiverOf<R> {
    fn signals(&self) -> SignalSet {
        R::SIGNALS
    }

    fn build(
        &self,
        settings: &Node,
        context: Context,
        outputs: Outputs,
    ) -> Result<Arc<dyn Lifecycle>, BuildError> {
        Ok(Arc::new(R::build(read(settings, &context)?, context, outputs)?))
    }
}

impl<P: Processor> ProcessorFactory for ProcessorOf<P> {
    fn signals(&self) -> SignalSet {
        P::SIGNALS
    }

    fn is_stateless(&self) -> bool {
        P::IS_STATELESS
    }

    fn sending_batch(&self, settings: &Node) -> Option<SendingBatch> {
        P::sending_batch(&decode(settings, "").ok()?)
    }

    fn build(&self, settings: &Node, context: Context, next: Edge) -> Result<Stage, BuildError> {
        P::build(read(settings, &context)?, context, next)
    }
}

impl<E: Exporter> ExporterFactory for ExporterOf<E> {
    fn signals(&self) -> SignalSet {
        E::SIGNALS
    }

    fn delivery(&self) -> DeliveryDefaults {
        E::DELIVERY
    }

    fn peer(&self, settings: &Node, signal: Signal) -> Peer {
        let config = decode::<E::Config>(settings, "");
        config.map(|config| E::peer(&config, signal)).unwrap_or_default()
    }

    fn build(&self, settings: &Node, context: Context) -> Result<Arc<dyn Export>, BuildError> {
        Ok(Arc::new(E::build(read(settings, &context)?, context)?))
    }
}

impl<C: Connector> ConnectorFactory for ConnectorOf<C> {
    fn outputs(&self, input: Signal) -> SignalSet {
        C::outputs(input)
    }

    fn build(
        &self,
        settings: &Node,
        context: Context,
        outputs: ConnectorOutputs,
    ) -> Result<Arc<dyn Holder>, BuildError> {
        C::build(read(settings, &context)?, context, outputs)
    }
}

impl<E: Extension> ExtensionFactory for ExtensionOf<E> {
    fn offers(&self) -> &'static [Offer] {
        E::OFFERS
    }

    fn needs(&self, settings: &Node) -> Vec<ComponentId> {
        decode::<E::Config>(settings, "").map(|config| E::needs(&config)).unwrap_or_default()
    }

    fn build(&self, settings: &Node, context: Context) -> Result<BuiltExtension, BuildError> {
        Ok(BuiltExtension::new(E::build(read(settings, &context)?, context)?))
    }
}
