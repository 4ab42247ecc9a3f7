//! Client certificates: who shows a good one is served, and nobody else; exporters show theirs.

use std::net::SocketAddr;

use common::signal::Signal;
use tests::{
    backend::Backend,
    client::{Grpc, Http},
    collector::Collector,
    otlp::samples,
    pki::{Authority, Flaw, Pki},
    tls::{ClientTls, ServerTls, der},
};

use crate::{secured::Secured, tls::check_sdk};

#[tokio::test]
async fn the_python_sdk_shows_its_certificate_by_grpc() {
    check_sdk("python", "grpc", true).await;
}

#[tokio::test]
async fn the_python_sdk_shows_its_certificate_by_http() {
    check_sdk("python", "http", true).await;
}

#[tokio::test]
async fn the_node_sdk_shows_its_certificate_by_grpc() {
    check_sdk("node", "grpc", true).await;
}

#[tokio::test]
async fn the_node_sdk_shows_its_certificate_by_http() {
    check_sdk("node", "proto", true).await;
}

/// One export over each protocol, each on a connection of its own; whether both were taken.
async fn are_served(grpc: SocketAddr, http: SocketAddr, tls: &ClientTls) -> (bool, bool) {
    let request = samples::request(Signal::Traces, 1);
    let by_grpc = async {
        let grpc = Grpc::connect_tls(grpc, tls).await?;
        anyhow::Ok(grpc.export(Signal::Traces, &request).await?.is_ok())
    };
    let by_http = async {
        let mut http = Http::connect_tls(http, tls).await?;
        let headers = [("content-type", "application/x-protobuf")];
        anyhow::Ok(http.post("/v1/traces", &headers, request.clone()).await?.status == 200)
    };
    (by_grpc.await.unwrap_or(false), by_http.await.unwrap_or(false))
}

#[tokio::test]
async fn only_a_good_client_certificate_is_served() {
    let (pki, backend) = (Pki::new(), Backend::start().await);
    let config = Secured::new()
        .server(&format!("tls: {}", pki.mutual_server_tls()))
        .over_grpc(&backend, "tls: {insecure: true}");
    let collector = Collector::start(&config.yaml()).await;
    let (grpc, http) = (collector.grpc().await, collector.http().await);
    let roots = &pki.authority.pem;
    let foreign = Authority::new("foreign");
    let refused = [
        ("none", ClientTls::new(roots)),
        ("foreign", ClientTls::with_identity(roots, &foreign.client("client"))),
        (
            "of the same name",
            ClientTls::with_identity(roots, &Authority::new("authority").client("x")),
        ),
        (
            "expired",
            ClientTls::with_identity(roots, &pki.authority.flawed_client("x", Flaw::Expired)),
        ),
        (
            "not yet valid",
            ClientTls::with_identity(roots, &pki.authority.flawed_client("x", Flaw::NotYetValid)),
        ),
        ("a server's", ClientTls::with_identity(roots, &pki.server)),
    ];
    for (what, tls) in refused {
        assert_eq!(are_served(grpc, http, &tls).await, (false, false), "{what}");
        assert_eq!(backend.received().len(), 0, "{what}");
    }
    let good = ClientTls::with_identity(roots, &pki.client);
    assert_eq!(are_served(grpc, http, &good).await, (true, true));
    assert_eq!(backend.items(Signal::Traces), 2);
}

#[tokio::test]
async fn exporters_show_their_certificate() {
    let pki = Pki::new();
    let tls = ServerTls::new(&pki.server, Some(&pki.authority.pem));
    let backend = Backend::start_tls(&tls).await;
    let with = format!("tls: {}", pki.mutual_client_tls());
    let without = format!("tls: {}", pki.client_tls());
    let cases = [
        (Secured::new().over_grpc(&backend, &with), true),
        (Secured::new().over_http("https", &backend, &with), true),
        (Secured::new().over_grpc(&backend, &without), false),
        (Secured::new().over_http("https", &backend, &without), false),
    ];
    for (config, is_taken) in cases {
        backend.forget();
        let collector = Collector::start(&config.yaml()).await;
        let grpc = Grpc::connect(collector.grpc().await).await.unwrap();
        let request = samples::request(Signal::Logs, 1);
        let reply = grpc.export(Signal::Logs, &request).await.unwrap();
        assert_eq!(reply.is_ok(), is_taken, "{reply:?}");
        let peers: Vec<_> = backend.received().into_iter().map(|one| one.peer).collect();
        let shown = if is_taken { vec![Some(der(&pki.client.cert))] } else { Vec::new() };
        assert_eq!(peers, shown);
    }
}

/// What a refused stranger must not do: keep anybody else waiting, or end the listener.
#[tokio::test]
async fn a_hundred_refused_handshakes_disturb_nobody() {
    let (pki, backend) = (Pki::new(), Backend::start().await);
    let config = Secured::new()
        .server(&format!("tls: {}", pki.mutual_server_tls()))
        .over_grpc(&backend, "tls: {insecure: true}");
    let collector = Collector::start(&config.yaml()).await;
    let (address, good) =
        (collector.grpc().await, ClientTls::with_identity(&pki.authority.pem, &pki.client));
    let served = Grpc::connect_tls(address, &good).await.unwrap();
    let stranger = ClientTls::new(&pki.authority.pem);
    let request = samples::request(Signal::Traces, 1);
    for _ in 0..100 {
        let refused = async {
            Grpc::connect_tls(address, &stranger).await?.export(Signal::Traces, &request).await
        };
        assert!(refused.await.is_err());
        assert!(served.export(Signal::Traces, &request).await.unwrap().is_ok());
    }
    assert_eq!(backend.items(Signal::Traces), 100);
}
