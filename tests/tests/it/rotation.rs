//! Certificates, keys and authorities that all change every second under load: nothing fails.
//!
//! `TERCET_ROTATION_SECONDS` says for how long; five seconds if it says nothing.

use std::{
    collections::BTreeSet,
    fmt::Write as _,
    net::SocketAddr,
    sync::atomic::{AtomicBool, AtomicUsize, Ordering},
    time::Duration,
};

use common::signal::Signal;
use parking_lot::Mutex;
use tests::{
    backend::Backend,
    client::{Grpc, Http},
    collector::Collector,
    otlp::samples,
    pki::{Authority, Folder, Identity},
    tls::{ClientTls, ServerTls, der},
    wait,
};
use tokio::time::{Instant, interval, sleep};

use crate::secured::Secured;

/// Authorities overlap by this many generations on both sides, as whoever rotates them must see to.
const OVERLAP: usize = 2;
const SECOND: Duration = Duration::from_secs(1);
const LOOK: Duration = Duration::from_millis(50);
const PAUSE: Duration = Duration::from_millis(2);
const CALLS_PER_CONNECTION: usize = 10;

fn generations() -> usize {
    let seconds = std::env::var("TERCET_ROTATION_SECONDS").ok();
    seconds.map_or(5, |seconds| seconds.parse().unwrap())
}

/// How files are replaced.
#[derive(Clone, Copy, Debug)]
enum Writing {
    /// One after the other, each for a while half written.
    InPlace,
    /// All at once by one link, as in a mounted Kubernetes Secret.
    Swap,
}

/// What is shown and trusted in one second.
struct Generation {
    server: Identity,
    client: Identity,
    roots: String,
}

/// All that will be shown and trusted.
fn all_generations(count: usize) -> Vec<Generation> {
    let last = count + 2 * OVERLAP;
    let authorities: Vec<_> =
        (0..last).map(|number| Authority::new(&format!("authority {number}"))).collect();
    let trusted = |at: usize| {
        authorities[at - OVERLAP..=at + OVERLAP].iter().fold(String::new(), |mut all, one| {
            write!(all, "{}", one.pem).unwrap();
            all
        })
    };
    (OVERLAP..last - OVERLAP)
        .map(|at| Generation {
            server: authorities[at].server(),
            client: authorities[at].client("client"),
            roots: trusted(at),
        })
        .collect()
}

async fn write(folder: &Folder, writing: Writing, stamp: usize, shown: &Identity, roots: &str) {
    let files = [("own.pem", &shown.cert), ("own.key", &shown.key)];
    let files = [files[0], files[1], ("roots.pem", &roots.to_owned())].map(|(n, t)| (n, t.clone()));
    match writing {
        Writing::Swap => {
            let files: Vec<_> = files.iter().map(|(n, text)| (*n, text.as_str())).collect();
            folder.swap_data(stamp, &files);
        }
        Writing::InPlace => {
            for (name, text) in files {
                folder.write_slowly(name, &text).await;
            }
        }
    }
}

/// What the load did.
#[derive(Debug, Default)]
struct Tally {
    requests: AtomicUsize,
    connections: AtomicUsize,
    failures: Mutex<Vec<String>>,
    is_over: AtomicBool,
}

impl Tally {
    fn count(&self, result: anyhow::Result<()>) {
        self.requests.fetch_add(1, Ordering::SeqCst);
        if let Err(error) = result {
            self.failures.lock().push(format!("{error:#}"));
        }
    }

    fn goes_on(&self) -> bool {
        !self.is_over.load(Ordering::SeqCst)
    }

    fn requests(&self) -> usize {
        self.requests.load(Ordering::SeqCst)
    }

    fn assert_nothing_failed(&self, what: &str) {
        let failures = self.failures.lock();
        let (requests, connections) = (self.requests(), self.connections.load(Ordering::SeqCst));
        let failed = failures.len();
        tell(&format!(
            "{what}: {requests} requests over {connections} connections, {failed} failed"
        ));
        assert!(requests > 100, "{requests} requests are no load");
        assert!(failures.is_empty(), "{} failed: {:#?}", failures.len(), failures.first());
    }
}

#[expect(clippy::print_stdout, reason = "the figures are what a long run is for")]
fn tell(figures: &str) {
    println!("{figures}");
}

async fn call_grpc(grpc: &Grpc, request: &[u8]) -> anyhow::Result<()> {
    let reply = grpc.export(Signal::Traces, request).await?;
    anyhow::ensure!(reply.is_ok(), "{reply:?}");
    Ok(())
}

