use tokio::time::Duration;

use crate::{
    component::Kind,
    service::{
        instance::{Instance, Key},
        running::Running,
        tests::rig::Rig,
    },
};

const GRACE: Duration = Duration::from_secs(10);

/// A pipeline whose batch stands in front of a durable queue, which keeps its data in `D`.
const DURABLE: &str = "
extensions: {file_storage: {directory: D}}
receivers: {source: {W}}
processors: {pass: {W}, pass/last: {W}, batch: {timeout: 50ms}}
exporters:
  sink: {W}
  keep: {W, sending_queue: {storage: file_storage}}
service:
  extensions: [file_storage]
  pipelines: {logs: {receivers: [source], processors: [pass, batch, pass/last], exporters: [keep]}}
";

fn yaml(rig: &Rig, directory: &tempfile::TempDir, exporters: &str) -> String {
    let directory = directory.path().display().to_string();
    let yaml = DURABLE.replace("D}", &format!("{directory}}}"));
    rig.yaml(&yaml.replace("exporters: [keep]", &format!("exporters: [{exporters}]")))
}

fn has_batch(running: &Running) -> bool {
    let is_batch = |key: &Key| matches!(key, Key::Processor(_, id) if id.type_name() == "batch");
    running.graph().instances.keys().any(is_batch)
}

#[tokio::test]
async fn in_front_of_durable_queues_alone_no_batch_runs() {
    let (rig, directory) = (Rig::new("unbatched"), tempfile::tempdir().unwrap());
    let running = rig.start(&yaml(&rig, &directory, "keep")).await.unwrap();
    assert!(!has_batch(&running));
    rig.send("source", 3).await.unwrap();
    rig.send("source", 2).await.unwrap();
    rig.world.sink("keep=0").wait_for_items(5).await;
    assert!(running.stop(GRACE).await);
    for stage in ["pass", "pass/last", "keep"] {
        let flow = rig.bench.flow(stage);
        assert_eq!((flow.offered, flow.passed_on, flow.held), (5, 5, 0), "{stage}");
    }
}

#[tokio::test]
async fn beside_other_exporters_the_pipeline_parts_before_the_batch() {
    let (rig, directory) = (Rig::new("parted"), tempfile::tempdir().unwrap());
    let running = rig.start(&yaml(&rig, &directory, "sink, keep")).await.unwrap();
    assert!(has_batch(&running));
    rig.send("source", 3).await.unwrap();
    rig.send("source", 2).await.unwrap();
    rig.world.sink("keep=0").wait_for_items(5).await;
    rig.world.sink("sink=0").wait_for_items(5).await;
    assert!(running.stop(GRACE).await);
    assert_eq!(rig.world.sink("sink=0").sizes(), [5], "batched");
    let offered = |stage: &str| rig.bench.flow(stage).offered;
    assert_eq!((offered("pass"), offered("batch"), offered("keep")), (5, 5, 5));
    assert_eq!(offered("pass/last"), 10, "it sees both copies");
    assert_eq!(rig.bench.flow("logs").created, 5, "the fan-out makes one of them");
    for stage in ["pass", "batch", "pass/last", "keep", "sink", "logs"] {
        let flow = rig.bench.flow(stage);
        assert!(flow.is_balanced() && flow.held == 0, "{stage}: {flow:?}");
    }
}

#[tokio::test]
async fn a_dead_exporter_beside_a_durable_one_drops_its_own_copies() {
    let (rig, directory) = (Rig::new("dead beside"), tempfile::tempdir().unwrap());
    let yaml = yaml(&rig, &directory, "keep, keep/dead").replace(
        "  sink:",
        &rig.yaml("  keep/dead: {W, rejects: true, sending_queue: {queue_size: 1}}\n  sink:"),
    );
    let running = rig.start(&yaml.replace("timeout: 50ms", "timeout: 0s")).await.unwrap();
    let mut sent = 0;
    while rig.bench.flow("logs").dropped == 0 {
        rig.send("source", 1).await.unwrap();
        sent += 1;
        assert!(sent < 10_000, "nothing was dropped");
    }
    rig.world.sink("keep=0").wait_for_items(sent).await;
    running.stop(Duration::from_millis(500)).await;
    assert_eq!(rig.world.sink("keep=0").items(), sent);
}

#[tokio::test]
async fn a_full_durable_queue_refuses_before_others_take_their_copy() {
    let (rig, directory) = (Rig::new("full beside"), tempfile::tempdir().unwrap());
    let yaml = yaml(&rig, &directory, "sink, keep").replace(
        "sending_queue: {",
        "rejects: true, sending_queue: {sizer: items, queue_size: 3, ",
    );
    let running = rig.start(&yaml).await.unwrap();
    rig.send("source", 3).await.unwrap();
    let rejected = rig.send("source", 2).await.unwrap_err();
    assert_eq!(&*rejected.message, "sending queue is full");
    running.stop(Duration::from_millis(500)).await;
    assert_eq!(rig.world.sink("sink=0").items(), 3);
}

#[tokio::test]
async fn stages_stop_in_the_order_in_which_data_reaches_them() {
    let (rig, directory) = (Rig::new("parted order"), tempfile::tempdir().unwrap());
    let running = rig.start(&yaml(&rig, &directory, "sink, keep")).await.unwrap();
    let feeders = &running.graph().feeders;
    let feeders_of = |kind: Kind, id: &str| -> Vec<String> {
        let key =
            feeders.keys().find(|key| key.to_string().starts_with(&format!("{kind} \"{id}\"")));
        feeders[key.unwrap()].iter().map(ToString::to_string).collect()
    };
    let last = "processor \"pass/last\" in \"logs\"";
    assert_eq!(feeders_of(Kind::Exporter, "keep"), [last]);
    assert_eq!(feeders_of(Kind::Exporter, "sink"), [last]);
    let pass = "processor \"pass\" in \"logs\"";
    assert_eq!(feeders_of(Kind::Processor, "pass/last"), ["processor \"batch\" in \"logs\"", pass]);
    assert!(running.stop(GRACE).await);
}

#[tokio::test]
async fn a_durable_exporter_is_rebuilt_with_its_storage_and_its_batch() {
    let (rig, directory) = (Rig::new("rebuilt"), tempfile::tempdir().unwrap());
    let first = yaml(&rig, &directory, "keep");
    let mut running = rig.start(&first).await.unwrap();
    let exporter = |running: &Running| -> Instance {
        let mut instances = running.graph().instances.iter();
        instances.find(|(key, _)| matches!(key, Key::Exporter(..))).unwrap().1.clone()
    };
    let mut before = exporter(&running);
    let mut reload = async |running: &mut Running, yaml: &str| -> bool {
        rig.replace(running, yaml).await.unwrap();
        let after = exporter(running);
        let is_same = after.is_same(&before);
        before = after;
        is_same
    };
    assert!(reload(&mut running, &first).await);
    let slower = first.replace("timeout: 50ms", "timeout: 60ms");
    assert!(!reload(&mut running, &slower).await, "how it merges has changed");
    let patient = slower.replace("{directory:", "{timeout: 9s, directory:");
    assert!(!reload(&mut running, &patient).await, "its storage has changed");
    let other = patient.replace("pass/last: {", "pass/last: {value: 1, ");
    assert!(reload(&mut running, &other).await);
    rig.send("source", 3).await.unwrap();
    rig.world.sink("keep=0").wait_for_items(3).await;
    assert!(running.stop(GRACE).await);
}
