//! TLS from end to end: telemetry over encrypted hops, and certificates that are renewed under load.

use std::path::PathBuf;

use common::signal::Signal;
use rcgen::{BasicConstraints, CertificateParams, ExtendedKeyUsagePurpose, IsCa, Issuer, KeyPair};
use tempfile::TempDir;
use tests::{
    backend::Backend,
    client::{get, post_proto},
    collector::{COMBINED, Collector, Setup, free_address},
    otlp::samples,
    wait,
};

use crate::configs;

const RENEWED: &str = "TLS files have changed and are used from now on";
const NOT_YET: &str = "changed TLS files cannot be used yet";

/// An authority and a directory with its certificate, and those of a server and a client.
struct Pki {
    dir: TempDir,
    issuer: Issuer<'static, KeyPair>,
}

impl Pki {
    fn new() -> Self {
        let mut params = CertificateParams::default();
        params.is_ca = IsCa::Ca(BasicConstraints::Unconstrained);
        let key = KeyPair::generate().unwrap();
        let ca = params.self_signed(&key).unwrap().pem();
        let pki = Self { dir: TempDir::new().unwrap(), issuer: Issuer::new(params, key) };
        std::fs::write(pki.path("ca.crt"), ca).unwrap();
        for name in ["server", "client"] {
            let (certificate, key) = pki.pair();
            std::fs::write(pki.path(&format!("{name}.crt")), certificate).unwrap();
            std::fs::write(pki.path(&format!("{name}.key")), key).unwrap();
        }
        pki
    }

    fn pair(&self) -> (String, String) {
        let mut params = CertificateParams::new(["localhost".to_owned()]).unwrap();
        params.extended_key_usages =
            vec![ExtendedKeyUsagePurpose::ServerAuth, ExtendedKeyUsagePurpose::ClientAuth];
        let key = KeyPair::generate().unwrap();
        let certificate = params.signed_by(&key, &self.issuer).unwrap();
        (certificate.pem(), key.serialize_pem())
    }

    fn path(&self, name: &str) -> PathBuf {
        self.dir.path().join(name)
    }

    /// The keys of a section whose files these are.
    fn section(&self, name: &str, roots_key: &str) -> String {
        let path = |name: &str| self.path(name).display().to_string();
        let (certificate, key) = (path(&format!("{name}.crt")), path(&format!("{name}.key")));
        let roots = path("ca.crt");
        format!("{{cert_file: '{certificate}', key_file: '{key}', {roots_key}: '{roots}'}}")
    }

    /// A collector that lets only known clients in.
    async fn receiver(&self, backend: &Backend) -> Collector {
        let tls = self.section("server", "client_ca_file");
        let config = configs::pass_through(backend.address)
            .replace("grpc: {", &format!("grpc: {{tls: {tls}, "))
            .replace("http: {", &format!("http: {{tls: {tls}, "));
        Collector::start(&config).await
    }

    /// A collector that sends to it; its clients are told what became of their requests.
    async fn sender(&self, exporter: &str, endpoint: &str) -> Collector {
        let tls = self.section("client", "ca_file");
        let sections = format!(
            "exporters:\n  {exporter}:\n    endpoint: {endpoint}\n    tls: {tls}\n    \
             sending_queue: {{enabled: false}}\n    retry_on_failure: {{enabled: false}}\n"
        );
        let mut config = configs::pipelines(&sections, &[], &[exporter]);
        if exporter == "otlp_http" {
            config = config.replace("    tls:", "    disable_keep_alives: true\n    tls:");
        }
        Collector::start(&config).await
    }

    /// Writes the certificate, waits until the collector has seen that the key is missing, and writes it.
    async fn renew(&self, name: &str, collector: &Collector) {
        let (before, warned) = (collector.logs().count(RENEWED), collector.logs().count(NOT_YET));
        let (certificate, key) = self.pair();
        std::fs::write(self.path(&format!("{name}.crt")), certificate).unwrap();
        wait::until_true("the warning", || collector.logs().count(NOT_YET) > warned).await;
        std::fs::write(self.path(&format!("{name}.key")), key).unwrap();
        wait::until_true("the renewal", || collector.logs().count(RENEWED) > before).await;
    }
}

