//! TLS on every door and on the way out: what is spoken, what is refused, and what is said at the start.

use common::signal::Signal;
use tests::{
    backend::Backend,
    client::{Grpc, Http},
    collector::{COMBINED, Collector, Setup, free_address},
    otlp::{self, samples},
    pki::{Authority, Flaw, Pki},
    probe::{self, Probe},
    sdk::{self, Access},
    tls::{ClientTls, ServerTls},
    wait,
};

use crate::secured::Secured;

/// A collector that takes telemetry over TLS and passes it to a plain backend.
async fn behind_tls(server_keys: &str, backend: &Backend) -> Collector {
    let config = Secured::new().server(server_keys).over_grpc(backend, "tls: {insecure: true}");
    Collector::start(&config.yaml()).await
}

fn url(address: std::net::SocketAddr) -> String {
    format!("https://localhost:{}", address.port())
}

/// Sends with an SDK to a recorder and to a collector, both over TLS, and compares what arrived.
pub(crate) async fn check_sdk(sdk: &str, protocol: &str, is_mutual: bool) {
    let pki = Pki::new();
    let (server, access, roots) = if is_mutual {
        let access = Access::trusting(&pki).proving(&pki);
        (pki.mutual_server_tls(), access, Some(pki.authority.pem.as_str()))
    } else {
        (pki.server_tls(), Access::trusting(&pki), None)
    };
    let recorder = Backend::start_tls(&ServerTls::new(&pki.server, roots)).await;
    let backend = Backend::start().await;
    let collector = behind_tls(&format!("tls: {server}"), &backend).await;
    let is_grpc = protocol == "grpc";
    let door = if is_grpc { collector.grpc().await } else { collector.http().await };
    let urls = [url(recorder.address), url(door)];
    let signals = if sdk == "go" { &[Signal::Traces][..] } else { &Signal::ALL };
    for &signal in signals {
        match sdk {
            "python" => sdk::python_with(&access, protocol, signal, &urls).await,
            "node" => sdk::node_with(&access, protocol, signal, &urls).await,
            _ => sdk::go_with(&access, protocol, &urls).await,
        }
        let sent = otlp::items(signal, &recorder.bodies(signal));
        assert!(!sent.is_empty(), "nothing was sent");
        backend.items_reach(signal, sent.len()).await;
        otlp::assert_same(&sent, &otlp::items(signal, &backend.bodies(signal)));
    }
}

#[tokio::test]
async fn the_python_sdk_sends_over_tls_by_grpc() {
    check_sdk("python", "grpc", false).await;
}

#[tokio::test]
async fn the_python_sdk_sends_over_tls_by_http() {
    check_sdk("python", "http", false).await;
}

#[tokio::test]
async fn the_node_sdk_sends_over_tls_by_grpc() {
    check_sdk("node", "grpc", false).await;
}

#[tokio::test]
async fn the_node_sdk_sends_over_tls_by_http() {
    check_sdk("node", "proto", false).await;
}

#[tokio::test]
async fn exporters_speak_tls_and_verify_who_they_speak_to() {
    let pki = Pki::new();
    let backend = Backend::start_tls(&ServerTls::new(&pki.server, None)).await;
    let tls = format!("tls: {}", pki.client_tls());
    for config in [
        Secured::new().over_grpc(&backend, &tls),
        Secured::new().over_http("https", &backend, &tls),
    ] {
        backend.forget();
        let collector = Collector::start(&config.yaml()).await;
        let grpc = Grpc::connect(collector.grpc().await).await.unwrap();
        for signal in Signal::ALL {
            let request = samples::request(signal, 3);
            let reply = grpc.export(signal, &request).await.unwrap();
            assert!(reply.is_ok(), "{reply:?}\n{}", collector.logs().text());
            assert_eq!(backend.items(signal), 3);
        }
    }
}

