//! Components that tell a test what happens to them.

use std::{
    collections::{BTreeMap, HashMap},
    sync::{Arc, LazyLock},
};

use futures_util::future::BoxFuture;
use parking_lot::Mutex;
use serde::{Deserialize, Serialize};
use tokio::time::{Duration, Instant, sleep};

use crate::{
    component::{
        BuildError, Context, DeliveryDefaults, Export, Exporter, Extension, Kind, Lifecycle,
        Outputs, Processor, Receiver, Registry, Stage, StartError,
    },
    config::Sources,
    connectors::forward::ForwardConnector,
    extensions::file_storage::FileStorage,
    pipeline::{Accepted, Consumer, Edge, Outcome, Payload, Reason, Rejected, Transform},
    processors,
    service::{builder::Builder, graph::Graph, running::Running},
    settings::Settings,
    signal::{Signal, SignalSet},
    testing::{Bench, RecordingSink, numbered_logs},
};

static WORLDS: LazyLock<Mutex<HashMap<String, World>>> = LazyLock::new(Mutex::default);

/// What the components of one test do and see.
#[derive(Clone, Default)]
pub(in crate::service) struct World {
    events: Arc<Mutex<Vec<String>>>,
    outputs: Arc<Mutex<BTreeMap<String, Outputs>>>,
    sinks: Arc<Mutex<BTreeMap<String, RecordingSink>>>,
}

/// A bench whose components are named in configs by the test's own word for them.
pub(in crate::service) struct Rig {
    pub(in crate::service) bench: Bench,
    pub(in crate::service) registry: Arc<Registry>,
    pub(in crate::service) world: World,
    name: &'static str,
}

impl Rig {
    pub(in crate::service) fn new(name: &'static str) -> Self {
        let world = World::default();
        WORLDS.lock().insert(name.to_owned(), world.clone());
        let registry = Signal::ALL
            .into_iter()
            .fold(processors::register(Registry::default()), Registry::signal)
            .receiver::<Source>()
            .processor::<Hold>()
            .processor::<Pass>()
            .exporter::<Sink>()
            .exporter::<Keep>()
            .extension::<FileStorage>()
            .extension::<Side>()
            .connector::<ForwardConnector>();
        Self { bench: Bench::default(), registry: Arc::new(registry), world, name }
    }

    /// A config with this rig's components: `W` stands for the settings that lead them here.
    pub(in crate::service) fn yaml(&self, yaml: &str) -> String {
        yaml.replace("W", &format!("world: {}", self.name))
    }

    pub(in crate::service) async fn graph(&self, yaml: &str, before: Option<&Graph>) -> Graph {
        let sources =
            Sources { uris: vec![format!("yaml:{}", self.yaml(yaml))], ..Sources::default() };
        let prepared = sources.prepare(&self.registry, "test-collector").await.unwrap();
        let host = &self.bench.host;
        Builder::new(&prepared.config, &prepared.plan, &self.registry, host, before)
            .build()
            .unwrap()
    }

    pub(in crate::service) async fn start(&self, yaml: &str) -> Result<Running, StartError> {
        Running::start(self.graph(yaml, None).await, self.bench.host.clone()).await
    }

    pub(in crate::service) async fn replace(
        &self,
        running: &mut Running,
        yaml: &str,
    ) -> Result<(), StartError> {
        let graph = self.graph(yaml, Some(running.graph())).await;
        running.replace(graph, Duration::from_secs(10)).await
    }

    /// Sends log records into a receiver.
    pub(in crate::service) async fn send(&self, receiver: &str, items: u64) -> Outcome {
        self.world.edge(receiver, Signal::Logs).send(numbered_logs(0..items)).await
    }
}

impl World {
    /// What happened since it was last asked.
    pub(in crate::service) fn events(&self) -> Vec<String> {
        std::mem::take(&mut *self.events.lock())
    }

