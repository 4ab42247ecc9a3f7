//! Who may send: `basicauth` and `bearertokenauth` on both protocols of a receiver.

use std::{net::SocketAddr, time::Duration};

use base64::{Engine as _, engine::general_purpose::STANDARD};
use bytes::Bytes;
use common::signal::Signal;
use futures_util::stream;
use http::Request;
use http_body_util::StreamBody;
use hyper::body::Frame;
use hyper_util::rt::{TokioExecutor, TokioIo};
use tests::{
    backend::Backend,
    client::{self, Grpc, Http},
    collector::{COMBINED, Collector, Setup},
    otlp::samples,
    pki::Folder,
    wait::PATIENCE,
};
use tokio::net::TcpStream;

use crate::secured::Secured;

/// Four people, each kept in another format; a dollar sign is doubled in configs.
const PEOPLE: [(&str, &str, &str); 4] = [
    ("alice", "wonderland", "$2y$05$W5fn/Oo7ZNiiSjfbRn7VXOHowiffecPZK0X/IK9fYk2nA6oACyRK."),
    ("bob", "builder", "{SHA}9SMYoF5RilWWASry7TjeaKwmpGg="),
    ("bugs", "carrot", "$apr1$abcdefgh$SzFRX2d6SUyf7aeW6XbKQ1"),
    ("dora", "explorer", "explorer"),
];

fn htpasswd() -> String {
    PEOPLE.map(|(name, _, hash)| format!("{name}:{hash}\n")).concat()
}

fn inline_htpasswd() -> String {
    let quoted = serde_json::to_string(&htpasswd()).unwrap().replace('$', "$$");
    format!("{{htpasswd: {{inline: {quoted}}}}}")
}

pub(crate) fn basic(name: &str, password: &str) -> String {
    format!("Basic {}", STANDARD.encode(format!("{name}:{password}")))
}

/// A collector whose receiver asks an authenticator, before a backend.
async fn guarded(id: &str, body: &str, backend: &Backend) -> Collector {
    let config = Secured::new()
        .extension(id, body)
        .server(&format!("auth: {{authenticator: {id}}}"))
        .over_grpc(backend, "tls: {insecure: true}");
    Collector::start(&config.yaml()).await
}

/// What both protocols answer to one export with these headers: the gRPC code and the HTTP status.
async fn answers(collector: &Collector, headers: &[(&str, &str)]) -> (u32, u16) {
    let request = samples::request(Signal::Traces, 1);
    let grpc = Grpc::connect(collector.grpc().await).await.unwrap();
    let reply = grpc.export_with(Signal::Traces, &request, headers).await.unwrap();
    let headers = [&[("content-type", "application/x-protobuf")], headers].concat();
    let http = client::post(collector.http().await, "/v1/traces", &headers, request).await;
    let http = http.unwrap();
    if http.status == 401 {
        assert!(!http.header("www-authenticate").is_empty(), "{:?}", http.headers);
        assert!(!reply.message.is_empty());
    }
    (reply.code, http.status)
}

const TAKEN: (u32, u16) = (0, 200);
const REFUSED: (u32, u16) = (16, 401);

#[tokio::test]
async fn basicauth_lets_in_whom_it_knows_and_nobody_else() {
    let (backend, files) = (Backend::start().await, Folder::new());
    let file = files.write("htpasswd", &htpasswd());
    let bodies = [inline_htpasswd(), format!("{{htpasswd: {{file: {}}}}}", file.display())];
    for body in bodies {
        backend.forget();
        let collector = guarded("basicauth", &body, &backend).await;
        for (name, password, hash) in PEOPLE {
            let good = basic(name, password);
            assert_eq!(answers(&collector, &[("authorization", &good)]).await, TAKEN, "{name}");
            let mut bad = vec![basic(name, "wrong"), basic(name, ""), basic("nobody", password)];
            if hash != password {
                // What is in the file is no password.
                bad.push(basic(name, hash));
            }
            for value in bad {
                let answers = answers(&collector, &[("authorization", &value)]).await;
                assert_eq!(answers, REFUSED, "{name}");
            }
        }
        for headers in [
            &[][..],
            &[("authorization", "")],
            &[("authorization", "Basic")],
            &[("authorization", "Basic !!!")],
            &[("authorization", "Basic YWxpY2U=")],
            &[("authorization", "Bearer d29uZGVybGFuZA==")],
            &[("proxy-authorization", "Basic YWxpY2U6d29uZGVybGFuZA==")],
        ] {
            assert_eq!(answers(&collector, headers).await, REFUSED, "{headers:?}");
        }
        assert_eq!(backend.items(Signal::Traces), 2 * PEOPLE.len());
    }
}