/// The reason why an exporter with this `tls` section gets nothing through to a backend.
async fn refusal(pki: &Pki, server: &tests::pki::Identity, client_tls: &str) -> Result<(), String> {
    let backend = Backend::start_tls(&ServerTls::new(server, None)).await;
    let tls = format!("tls: {client_tls}");
    let configs = [
        Secured::new().over_grpc(&backend, &tls),
        Secured::new().over_http("https", &backend, &tls),
    ];
    let mut said = Ok(());
    for config in configs {
        let collector = Collector::start(&config.yaml()).await;
        let grpc = Grpc::connect(collector.grpc().await).await.unwrap();
        let request = samples::request(Signal::Traces, 1);
        let reply = grpc.export(Signal::Traces, &request).await.unwrap();
        if !reply.is_ok() {
            assert!(said.is_ok() || !reply.message.is_empty());
            said = Err(reply.message);
        }
    }
    let arrived = backend.items(Signal::Traces);
    assert_eq!(arrived, if said.is_ok() { 2 } else { 0 }, "{said:?} for {:?}", pki.files.root());
    said
}

#[tokio::test]
async fn an_exporter_refuses_a_backend_that_it_cannot_verify_and_says_why() {
    let pki = Pki::new();
    let ca = pki.client_tls();
    let foreign = Authority::new("foreign").server();
    let cases = [
        (foreign, "certificate"),
        (pki.authority.flawed_server(Flaw::Expired), "expired"),
        (pki.authority.flawed_server(Flaw::NotYetValid), "not valid before"),
        (pki.authority.flawed_server(Flaw::WrongName), "elsewhere.example"),
    ];
    for (server, why) in cases {
        let message = refusal(&pki, &server, &ca).await.expect_err(why);
        assert!(message.to_lowercase().contains(why), "{why:?} is not in {message:?}");
    }
    assert_eq!(refusal(&pki, &pki.server, &ca).await, Ok(()));
}

#[tokio::test]
async fn an_exporter_can_be_told_to_verify_another_name_or_nothing() {
    let pki = Pki::new();
    let elsewhere = pki.authority.flawed_server(Flaw::WrongName);
    let named = pki.client_tls().replace('}', ", server_name_override: elsewhere.example}");
    assert_eq!(refusal(&pki, &elsewhere, &named).await, Ok(()));
    let expired = Authority::new("foreign").flawed_server(Flaw::Expired);
    assert_eq!(refusal(&pki, &expired, "{insecure_skip_verify: true}").await, Ok(()));
}

#[tokio::test]
async fn pem_in_the_config_does_as_well_as_files() {
    let pki = Pki::new();
    let quoted = |pem: &str| serde_json::to_string(pem).unwrap();
    let server = format!(
        "tls: {{cert_pem: {}, key_pem: {}}}",
        quoted(&pki.server.cert),
        quoted(&pki.server.key)
    );
    let second = Backend::start_tls(&ServerTls::new(&pki.server, None)).await;
    let client = format!("tls: {{ca_pem: {}}}", quoted(&pki.authority.pem));
    let config = Secured::new().server(&server).over_grpc(&second, &client);
    let collector = Collector::start(&config.yaml()).await;
    let tls = ClientTls::new(&pki.authority.pem);
    let grpc = Grpc::connect_tls(collector.grpc().await, &tls).await.unwrap();
    let request = samples::request(Signal::Traces, 1);
    assert!(grpc.export(Signal::Traces, &request).await.unwrap().is_ok());
    second.items_reach(Signal::Traces, 1).await;
}

#[tokio::test]
async fn plain_text_is_not_taken_where_tls_is_asked_for() {
    let (pki, backend) = (Pki::new(), Backend::start().await);
    let collector = behind_tls(&format!("tls: {}", pki.server_tls()), &backend).await;
    let request = samples::request(Signal::Traces, 1);
    let grpc = async {
        Grpc::connect(collector.grpc().await).await?.export(Signal::Traces, &request).await
    };
    assert!(grpc.await.is_err());
    let http = tests::client::post_proto(collector.http().await, Signal::Traces, request.clone());
    let answer = http.await;
    assert!(answer.as_ref().map_or(true, |reply| reply.status == 400), "{answer:?}");
    assert_eq!(backend.items(Signal::Traces), 0);
}