    pub(in crate::service) fn edge(&self, receiver: &str, signal: Signal) -> Edge {
        self.outputs.lock()[receiver].edge(signal).clone()
    }

    pub(in crate::service) fn sink(&self, exporter: &str) -> RecordingSink {
        self.sinks.lock().entry(exporter.to_owned()).or_default().clone()
    }

    fn tell(&self, event: String) {
        self.events.lock().push(event);
    }
}

/// Settings of all of them.
#[derive(Clone, Debug, Default, Serialize, Deserialize)]
#[serde(default)]
pub(in crate::service) struct RigConfig {
    world: String,
    value: u32,
    fails: bool,
    panics: bool,
    rejects: bool,
    stop_seconds: u64,
}

impl Settings for RigConfig {}

/// What every component of a rig does.
struct Common {
    id: String,
    config: RigConfig,
    world: World,
    context: Context,
}

impl Common {
    fn new(config: RigConfig, context: Context) -> Self {
        let world = WORLDS.lock().get(&config.world).cloned().unwrap_or_default();
        Self { id: context.id.to_string(), config, world, context }
    }

    async fn begin(&self) -> Result<(), StartError> {
        self.world.tell(format!("start {}={}", self.id, self.config.value));
        tracing::info!("begun");
        drop(self.context.tasks.spawn(async { tracing::info!("working") }).await);
        if self.config.panics {
            drop(self.context.tasks.spawn(async { panic!("on purpose") }).await);
        }
        if self.config.fails { Err(StartError::new("as it was told to")) } else { Ok(()) }
    }

    async fn end(&self) {
        sleep(Duration::from_secs(self.config.stop_seconds)).await;
        self.world.tell(format!("stop {}={}", self.id, self.config.value));
    }
}

pub(in crate::service) struct Source(Common, Outputs);

impl Receiver for Source {
    const NAME: &'static str = "source";
    const SIGNALS: SignalSet = SignalSet::ALL;
    type Config = RigConfig;

    fn build(config: RigConfig, context: Context, outputs: Outputs) -> Result<Self, BuildError> {
        Ok(Self(Common::new(config, context), outputs))
    }
}

impl Lifecycle for Source {
    fn start(&self) -> BoxFuture<'_, Result<(), StartError>> {
        // As a client does that waits at the door.
        if !self.1.edge(Signal::Logs).is_connected() {
            self.0.world.tell(format!("{} is not connected", self.0.id));
        }
        self.0.world.outputs.lock().insert(self.0.id.clone(), self.1.clone());
        Box::pin(self.0.begin())
    }

    fn stop(&self, _deadline: Instant) -> BoxFuture<'_, ()> {
        Box::pin(self.0.end())
    }
}

/// Keeps what it is sent until it is stopped.
pub(in crate::service) struct Hold {
    common: Common,
    next: Edge,
    held: Mutex<Vec<Payload>>,
}

impl Processor for Hold {
    const NAME: &'static str = "hold";
    const SIGNALS: SignalSet = SignalSet::ALL;
    type Config = RigConfig;

    fn build(config: RigConfig, context: Context, next: Edge) -> Result<Stage, BuildError> {
        let common = Common::new(config, context);
        Ok(Stage::Consumer(Arc::new(Self { common, next, held: Mutex::default() })))
    }
}

impl Consumer for Hold {
    fn consume(&self, payload: Payload) -> BoxFuture<'_, Outcome> {
        self.common.context.books.hold(payload.items() as u64);
        self.held.lock().push(payload);
        Box::pin(std::future::ready(Ok(Accepted::FULLY)))
    }
}

impl Lifecycle for Hold {
    fn start(&self) -> BoxFuture<'_, Result<(), StartError>> {
        Box::pin(self.common.begin())
    }

    fn stop(&self, _deadline: Instant) -> BoxFuture<'_, ()> {
        Box::pin(async {
            self.common.end().await;
            let held = std::mem::take(&mut *self.held.lock());
            for payload in held {
                let items = payload.items() as u64;
                assert_eq!(self.next.send(payload).await, Ok(Accepted::FULLY));
                self.common.context.books.release(items);
            }
        })
    }
}