async fn check_hop(exporter: &str) {
    let (pki, backend) = (Pki::new(), Backend::start().await);
    let receiver = pki.receiver(&backend).await;
    let endpoint = match exporter {
        "otlp_grpc" => format!("localhost:{}", receiver.grpc().await.port()),
        _ => format!("https://localhost:{}", receiver.http().await.port()),
    };
    let sender = pki.sender(exporter, &endpoint).await;
    let door = sender.http().await;
    for signal in Signal::ALL {
        let reply = post_proto(door, signal, samples::request(signal, 3)).await.unwrap();
        assert_eq!(reply.status, 200, "{}\n{}", reply.text(), receiver.logs().text());
        backend.items_reach(signal, 3).await;
    }
}

#[tokio::test]
async fn telemetry_goes_through_mutual_tls_over_grpc() {
    check_hop("otlp_grpc").await;
}

#[tokio::test]
async fn telemetry_goes_through_mutual_tls_over_http() {
    check_hop("otlp_http").await;
}

#[tokio::test]
async fn certificates_are_renewed_without_a_failed_handshake() {
    let (pki, backend) = (Pki::new(), Backend::start().await);
    let receiver = pki.receiver(&backend).await;
    let endpoint = format!("https://localhost:{}", receiver.http().await.port());
    let sender = pki.sender("otlp_http", &endpoint).await;
    let door = sender.http().await;
    let renewing = async {
        for _ in 0..2 {
            pki.renew("server", &receiver).await;
            pki.renew("client", &sender).await;
        }
    };
    // A connection for each request, all the time.
    let mut sent = 0;
    let sending = async {
        loop {
            let reply = post_proto(door, Signal::Traces, samples::request(Signal::Traces, 1)).await;
            let reply = reply.unwrap();
            assert_eq!(reply.status, 200, "{}\n{}", reply.text(), sender.logs().text());
            sent += 1;
        }
    };
    tokio::select! {
        () = renewing => {}
        () = sending => {}
    }
    backend.items_reach(Signal::Traces, sent).await;
}

#[tokio::test]
async fn a_file_that_is_missing_fails_the_start_by_its_key() {
    let config = configs::pass_through(free_address())
        .replace("grpc: {", "grpc: {tls: {cert_file: /absent.crt, key_file: /absent.key}, ");
    let valid = Setup::new(COMBINED).arg("validate").config(&config).run().await;
    assert_eq!(valid.code, Some(0), "{}", valid.stderr);
    let finished = Setup::new(COMBINED).config(&config).run().await;
    assert_eq!(finished.code, Some(1));
    let expected = "protocols::grpc::tls::cert_file \"/absent.crt\": cannot be read: No such file";
    assert!(finished.stderr.contains(expected), "{}", finished.stderr);
}

#[tokio::test]
async fn healthcheck_asks_over_tls_if_the_config_says_so() {
    let (pki, health) = (Pki::new(), free_address());
    let tls = pki
        .section("server", "min_version")
        .replace(&pki.path("ca.crt").display().to_string(), "1.3");
    let sections = format!(
        "extensions:\n  health_check: {{endpoint: '{health}', tls: {tls}}}\nexporters: {{nop: }}\n"
    );
    let config = configs::pipelines(&sections, &[], &["nop"]);
    let config = config.replace("service:\n", "service:\n  extensions: [health_check]\n");
    let _collector = Collector::start(&config).await;
    assert!(get(health, "/").await.is_err(), "it answers in plain text");
    let asked = Setup::new(COMBINED).arg("healthcheck").config(&config).run().await;
    assert_eq!(asked.code, Some(0), "{}", asked.stderr);
}
