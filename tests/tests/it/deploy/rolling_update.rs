//! A rolling update of two gateways under load, as the Deployments do it: all that was acknowledged arrives.

use std::{net::SocketAddr, sync::Arc};

use anyhow::ensure;
use common::component::Tasks;
use parking_lot::Mutex;
use tempfile::TempDir;
use tests::{
    chaos::{
        config::Exporter,
        load::{Load, LoadSettings},
        run::{Allowed, Run, Size},
        subject::{Subject, lasting_address},
    },
    wait::PATIENCE,
};
use tokio::net::{TcpListener, TcpStream};

/// What a Service does for its clients: each new connection goes to one of the pods that are ready.
struct Service {
    address: SocketAddr,
    ready: Arc<Mutex<Vec<SocketAddr>>>,
    tasks: Tasks,
}

impl Service {
    async fn start() -> anyhow::Result<Self> {
        let address = lasting_address();
        let listener = TcpListener::bind(address).await?;
        let ready = Arc::new(Mutex::new(Vec::<SocketAddr>::new()));
        let tasks = Tasks::default();
        let (pods, connections) = (Arc::clone(&ready), tasks.clone());
        tasks.spawn(async move {
            for turn in 0_usize.. {
                let Ok((mut client, _)) = listener.accept().await else { continue };
                let pod = {
                    let pods = pods.lock();
                    pods.get(turn % pods.len().max(1)).copied()
                };
                let Some(pod) = pod else { continue };
                connections.spawn(async move {
                    if let Ok(mut server) = TcpStream::connect(pod).await {
                        // Ends with either side, whatever it says of it.
                        drop(tokio::io::copy_bidirectional(&mut client, &mut server).await);
                    }
                });
            }
        });
        Ok(Self { address, ready, tasks })
    }
}

impl Drop for Service {
    fn drop(&mut self) {
        self.tasks.stopping().cancel();
    }
}

/// A gateway as `deploy/kubernetes/base` has it: what it accepted is in memory.
fn gateway(run: &Run, name: &str, backend: SocketAddr) -> Subject {
    let mut exporter = Exporter::durable("backend", backend);
    exporter.queue = "{sizer: bytes, queue_size: 67108864, batch: {flush_timeout: 200ms, \
                      sizer: bytes, min_size: 1048576, max_size: 2097152}}"
        .to_owned();
    run.subject(name, &run.config(exporter))
}

async fn update(run: &mut Run, pods: usize) -> anyhow::Result<()> {
    let backend = run.backend().await;
    let service = Service::start().await?;
    let mut serving = Vec::new();
    for number in 0..pods {
        let mut pod = gateway(run, &format!("old-{number}"), backend.address);
        pod.start().await?;
        service.ready.lock().push(pod.grpc);
        serving.push(pod);
    }
    let settings = LoadSettings {
        grpc: vec![service.address.to_string()],
        http: None,
        senders: 8,
        request_items: 20,
        rate: Some(run.size.rate),
        timeout: PATIENCE,
        forgets: false,
    };
    let load: Load = run.load_with(settings);
    run.acknowledged(100, PATIENCE).await?;
    let mut ended = Vec::new();
    for number in 0..pods {
        // One more than asked for, then one less: `maxSurge` and `maxUnavailable: 0`.
        let mut pod = gateway(run, &format!("new-{number}"), backend.address);
        pod.start().await?;
        let mut old = serving.remove(0);
        {
            let mut ready = service.ready.lock();
            ready.push(pod.grpc);
            ready.retain(|address| *address != old.grpc);
        }
        serving.push(pod);
        // The old pod serves on while the world learns that it goes: `preStop`.
        run.acknowledged(200, PATIENCE).await?;
        let status = old.stop().await?;
        ensure!(status.code() == Some(0), "SIGTERM ended it with {status}");
        ended.push(old);
        run.acknowledged(200, PATIENCE).await?;
    }
    load.stop(PATIENCE).await;
    run.settle(&mut serving.iter_mut().collect::<Vec<_>>(), PATIENCE).await?;
    let totals = run.ledger.totals();
    ensure!(totals.missing == 0, "acknowledged and not arrived: {totals:?}");
    ensure!(totals.refused == 0, "refused for good: {totals:?}");
    ensure!(totals.duplicates == 0, "an orderly stop doubles nothing: {totals:?}");
    ended.extend(serving);
    run.check(&ended.iter().collect::<Vec<_>>(), &[&backend], Allowed::default())
}

#[tokio::test(flavor = "multi_thread")]
async fn a_rolling_update_under_load_loses_and_doubles_nothing() {
    for seed in 1..=3 {
        let directory = TempDir::new().unwrap();
        let mut run = Run::new(seed, Size::SHORT, directory.path().to_owned());
        let updated = update(&mut run, 2).await;
        assert!(updated.is_ok(), "seed {seed}: {updated:?}");
    }
}