async fn call_http(http: &mut Http, request: &[u8]) -> anyhow::Result<()> {
    let headers = [("content-type", "application/x-protobuf")];
    let reply = http.post("/v1/traces", &headers, request.to_vec()).await?;
    anyhow::ensure!(reply.status == 200, "{}", reply.status);
    Ok(())
}

/// Clients of a collector that rotates; they go along with each generation.
struct Senders<'a> {
    all: &'a [Generation],
    now: AtomicUsize,
    tally: Tally,
    request: Vec<u8>,
    grpc: SocketAddr,
    http: SocketAddr,
}

impl Senders<'_> {
    fn tls(&self) -> ClientTls {
        let generation = &self.all[self.now.load(Ordering::SeqCst)];
        ClientTls::with_identity(&generation.roots, &generation.client)
    }

    /// One connection over all generations.
    async fn over_one_connection(&self) {
        let connection = Grpc::connect_tls(self.grpc, &self.tls()).await.unwrap();
        while self.tally.goes_on() {
            self.tally.count(call_grpc(&connection, &self.request).await);
            sleep(PAUSE).await;
        }
    }

    async fn by_grpc(&self) {
        while self.tally.goes_on() {
            self.tally.connections.fetch_add(1, Ordering::SeqCst);
            match Grpc::connect_tls(self.grpc, &self.tls()).await {
                Err(error) => self.tally.count(Err(error.context("handshake"))),
                Ok(connection) => {
                    for _ in 0..CALLS_PER_CONNECTION {
                        self.tally.count(call_grpc(&connection, &self.request).await);
                        sleep(PAUSE).await;
                    }
                }
            }
        }
    }

    async fn by_http(&self) {
        while self.tally.goes_on() {
            self.tally.connections.fetch_add(1, Ordering::SeqCst);
            match Http::connect_tls(self.http, &self.tls()).await {
                Err(error) => self.tally.count(Err(error.context("handshake"))),
                Ok(mut connection) => {
                    for _ in 0..CALLS_PER_CONNECTION {
                        self.tally.count(call_http(&mut connection, &self.request).await);
                        sleep(PAUSE).await;
                    }
                }
            }
        }
    }

    /// Writes one generation after the other; how many certificates were shown.
    async fn rotate(&self, folder: &Folder, writing: Writing) -> usize {
        let last = wire_form(&self.all[self.all.len() - 1].server);
        let mut seen = BTreeSet::new();
        for (number, generation) in self.all.iter().enumerate().skip(1) {
            let next = Instant::now() + SECOND;
            write(folder, writing, number, &generation.server, &generation.roots).await;
            self.now.store(number, Ordering::SeqCst);
            while Instant::now() < next {
                seen.insert(shown(&self.tls(), self.grpc).await);
                sleep(LOOK).await;
            }
        }
        wait::until("the last certificate", || async {
            (shown(&self.tls(), self.grpc).await == last).then_some(())
        })
        .await;
        seen.insert(last);
        self.tally.is_over.store(true, Ordering::SeqCst);
        seen.len()
    }
}

async fn server_rotates(writing: Writing, keys: &str) {
    let count = generations();
    let (all, folder) = (all_generations(count + 1), Folder::new());
    write(&folder, writing, 0, &all[0].server, &all[0].roots).await;
    let at = |name| folder.path(name).display().to_string();
    let (cert, key, roots) = (at("own.pem"), at("own.key"), at("roots.pem"));
    let tls = format!(
        "tls: {{cert_file: {cert}, key_file: {key}, client_ca_file: {roots}, \
         client_ca_file_reload: true{keys}}}"
    );
    let config = Secured::new().server(&tls).exporter("nop", "{}").yaml();
    let collector = Collector::start(&config).await;
    let senders = Senders {
        all: &all,
        now: AtomicUsize::new(0),
        tally: Tally::default(),
        request: samples::request(Signal::Traces, 1).to_vec(),
        grpc: collector.grpc().await,
        http: collector.http().await,
    };
    let (seen, ..) = tokio::join!(
        senders.rotate(&folder, writing),
        senders.over_one_connection(),
        senders.by_grpc(),
        senders.by_grpc(),
        senders.by_http()
    );
    senders.tally.assert_nothing_failed(&format!("a server that rotates, {writing:?}"));
    assert!(2 * seen >= count, "{seen} of {count} certificates were shown");
    let accepted = collector.balanced_books().await.sum("otelcol_receiver_accepted_spans", &[]);
    assert_eq!(accepted, senders.tally.requests() as f64);
}

/// The certificate that a listener shows now.
async fn shown(client: &ClientTls, address: SocketAddr) -> Vec<u8> {
    let stream = client.connect(address, "h2").await.unwrap();
    stream.get_ref().1.peer_certificates().unwrap()[0].to_vec()
}

fn wire_form(identity: &Identity) -> Vec<u8> {
    der(&identity.cert).to_vec()
}