#[tokio::test]
async fn what_a_stranger_is_told_names_a_scheme_and_no_secret() {
    let backend = Backend::start().await;
    let collector = guarded("basicauth", &inline_htpasswd(), &backend).await;
    let value = basic("alice", "planted-guess");
    let headers = [("content-type", "application/x-protobuf"), ("authorization", value.as_str())];
    let reply = client::post(collector.http().await, "/v1/traces", &headers, "").await.unwrap();
    assert_eq!(reply.status, 401);
    assert!(reply.header("www-authenticate").starts_with("Basic"), "{:?}", reply.headers);
    let told = format!("{:?}{}", reply.headers, reply.text());
    let told = format!("{told}{}", collector.logs().text());
    for secret in ["planted-guess", "wonderland", "$2y$", value.as_str()] {
        assert!(!told.contains(secret), "{secret} is told: {told}");
    }
}

#[tokio::test]
async fn bearertokenauth_lets_in_who_has_a_token() {
    let backend = Backend::start().await;
    let one = guarded("bearertokenauth", "{token: sesame}", &backend).await;
    assert_eq!(answers(&one, &[("authorization", "Bearer sesame")]).await, TAKEN);
    for value in ["Bearer sesam", "Bearer sesame2", "Bearer", "sesame", "Basic sesame", ""] {
        assert_eq!(answers(&one, &[("authorization", value)]).await, REFUSED, "{value:?}");
    }
    assert_eq!(answers(&one, &[]).await, REFUSED);

    let several = guarded("bearertokenauth/b", "{tokens: [old, new]}", &backend).await;
    for (token, expected) in [("old", TAKEN), ("new", TAKEN), ("oldnew", REFUSED)] {
        let value = format!("Bearer {token}");
        assert_eq!(answers(&several, &[("authorization", &value)]).await, expected, "{token}");
    }

    let body = "{token: sesame, header: x-api-key, scheme: ''}";
    let keyed = guarded("bearertokenauth/c", body, &backend).await;
    assert_eq!(answers(&keyed, &[("x-api-key", "sesame")]).await, TAKEN);
    assert_eq!(answers(&keyed, &[("authorization", "Bearer sesame")]).await, REFUSED);
}

#[tokio::test]
async fn a_changed_token_file_changes_who_is_let_in() {
    let (backend, files) = (Backend::start().await, Folder::new());
    let file = files.write("token", "first\n");
    let body = format!("{{filename: {}}}", file.display());
    let collector = guarded("bearertokenauth", &body, &backend).await;
    let (first, second) =
        ([("authorization", "Bearer first")], [("authorization", "Bearer second")]);
    assert_eq!(answers(&collector, &first).await, TAKEN);
    assert_eq!(answers(&collector, &second).await, REFUSED);
    files.rename("token", "second\n");
    tests::wait::until("the new token to be known", || async {
        (answers(&collector, &second).await == TAKEN).then_some(())
    })
    .await;
    assert_eq!(answers(&collector, &first).await, REFUSED);
}

#[tokio::test]
async fn a_stranger_is_refused_before_any_of_the_body_is_read() {
    let backend = Backend::start().await;
    let collector = guarded("bearertokenauth", "{token: sesame}", &backend).await;
    // Over HTTP: ten megabytes are promised and none is sent.
    let head = "POST /v1/traces HTTP/1.1\r\nhost: x\r\ncontent-type: application/x-protobuf\r\n\
        content-length: 10485760\r\nauthorization: Bearer wrong\r\n\r\n";
    let mut stream = client::write_raw(collector.http().await, head.as_bytes()).await.unwrap();
    let mut answer = vec![0; 12];
    let read = tokio::io::AsyncReadExt::read_exact(&mut stream, &mut answer);
    tokio::time::timeout(PATIENCE, read).await.expect("no answer").unwrap();
    assert_eq!(answer, b"HTTP/1.1 401");
    // Over gRPC: a body that never comes.
    assert_eq!(bodiless_call(collector.grpc().await).await, "16");
    // What cannot be read at all is refused for its sender, not for its contents.
    let headers = [("content-type", "application/x-protobuf"), ("content-encoding", "gzip")];
    let reply = client::post(collector.http().await, "/v1/traces", &headers, "garbage").await;
    assert_eq!(reply.unwrap().status, 401);
    // Nor is there anything left of them in the collector.
    let samples = collector.balanced_books().await;
    assert_eq!(samples.sum("otelcol_receiver_accepted_spans", &[]), 0.0);
    assert_eq!(backend.received().len(), 0);
}

