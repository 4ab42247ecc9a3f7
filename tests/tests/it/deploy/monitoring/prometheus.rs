//! A real Prometheus that scrapes collectors every second, with our rules.

use std::{fs::File, net::SocketAddr, path::PathBuf, process::Stdio};

use common::component::Tasks;
use serde_json::Value;
use tempfile::TempDir;
use tests::{client, wait};
use tokio::{
    io::{AsyncReadExt as _, AsyncWriteExt as _},
    net::TcpListener,
    process::{Child, Command},
};

/// A page to scrape, and the labels of its series.
pub(super) struct Target {
    pub(super) job: &'static str,
    pub(super) cluster: &'static str,
    pub(super) address: SocketAddr,
}

/// A running Prometheus; dropping it ends it.
pub(super) struct Prometheus {
    address: SocketAddr,
    _child: Child,
    _directory: TempDir,
}

impl Prometheus {
    /// Scrapes targets every second.
    pub(super) async fn start(targets: &[Target], rules: &[PathBuf]) -> Self {
        let directory = TempDir::new().unwrap();
        let config = directory.path().join("prometheus.yml");
        let mut text = "global: {scrape_interval: 1s, evaluation_interval: 1s}\n".to_owned();
        text.push_str(&format!("rule_files: {rules:?}\nscrape_configs:\n"));
        for (number, Target { job, cluster, address }) in targets.iter().enumerate() {
            text.push_str(&format!(
                "  - job_name: scrape-{number}\n    honor_labels: true\n    static_configs:\n      - targets: ['{address}']\n        \
                 labels: {{job: {job}, cluster: {cluster}, namespace: otel, pod: {job}-0}}\n"
            ));
        }
        std::fs::write(&config, text).unwrap();
        let log = directory.path().join("log");
        let mut command = Command::new("prometheus");
        command.arg(format!("--config.file={}", config.display()));
        command.arg(format!("--storage.tsdb.path={}", directory.path().join("data").display()));
        command.arg("--web.listen-address=127.0.0.1:0");
        command.kill_on_drop(true).stdout(Stdio::null()).stderr(File::create(&log).unwrap());
        let mut child = command.spawn().expect("prometheus cannot be run; .ci/run installs it");
        let address = wait::until("Prometheus to listen", || {
            let ended = child.try_wait().unwrap();
            let text = std::fs::read_to_string(&log).unwrap();
            assert!(ended.is_none(), "Prometheus ended, {ended:?}:\n{text}");
            std::future::ready(listening_address(&text))
        })
        .await;
        let prometheus = Self { address, _child: child, _directory: directory };
        wait::until("Prometheus to be ready", || async {
            let reply = client::get(address, "/-/ready").await.ok()?;
            (reply.status == 200).then_some(())
        })
        .await;
        prometheus
    }

    /// What a query has now: the number of series, or why it was refused.
    pub(super) async fn series(&self, query: &str) -> Result<usize, String> {
        let mut path = "/api/v1/query?query=".to_owned();
        query.bytes().for_each(|byte| path.push_str(&format!("%{byte:02X}")));
        let answer = self.get(&path).await;
        match answer["data"]["result"].as_array() {
            Some(series) => Ok(series.len()),
            None => Err(answer["error"].to_string()),
        }
    }

    /// The rules that could not be evaluated.
    pub(super) async fn failed_rules(&self) -> Vec<String> {
        let answer = self.get("/api/v1/rules").await;
        let groups = answer["data"]["groups"].as_array().expect("no rule groups");
        let rules = groups.iter().flat_map(|group| group["rules"].as_array().unwrap());
        rules
            .filter(|rule| rule["health"] != "ok")
            .map(|rule| format!("{}: {} {}", rule["name"], rule["health"], rule["lastError"]))
            .collect()
    }

    /// The targets that it could not scrape.
    pub(super) async fn failed_targets(&self) -> Vec<String> {
        let answer = self.get("/api/v1/targets").await;
        let targets = answer["data"]["activeTargets"].as_array().expect("no targets");
        let failed = targets.iter().filter(|target| target["health"] != "up");
        failed
            .map(|target| {
                let (url, error) = (&target["scrapeUrl"], &target["lastError"]);
                format!("{url}: {} {error}", target["health"])
            })
            .collect()
    }

    async fn get(&self, path: &str) -> Value {
        let reply = client::get(self.address, path).await.unwrap();
        serde_json::from_slice(&reply.body).unwrap()
    }
}

/// Where it listens, once its log says so.
fn listening_address(log: &str) -> Option<SocketAddr> {
    let (_, address) = log.split_once("msg=\"Listening on\" address=")?;
    address.split_once('\n')?.0.parse().ok()
}

/// Serves one page to whoever asks, as long as the tasks live.
pub(super) async fn serve(page: &'static str, tasks: &Tasks) -> SocketAddr {
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let address = listener.local_addr().unwrap();
    tasks.spawn(async move {
        while let Ok((mut stream, _)) = listener.accept().await {
            let head = "HTTP/1.1 200 OK\r\ncontent-type: text/plain; version=0.0.4\r\nconnection: close\r\n\r\n";
            // The question comes in one piece, and is the same each time.
            drop(stream.read(&mut [0; 4096]).await);
            drop(stream.write_all(format!("{head}{page}").as_bytes()).await);
        }
    });
    address
}