async fn exporter_rotates(writing: Writing, protocol: &str) {
    let count = generations();
    let (all, folder) = (all_generations(count + 1), Folder::new());
    write(&folder, writing, 0, &all[0].client, &all[0].roots).await;
    let tls = ServerTls::new(&all[0].server, Some(&all[0].roots));
    let backend = Backend::start_tls(&tls).await;
    backend.limit_age(Duration::from_millis(200));
    let at = |name| folder.path(name).display().to_string();
    let (cert, key, roots) = (at("own.pem"), at("own.key"), at("roots.pem"));
    let keys = format!(
        "tls: {{cert_file: {cert}, key_file: {key}, ca_file: {roots}, reload_interval: 1s}}"
    );
    let config = match protocol {
        "grpc" => Secured::new().over_grpc(&backend, &keys),
        _ => Secured::new().over_http("https", &backend, &keys),
    };
    let collector = Collector::start(&config.yaml()).await;
    let door = collector.grpc().await;
    let (tally, request) = (Tally::default(), samples::request(Signal::Traces, 1));
    let send = async || {
        let connection = Grpc::connect(door).await.unwrap();
        while tally.goes_on() {
            tally.count(call_grpc(&connection, &request).await);
            sleep(PAUSE).await;
        }
    };
    let rotate = async {
        let mut seconds = interval(SECOND);
        seconds.tick().await;
        for (number, generation) in all.iter().enumerate().skip(1) {
            write(&folder, writing, number, &generation.client, &generation.roots).await;
            tls.replace(&generation.server, Some(&generation.roots));
            seconds.tick().await;
        }
        let last = der(&all[count].client.cert);
        wait::until_true("the last certificate at the backend", || {
            backend.received().last().is_some_and(|one| one.peer.as_ref() == Some(&last))
        })
        .await;
        tally.is_over.store(true, Ordering::SeqCst);
    };
    tokio::join!(rotate, send(), send(), send());
    let mut peers: Vec<_> = backend.received().into_iter().map(|one| one.peer).collect();
    let arrived = peers.len();
    peers.dedup();
    tally.connections.store(peers.len(), Ordering::SeqCst);
    let what = format!("a {protocol} exporter that rotates, {writing:?} (connections: identities)");
    tally.assert_nothing_failed(&what);
    assert_eq!(arrived, tally.requests());
    assert!(2 * peers.len() >= count, "{} of {count} certificates were shown", peers.len());
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_server_whose_files_are_written_in_place_fails_nobody() {
    server_rotates(Writing::InPlace, ", reload_interval: 1s").await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_server_whose_mounted_secret_is_swapped_fails_nobody() {
    server_rotates(Writing::Swap, "").await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_grpc_exporter_whose_files_are_written_in_place_fails_nothing() {
    exporter_rotates(Writing::InPlace, "grpc").await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_grpc_exporter_whose_mounted_secret_is_swapped_fails_nothing() {
    exporter_rotates(Writing::Swap, "grpc").await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn an_http_exporter_whose_mounted_secret_is_swapped_fails_nothing() {
    exporter_rotates(Writing::Swap, "http").await;
}

#[tokio::test]
async fn files_that_went_bad_are_told_and_the_last_good_ones_go_on() {
    let (all, folder) = (all_generations(2), Folder::new());
    write(&folder, Writing::Swap, 0, &all[0].server, &all[0].roots).await;
    let at = |name| folder.path(name).display().to_string();
    let tls = format!(
        "tls: {{cert_file: {}, key_file: {}, reload_interval: 100ms}}",
        at("own.pem"),
        at("own.key")
    );
    let config = Secured::new().server(&tls).exporter("nop", "{}").yaml();
    let collector = Collector::start(&config).await;
    let (address, client) = (collector.grpc().await, ClientTls::new(&all[0].roots));
    // A key that is not the certificate's.
    folder.swap_data(1, &[("own.pem", &all[1].server.cert), ("own.key", &all[0].server.key)]);
    wait::until_true("a word about it", || {
        let lines = collector.logs().lines();
        lines.iter().any(|line| {
            let text = line.fields.to_string();
            ["warn", "error"].contains(&line.level.as_str()) && text.contains("own.key")
        })
    })
    .await;
    assert_eq!(shown(&client, address).await, wire_form(&all[0].server));
    assert!(!collector.logs().text().contains("PRIVATE KEY"), "{}", collector.logs().text());
    folder.swap_data(2, &[("own.pem", &all[1].server.cert), ("own.key", &all[1].server.key)]);
    wait::until("the good certificate", || async {
        (shown(&client, address).await == wire_form(&all[1].server)).then_some(())
    })
    .await;
}