/// The status of a call without credentials whose body is promised and never sent.
async fn bodiless_call(address: SocketAddr) -> String {
    let stream = TcpStream::connect(address).await.unwrap();
    let handshake =
        hyper::client::conn::http2::handshake(TokioExecutor::new(), TokioIo::new(stream));
    let (mut sender, connection) = handshake.await.unwrap();
    let tasks = common::component::Tasks::default();
    tasks.spawn(connection);
    let body = StreamBody::new(stream::pending::<Result<Frame<Bytes>, std::io::Error>>());
    let request = Request::post(format!("http://x{}", Signal::Traces.grpc_path()))
        .header("content-type", "application/grpc")
        .header("te", "trailers")
        .body(body)
        .unwrap();
    let response = tokio::time::timeout(PATIENCE, sender.send_request(request)).await;
    let response = response.expect("no answer before the body").unwrap();
    response.headers().get("grpc-status").map_or("", |code| code.to_str().unwrap()).to_owned()
}

#[tokio::test]
async fn one_connection_may_carry_the_good_and_the_bad() {
    let backend = Backend::start().await;
    let collector = guarded("bearertokenauth", "{token: sesame}", &backend).await;
    let grpc = Grpc::connect(collector.grpc().await).await.unwrap();
    let mut http = Http::connect(collector.http().await).await.unwrap();
    let request = samples::request(Signal::Metrics, 1);
    for (value, code, status) in
        [("Bearer sesame", 0, 200), ("Bearer wrong", 16, 401), ("Bearer sesame", 0, 200)]
    {
        let headers = [("authorization", value)];
        let reply = grpc.export_with(Signal::Metrics, &request, &headers).await.unwrap();
        assert_eq!(reply.code, code);
        let headers = [("content-type", "application/x-protobuf"), ("authorization", value)];
        let reply = http.post("/v1/metrics", &headers, request.clone()).await.unwrap();
        assert_eq!(reply.status, status);
    }
    assert_eq!(backend.items(Signal::Metrics), 4);
}

#[tokio::test]
async fn a_credential_may_come_as_a_query_parameter_where_that_is_configured() {
    let backend = Backend::start().await;
    let auth = "auth: {authenticator: bearertokenauth, request_params: [key]}";
    let yaml = Secured::new()
        .extension("bearertokenauth", "{token: sesame, header: key, scheme: ''}")
        .over_grpc(&backend, "tls: {insecure: true}")
        .yaml()
        .replace(
            "http: {endpoint: '127.0.0.1:0'",
            &format!("http: {{endpoint: '127.0.0.1:0', {auth}"),
        );
    let collector = Collector::start(&yaml).await;
    let address = collector.http().await;
    let headers = [("content-type", "application/x-protobuf")];
    let request = samples::request(Signal::Traces, 1);
    for (path, status) in
        [("/v1/traces?key=sesame", 200), ("/v1/traces?key=wrong", 401), ("/v1/traces", 401)]
    {
        let reply = client::post(address, path, &headers, request.clone()).await.unwrap();
        assert_eq!(reply.status, status, "{path}");
    }
}

#[tokio::test]
async fn health_check_asks_its_authenticator_too() {
    let address = tests::collector::free_address();
    let health = format!("{{endpoint: '{address}', auth: {{authenticator: bearertokenauth}}}}");
    let config = Secured::new()
        .extension("bearertokenauth", "{token: sesame}")
        .extension("health_check", &health)
        .exporter("nop", "{}");
    let _collector = Collector::start(&config.yaml()).await;
    assert_eq!(client::get(address, "/").await.unwrap().status, 401);
    let mut http = Http::connect(address).await.unwrap();
    let headers = [("authorization", "Bearer sesame")];
    let reply = http.request(http::Method::GET, "/", &headers, Bytes::new()).await.unwrap();
    assert_eq!(reply.status, 200);
}

/// What stands in the way of a start; each message names the authenticator.
#[tokio::test]
async fn an_authenticator_that_is_none_ends_the_start() {
    let backend = Backend::start().await;
    let plain = "tls: {insecure: true}";
    let base = Secured::new().extension("health_check", "{endpoint: '127.0.0.1:0'}");
    let cases = [
        (base.clone().server("auth: {authenticator: nobody}").over_grpc(&backend, plain), "nobody"),
        (
            base.clone().server("auth: {authenticator: health_check}").over_grpc(&backend, plain),
            "health_check",
        ),
        (
            base.clone()
                .over_grpc(&backend, &format!("{plain}, auth: {{authenticator: health_check}}")),
            "health_check",
        ),
        (
            base.extension(
                "oauth2client",
                "{client_id: a, client_secret: b, token_url: 'http://x'}",
            )
            .server("auth: {authenticator: oauth2client}")
            .over_grpc(&backend, plain),
            "oauth2client",
        ),
    ];
    for (config, id) in cases {
        let mut collector = Setup::new(COMBINED).config(&config.yaml()).spawn();
        let ended = tokio::time::timeout(Duration::from_secs(10), collector.ended()).await;
        assert_eq!(ended.expect(id).code(), Some(1), "{id}");
        let text = collector.logs().text();
        assert!(text.contains(id) && text.contains("authenticator"), "{text}");
    }
}