/// Arguments of `openssl s_client`, and the version that is then spoken; empty if none is.
type Asked<'a> = &'a [(&'a [&'a str], &'a str)];

#[tokio::test]
async fn versions_and_ciphers_are_spoken_as_configured() {
    let (pki, backend) = (Pki::new(), Backend::start().await);
    let ca = pki.files.path("ca.pem");
    let table: [(&str, Asked<'_>); 4] = [
        (
            "",
            &[
                (&["-tls1"], ""),
                (&["-tls1_1"], ""),
                (&["-tls1_2"], "TLSv1.2"),
                (&["-tls1_3"], "TLSv1.3"),
                (&[], "TLSv1.3"),
                (&["-tls1_2", "-cipher", "ECDHE-ECDSA-AES128-GCM-SHA256"], "TLSv1.2"),
                // No forward secrecy, no authenticated encryption.
                (&["-tls1_2", "-cipher", "AES128-SHA:AES128-GCM-SHA256"], ""),
                (&["-tls1_2", "-cipher", "ECDHE-ECDSA-AES128-SHA"], ""),
            ],
        ),
        (", min_version: '1.3'", &[(&["-tls1_2"], ""), (&["-tls1_3"], "TLSv1.3")]),
        (
            ", max_version: '1.2'",
            &[(&["-tls1_2"], "TLSv1.2"), (&["-tls1_3"], ""), (&[], "TLSv1.2")],
        ),
        (
            ", cipher_suites: [TLS_ECDHE_ECDSA_WITH_AES_256_GCM_SHA384]",
            &[
                (&["-tls1_2", "-cipher", "ECDHE-ECDSA-AES256-GCM-SHA384"], "TLSv1.2"),
                (&["-tls1_2", "-cipher", "ECDHE-ECDSA-AES128-GCM-SHA256"], ""),
                (&["-tls1_2", "-cipher", "ECDHE-ECDSA-CHACHA20-POLY1305"], ""),
                // As upstream: the list is about TLS 1.2, those of 1.3 are all good.
                (&["-tls1_3"], "TLSv1.3"),
            ],
        ),
    ];
    for (keys, probes) in table {
        let tls = pki.server_tls().replace('}', &format!("{keys}}}"));
        let collector = behind_tls(&format!("tls: {tls}"), &backend).await;
        for door in [collector.grpc().await, collector.http().await] {
            for (args, expected) in probes {
                let spoken = probe::s_client(door, &ca, args).await;
                assert_eq!(spoken.version, *expected, "{keys:?} {args:?}: {}", spoken.text);
            }
        }
    }
}

#[tokio::test]
async fn both_protocols_of_http_are_offered_and_only_http2_for_grpc() {
    let (pki, backend) = (Pki::new(), Backend::start().await);
    let collector = behind_tls(&format!("tls: {}", pki.server_tls()), &backend).await;
    let ca = pki.files.path("ca.pem");
    let chosen = async |door, offered: &str| {
        let Probe { text, .. } = probe::s_client_full(door, &ca, &["-alpn", offered]).await;
        let line = text.lines().find_map(|line| line.strip_prefix("ALPN protocol: "));
        line.map(str::to_owned)
    };
    let (grpc, http) = (collector.grpc().await, collector.http().await);
    assert_eq!(chosen(grpc, "h2").await.as_deref(), Some("h2"));
    assert_eq!(chosen(http, "h2,http/1.1").await.as_deref(), Some("h2"));
    assert_eq!(chosen(http, "http/1.1").await.as_deref(), Some("http/1.1"));
}

#[tokio::test]
async fn health_check_and_own_metrics_are_served_over_tls() {
    let pki = Pki::new();
    let (health, metrics) = (free_address(), free_address());
    let tls = pki.server_tls();
    let readers = format!(
        "{{metrics: {{readers: [{{pull: {{exporter: {{prometheus: {{host: {}, port: {}, tls: \
         {tls}}}}}}}}}]}}}}",
        metrics.ip(),
        metrics.port()
    );
    let config = Secured::new()
        .extension("health_check", &format!("{{endpoint: '{health}', tls: {tls}}}"))
        .telemetry(&readers)
        .exporter("nop", "{}")
        .yaml();
    let _collector = Setup::new(COMBINED).config(&config).own_readers().start().await;
    for (address, path, says) in
        [(health, "/", "Server available"), (metrics, "/metrics", "otelcol_process_uptime")]
    {
        let trusting = ClientTls::new(&pki.authority.pem);
        let mut http = Http::connect_tls(address, &trusting).await.unwrap();
        let reply = http.request(http::Method::GET, path, &[], bytes::Bytes::new()).await.unwrap();
        assert_eq!(reply.status, 200);
        assert!(reply.text().contains(says), "{}", reply.text());
        let plain = tests::client::get(address, path).await;
        assert!(plain.as_ref().map_or(true, |reply| reply.status == 400), "{plain:?}");
    }
    let asked = Setup::new(COMBINED).arg("healthcheck").config(&config).run().await;
    assert_eq!(asked.code, Some(0), "{}", asked.stderr);
}

/// One config that cannot start, and what must be said: the file, and why.
struct Broken {
    tls: String,
    says: Vec<String>,
}

fn broken(tls: String, says: &[&str]) -> Broken {
    Broken { tls, says: says.iter().map(|text| (*text).to_owned()).collect() }
}

fn broken_sections(pki: &Pki) -> Vec<Broken> {
    let files = &pki.files;
    let other = pki.authority.server();
    files.write_identity("other", &other);
    files.write_identity("expired", &pki.authority.flawed_server(Flaw::Expired));
    files.write("garbage.pem", "this is no PEM\n");
    files.write("cut.pem", &pki.server.cert[..pki.server.cert.len() / 2]);
    files.write("empty.pem", "");
    let at = |name: &str| files.path(name).display().to_string();
    let pair =
        |cert: &str, key: &str| format!("{{cert_file: {}, key_file: {}}}", at(cert), at(key));
    let with_ca =
        |ca: &str| pki.server_tls().replace('}', &format!(", client_ca_file: {}}}", at(ca)));
    vec![
        broken(pair("missing.pem", "server.key"), &[&at("missing.pem"), "no such file"]),
        broken(pair("server.pem", "missing.key"), &[&at("missing.key"), "no such file"]),
        broken(pair("garbage.pem", "server.key"), &[&at("garbage.pem"), "certificate"]),
        broken(pair("cut.pem", "server.key"), &[&at("cut.pem")]),
        broken(pair("empty.pem", "server.key"), &[&at("empty.pem"), "certificate"]),
        broken(pair("server.pem", "garbage.pem"), &[&at("garbage.pem"), "key"]),
        broken(
            pair("server.pem", "other.key"),
            &[&at("other.key"), "not the key of the certificate"],
        ),
        broken(pair("server.key", "server.key"), &[&at("server.key"), "certificate"]),
        broken(pair("expired.pem", "expired.key"), &[&at("expired.pem"), "expired"]),
        broken(with_ca("missing.pem"), &[&at("missing.pem"), "no such file"]),
        broken(with_ca("garbage.pem"), &[&at("garbage.pem"), "certificate"]),
        broken(with_ca("empty.pem"), &[&at("empty.pem"), "certificate"]),
        broken(
            format!("{{cert_file: {}, key_file: {}}}", at(""), at("server.key")),
            &["not a file"],
        ),
    ]
}

#[tokio::test]
async fn a_server_that_cannot_have_its_files_does_not_start_and_names_file_and_reason() {
    let (pki, backend) = (Pki::new(), Backend::start().await);
    let mut complaints = Vec::new();
    for Broken { tls, says } in broken_sections(&pki) {
        let config = Secured::new().server(&format!("tls: {tls}"));
        let config = config.over_grpc(&backend, "tls: {insecure: true}").yaml();
        let mut collector = Setup::new(COMBINED).config(&config).spawn();
        let code = collector.ended().await.code();
        let text = collector.logs().text().to_lowercase();
        let missing: Vec<_> =
            says.iter().filter(|said| !text.contains(&said.to_lowercase())).collect();
        if code != Some(1) || !missing.is_empty() {
            complaints.push(format!("{tls}\nexit code {code:?}, not said: {missing:?}\n{text}"));
        }
        assert!(!text.contains("private key-----"), "a key is shown: {text}");
    }
    assert!(complaints.is_empty(), "{}", complaints.join("\n\n"));
}

#[tokio::test]
async fn an_exporter_that_cannot_have_its_files_does_not_start_and_names_file_and_reason() {
    let (pki, backend) = (Pki::new(), Backend::start().await);
    let mut complaints = Vec::new();
    for Broken { tls, says } in broken_sections(&pki) {
        let tls = tls.replace("client_ca_file", "ca_file");
        let config = Secured::new().over_grpc(&backend, &format!("tls: {tls}")).yaml();
        let mut collector = Setup::new(COMBINED).config(&config).spawn();
        let code = collector.ended().await.code();
        let text = collector.logs().text().to_lowercase();
        let missing: Vec<_> =
            says.iter().filter(|said| !text.contains(&said.to_lowercase())).collect();
        if code != Some(1) || !missing.is_empty() {
            complaints.push(format!("{tls}\nexit code {code:?}, not said: {missing:?}\n{text}"));
        }
    }
    assert!(complaints.is_empty(), "{}", complaints.join("\n\n"));
}

#[tokio::test]
async fn a_mistake_in_the_section_is_found_before_the_start() {
    let pki = Pki::new();
    let at = |name: &str| pki.files.path(name).display().to_string();
    let (cert, key) = (at("server.pem"), at("server.key"));
    let cases = [
        (format!("{{cert_file: {cert}}}"), "both certificate and key"),
        (format!("{{cert_file: {cert}, cert_pem: x, key_file: {key}}}"), "certificate file or PEM"),
        (format!("{{cert_file: {cert}, key_file: {key}, min_version: '1.4'}}"), "min_version"),
        (
            format!(
                "{{cert_file: {cert}, key_file: {key}, min_version: '1.3', max_version: '1.2'}}"
            ),
            "min_version",
        ),
        (format!("{{cert_file: {cert}, key_file: {key}, cipher_suites: [NONE]}}"), "NONE"),
    ];
    for (tls, says) in cases {
        let config = Secured::new().server(&format!("tls: {tls}")).exporter("nop", "{}").yaml();
        let output = Setup::new(COMBINED).arg("validate").config(&config).run().await;
        assert_eq!(output.code, Some(1), "{tls}");
        let text = output.stderr.to_lowercase();
        assert!(text.contains(&says.to_lowercase()), "{says:?} is not said of {tls}\n{text}");
        assert!(text.contains("receivers::otlp"), "{text}");
    }
}

/// Where there is Go: `make test-go`.
#[tokio::test]
#[ignore = "needs Go"]
async fn the_go_sdk_sends_over_tls_and_mutual_tls() {
    for is_mutual in [false, true] {
        for protocol in ["grpc", "http"] {
            check_sdk("go", protocol, is_mutual).await;
        }
    }
}

/// The ground that the checks above stand on: the rig's own ends speak TLS with each other.
#[tokio::test]
async fn the_rig_speaks_tls_and_says_who_sent() {
    let pki = Pki::new();
    let roots = Some(pki.authority.pem.as_str());
    let backend = Backend::start_tls(&ServerTls::new(&pki.server, roots)).await;
    let tls = ClientTls::with_identity(&pki.authority.pem, &pki.client);
    let grpc = Grpc::connect_tls(backend.address, &tls).await.unwrap();
    let request = samples::request(Signal::Logs, 1);
    let headers = [("authorization", "Bearer x")];
    assert!(grpc.export_with(Signal::Logs, &request, &headers).await.unwrap().is_ok());
    let mut http = Http::connect_tls(backend.address, &tls).await.unwrap();
    let headers = [("content-type", "application/x-protobuf"), ("authorization", "Bearer x")];
    assert_eq!(http.post("/v1/logs", &headers, request.clone()).await.unwrap().status, 200);
    for received in backend.received() {
        assert_eq!(received.peer, Some(tests::tls::der(&pki.client.cert)));
        assert_eq!(received.header("authorization"), "Bearer x");
    }
    assert_eq!(backend.received().len(), 2);
    let stranger = ClientTls::new(&pki.authority.pem);
    let refused = async {
        let grpc = Grpc::connect_tls(backend.address, &stranger).await?;
        grpc.export(Signal::Logs, &request).await
    };
    assert!(refused.await.is_err());
    wait::until_true("nothing more", || backend.received().len() == 2).await;
}
