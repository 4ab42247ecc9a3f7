use tokio::{
    io::{AsyncReadExt, AsyncWriteExt},
    net::TcpStream,
    sync::watch,
};

use super::*;
use crate::{
    component::Overview,
    pipeline::Budget,
    telemetry::{
        BuildInfo, Metrics, Telemetry,
        settings::{MetricReader, ResourceSettings},
    },
};

fn host() -> Host {
    Host {
        telemetry: Telemetry { metrics: Metrics::default() },
        budget: Budget::new(1 << 20),
        build_info: BuildInfo {
            command: "traces-collector".into(),
            description: "A test".into(),
            version: "1.2.3".into(),
        },
        default_host: "127.0.0.1".into(),
        listeners: crate::net::Listeners::default(),
        fatal: crate::pipeline::Fatal::default(),
        readiness: watch::Sender::new(false),
        overview: watch::Sender::new(Arc::new(Overview::default())),
        open_stores: crate::storage::OpenStores::default(),
    }
}

fn reader(without_type_suffix: bool) -> MetricReader {
    MetricReader::prometheus(PrometheusReader {
        host: Some(String::new()),
        port: Some(0),
        without_type_suffix,
        ..PrometheusReader::default()
    })
}

async fn get(address: &str, path: &str) -> String {
    let mut stream = TcpStream::connect(address).await.unwrap();
    let request = format!("GET {path} HTTP/1.1\r\nhost: test\r\nconnection: close\r\n\r\n");
    stream.write_all(request.as_bytes()).await.unwrap();
    let mut answer = String::new();
    stream.read_to_string(&mut answer).await.unwrap();
    answer
}

#[tokio::test]
async fn each_reader_is_served_in_its_own_way() {
    let host = host();
    let resource = Resource::new(&host.build_info, &ResourceSettings::default());
    expose_process(&host);
    let charge = host.budget.take(1000);
    let settings =
        MetricSettings { readers: vec![reader(true), reader(false)], ..MetricSettings::default() };
    let own = OwnMetrics::start(&host, &settings, &resource).await.unwrap();
    let addresses = own.addresses();
    let bare = get(&addresses[0], "/metrics").await;
    assert!(bare.starts_with("HTTP/1.1 200 OK\r\n"), "{bare}");
    assert!(bare.contains("content-type: text/plain; version=0.0.4"), "{bare}");
    for line in ["otelcol_process_uptime ", "otelcol_budget_used_bytes 1000", "target_info{"] {
        assert!(bare.lines().any(|found| found.starts_with(line)), "{line} is not in {bare}");
    }
    let suffixed = get(&addresses[1], "/metrics?x=y").await;
    assert!(suffixed.lines().any(|line| line.starts_with("otelcol_process_uptime_total ")));
    assert!(get(&addresses[0], "/").await.starts_with("HTTP/1.1 404"));
    drop(charge);
    own.stop(Instant::now() + std::time::Duration::from_secs(5)).await;
    assert!(TcpStream::connect(&addresses[0]).await.is_err());
}

#[tokio::test]
async fn nothing_is_served_at_level_none() {
    let host = host();
    let resource = Resource::new(&host.build_info, &ResourceSettings::default());
    let settings = MetricSettings { level: MetricLevel::None, ..MetricSettings::default() };
    let own = OwnMetrics::start(&host, &settings, &resource).await.unwrap();
    assert!(own.addresses().is_empty());
}

#[test]
fn hosts_become_endpoints() {
    assert_eq!(endpoint("", Some(8888)), ":8888");
    assert_eq!(endpoint("::1", Some(1)), "[::1]:1");
    assert_eq!(endpoint("[::1]", Some(1)), "[::1]:1");
    assert_eq!(endpoint("0.0.0.0", Some(1)), "0.0.0.0:1");
}

#[tokio::test]
async fn a_page_can_be_served_over_tls() {
    use crate::{net::tls::tests::pki::Pki, settings::NoneByDefault};
    let pki = Pki::new();
    let page = PrometheusReader {
        host: Some(String::new()),
        port: Some(0),
        tls: NoneByDefault::on(pki.server()),
        ..PrometheusReader::default()
    };
    let readers = vec![reader(true), MetricReader::prometheus(page)];
    let settings = MetricSettings { readers, ..MetricSettings::default() };
    let host = host();
    let resource = Resource::new(&host.build_info, &ResourceSettings::default());
    let own = OwnMetrics::start(&host, &settings, &resource).await.unwrap();
    let addresses = own.addresses();
    assert!(get(&addresses[0], "/metrics").await.starts_with("HTTP/1.1 200"));
    let mut stream = TcpStream::connect(&addresses[1]).await.unwrap();
    stream.write_all(b"GET /metrics HTTP/1.1\r\nhost: x\r\n\r\n").await.unwrap();
    let mut answer = Vec::new();
    drop(stream.read_to_end(&mut answer).await);
    assert!(!answer.starts_with(b"HTTP"));
    pki.write("server.key", "");
    let error = OwnMetrics::start(&host, &settings, &resource).await.unwrap_err().to_string();
    let key = "service::telemetry::metrics::readers::1::pull::exporter::prometheus::tls::key_file ";
    assert!(error.starts_with(key), "{error}");
}