/// Passes everything on.
pub(in crate::service) struct Pass;

impl Lifecycle for Pass {}

impl Processor for Pass {
    const NAME: &'static str = "pass";
    const SIGNALS: SignalSet = SignalSet::ALL;
    type Config = RigConfig;
    const IS_STATELESS: bool = true;

    fn build(_: RigConfig, _: Context, _: Edge) -> Result<Stage, BuildError> {
        Ok(Stage::Transform(Arc::new(Self)))
    }
}

impl Transform for Pass {
    fn transform(&self, payload: Payload) -> Result<Payload, Rejected> {
        Ok(payload)
    }
}

pub(in crate::service) struct Sink(Common, std::sync::atomic::AtomicBool);

impl Exporter for Sink {
    const NAME: &'static str = "sink";
    const SIGNALS: SignalSet = SignalSet::ALL;
    const DELIVERY: DeliveryDefaults = DeliveryDefaults::NONE;
    type Config = RigConfig;

    fn build(config: RigConfig, context: Context) -> Result<Self, BuildError> {
        Ok(Self(Common::new(config, context), true.into()))
    }
}

impl Lifecycle for Sink {
    fn start(&self) -> BoxFuture<'_, Result<(), StartError>> {
        Box::pin(self.0.begin())
    }

    fn stop(&self, _deadline: Instant) -> BoxFuture<'_, ()> {
        self.1.store(false, std::sync::atomic::Ordering::Relaxed);
        Box::pin(self.0.end())
    }
}

impl Export for Sink {
    fn export(&self, payload: Payload) -> BoxFuture<'_, Outcome> {
        if !self.1.load(std::sync::atomic::Ordering::Relaxed) {
            let rejected = Rejected::new(Reason::ShuttingDown, "stopped");
            return Box::pin(std::future::ready(Err(rejected)));
        }
        if self.0.config.rejects {
            let rejected = Rejected::new(Reason::Unavailable, "as it was told to");
            return Box::pin(std::future::ready(Err(rejected)));
        }
        let sink = self.0.world.sink(&format!("{}={}", self.0.id, self.0.config.value));
        Box::pin(async move { sink.export(payload).await })
    }
}

/// A sink that can have a queue.
pub(in crate::service) struct Keep(Sink);

impl Exporter for Keep {
    const NAME: &'static str = "keep";
    const SIGNALS: SignalSet = SignalSet::ALL;
    const DELIVERY: DeliveryDefaults =
        DeliveryDefaults { timeout_ms: None, retry: true, queue: Some(false) };
    type Config = RigConfig;

    fn build(config: RigConfig, context: Context) -> Result<Self, BuildError> {
        Ok(Self(Sink::build(config, context)?))
    }
}

impl Lifecycle for Keep {
    fn start(&self) -> BoxFuture<'_, Result<(), StartError>> {
        self.0.start()
    }

    fn stop(&self, deadline: Instant) -> BoxFuture<'_, ()> {
        self.0.stop(deadline)
    }
}

impl Export for Keep {
    fn export(&self, payload: Payload) -> BoxFuture<'_, Outcome> {
        self.0.export(payload)
    }
}

pub(in crate::service) struct Side(Common);

impl Extension for Side {
    const NAME: &'static str = "side";
    type Config = RigConfig;

    fn build(config: RigConfig, context: Context) -> Result<Self, BuildError> {
        assert_eq!(context.kind, Kind::Extension);
        Ok(Self(Common::new(config, context)))
    }
}

impl Lifecycle for Side {
    fn start(&self) -> BoxFuture<'_, Result<(), StartError>> {
        Box::pin(self.0.begin())
    }

    fn stop(&self, _deadline: Instant) -> BoxFuture<'_, ()> {
        Box::pin(self.0.end())
    }
}
