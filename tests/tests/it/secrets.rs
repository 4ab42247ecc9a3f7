//! Secrets are planted wherever a config can hold one, and looked for in everything that a collector shows.

use std::net::SocketAddr;

use common::signal::Signal;
use tests::{
    backend::{Answer, Backend},
    client::{self, Grpc},
    collector::{COMBINED, Collector, Setup, free_address},
    otlp::samples,
    pki::{Identity, Pki},
    tls::{ClientTls, ServerTls},
    wait,
};

use crate::auth::basic;

/// Everything that is planted bears this.
const MARK: &str = "pl4nted";

/// A world full of secrets: files, keys, and the config that names them.
struct Planted {
    pki: Pki,
    /// Its key stands in the config itself.
    inline: Identity,
    backend: Backend,
    pages: SocketAddr,
    profiles: SocketAddr,
    health: SocketAddr,
}

impl Planted {
    async fn new() -> Self {
        let pki = Pki::new();
        for name in ["htpasswd", "password", "token", "client_secret", "header", "value"] {
            let user = if name == "htpasswd" { "bob:" } else { "" };
            let end = if name == "header" { "" } else { "\n" };
            pki.files.write(name, &format!("{user}{MARK}-file-{name}{end}"));
        }
        let backend = Backend::start_tls(&ServerTls::new(&pki.server, None)).await;
        let inline = pki.authority.server();
        let [pages, profiles, health] = [(); 3].map(|()| free_address());
        Self { pki, inline, backend, pages, profiles, health }
    }

    fn file(&self, name: &str) -> String {
        self.pki.files.path(name).display().to_string()
    }

    fn yaml(&self) -> String {
        let quoted = |text: &str| serde_json::to_string(text).unwrap();
        let (cert, key) = (quoted(&self.inline.cert), quoted(&self.inline.key));
        let file = |name| self.file(name);
        let (pages, profiles, health) = (self.pages, self.profiles, self.health);
        let (tls, backend) = (self.pki.client_tls(), self.backend.named_address());
        let (htpasswd, password) = (file("htpasswd"), file("password"));
        let (token, client_secret) = (file("token"), file("client_secret"));
        let (header, value) = (file("header"), file("value"));
        format!(
            r"receivers:
  otlp:
    protocols:
      grpc: {{endpoint: '127.0.0.1:0', tls: {{cert_pem: {cert}, key_pem: {key}}}, auth: {{authenticator: basicauth}}}}
      http: {{endpoint: '127.0.0.1:0', response_headers: {{x-own: {MARK}-response-header}}}}
extensions:
  basicauth: {{htpasswd: {{inline: 'alice:{MARK}-htpasswd', file: {htpasswd}}}}}
  basicauth/client: {{client_auth: {{username: alice, password: {MARK}-password}}}}
  basicauth/file: {{client_auth: {{username: alice, password_file: {password}}}}}
  bearertokenauth: {{token: {MARK}-token}}
  bearertokenauth/several: {{tokens: [{MARK}-token-1, {MARK}-token-2]}}
  bearertokenauth/file: {{filename: {token}}}
  oauth2client: {{client_id: collector, client_secret: {MARK}-client-secret, token_url: 'https://localhost:1/token'}}
  oauth2client/file: {{client_id: collector, client_secret_file: {client_secret}, token_url: 'https://localhost:1/token'}}
  headers_setter: {{headers: [{{action: upsert, key: x-a, value: {MARK}-value}}, {{action: upsert, key: x-b, value_file: {value}}}]}}
  zpages: {{endpoint: '{pages}', expvar: {{enabled: true}}}}
  pprof: {{endpoint: '{profiles}'}}
  health_check: {{endpoint: '{health}', response_headers: {{x-own: {MARK}-health-header}}}}
exporters:
  otlp_grpc: {{endpoint: '{backend}', tls: {tls}, headers: {{x-key: {MARK}-header, x-env: '${{env:PLANTED}}', x-file: '${{file:{header}}}'}}, sending_queue: {{enabled: false}}, retry_on_failure: {{enabled: false}}, auth: {{authenticator: bearertokenauth}}}}
  otlp_grpc/basic: {{endpoint: '{backend}', tls: {tls}, auth: {{authenticator: basicauth/client}}}}
  otlp_grpc/oauth: {{endpoint: '{backend}', tls: {tls}, auth: {{authenticator: oauth2client}}}}
  otlp_http: {{endpoint: 'https://user:{MARK}-url@{backend}', tls: {tls}, headers: {{authorization: 'Bearer {MARK}-http-header'}}}}
  otlp_http/setter: {{endpoint: 'https://{backend}', tls: {tls}, auth: {{authenticator: headers_setter}}}}
  otlp_http/proxy: {{endpoint: 'https://{backend}', tls: {tls}, proxy_url: 'http://user:{MARK}-proxy@127.0.0.1:1', auth: {{authenticator: oauth2client/file}}}}
service:
  extensions: [basicauth, basicauth/client, basicauth/file, bearertokenauth, bearertokenauth/several, bearertokenauth/file, oauth2client, oauth2client/file, headers_setter, zpages, pprof, health_check]
  telemetry: {{logs: {{level: debug}}}}
  pipelines:
    traces: {{receivers: [otlp], exporters: [otlp_grpc, otlp_grpc/basic, otlp_grpc/oauth, otlp_http, otlp_http/setter, otlp_http/proxy]}}
"
        )
    }

    fn setup(&self, yaml: &str) -> Setup {
        Setup::new(COMBINED)
            .config(yaml)
            .env("PLANTED", &format!("{MARK}-env"))
            .arg(&format!("--set=exporters.otlp_grpc.headers.x-set={MARK}-set"))
    }

    /// Fails if a text holds anything that was planted, or a line of a key.
    fn assert_hidden(&self, what: &str, text: &str) {
        if let Some(at) = text.find(MARK) {
            let from = text.floor_char_boundary(at.saturating_sub(300));
            let to = text.floor_char_boundary(at + 60);
            panic!("{what} shows a secret: …{}…", &text[from..to]);
        }
        let coded = basic("alice", &format!("{MARK}-password"));
        assert!(!text.contains(coded.trim_start_matches("Basic ")), "{what} shows a password");
        for line in key_lines(&self.inline).chain(key_lines(&self.pki.server)) {
            assert!(!text.contains(line), "{what} shows a key");
        }
    }
}

/// What a key consists of.
fn key_lines(identity: &Identity) -> impl Iterator<Item = &str> {
    identity.key.lines().filter(|line| !line.starts_with("-----"))
}

const SUBCOMMANDS: [&[&str]; 7] = [
    &["validate"],
    &["check"],
    &["components"],
    &["print-config"],
    &["print-config", "--format=json"],
    &["print-config", "--mode=redacted", "--validate=false"],
    &["print-initial-config"],
];

#[tokio::test]
async fn no_subcommand_shows_a_secret() {
    let planted = Planted::new().await;
    for args in SUBCOMMANDS {
        let setup = args.iter().fold(planted.setup(&planted.yaml()), |setup, arg| setup.arg(arg));
        let finished = setup.run().await;
        let all = format!("{}{}", finished.stdout, finished.stderr);
        planted.assert_hidden(&args.join(" "), &all);
        let succeeds = args[0] != "check";
        assert_eq!(finished.code == Some(0), succeeds, "{args:?}\n{all}");
    }
}

/// The ground that the others stand on: what is looked for is there to be shown.
#[tokio::test]
async fn only_who_asks_for_the_unredacted_config_gets_it() {
    let planted = Planted::new().await;
    let setup = planted.setup(&planted.yaml()).arg("print-config").arg("--mode=unredacted");
    let shown = setup.run().await.stdout;
    for secret in [
        "response-header",
        "htpasswd",
        "password",
        "token",
        "token-2",
        "client-secret",
        "value",
        "header",
        "env",
        "file-header",
        "url",
        "http-header",
        "proxy",
        "set",
        "health-header",
    ] {
        assert!(shown.contains(&format!("{MARK}-{secret}")), "{secret} is not in\n{shown}");
    }
    let line = key_lines(&planted.inline).next().unwrap();
    assert!(shown.contains(line), "the key is not in\n{shown}");
}

/// Sends as a friend and as strangers, so that everything is used, refused and complained about.
async fn provoke(planted: &Planted, collector: &Collector) {
    planted.backend.answer_next([
        Answer::UNAVAILABLE,
        Answer::INVALID,
        Answer::UNAUTHENTICATED,
        Answer::TooLarge,
    ]);
    let address = collector.grpc().await;
    let tls = ClientTls::new(&planted.pki.authority.pem);
    let grpc = Grpc::connect_tls(address, &tls).await.unwrap();
    let request = samples::request(Signal::Traces, 1);
    let mut told = String::new();
    for value in [
        basic("alice", &format!("{MARK}-htpasswd")),
        basic("alice", &format!("{MARK}-guess")),
        format!("Bearer {MARK}-guess"),
        format!("Basic {MARK}-guess"),
    ] {
        let headers = [("authorization", value.as_str()), ("x-secret", "pl4nted-metadata")];
        for _ in 0..4 {
            let reply = grpc.export_with(Signal::Traces, &request, &headers).await.unwrap();
            told.push_str(&reply.message);
        }
    }
    // A handshake in plain text.
    drop(Grpc::connect(address).await);
    let headers = [("content-type", "application/json"), ("authorization", "pl4nted-http")];
    let reply = client::post(collector.http().await, "/v1/traces", &headers, "{").await.unwrap();
    told.push_str(&reply.text());
    planted.assert_hidden("an answer", &told);
}

async fn page(address: SocketAddr, path: &str) -> String {
    let reply = client::get(address, path).await.unwrap();
    format!("{}\n{}", reply.status, reply.text())
}

const PAGES: [&str; 7] = [
    "/debug/servicez",
    "/debug/pipelinez",
    "/debug/pipelinez?pipelinenamez=traces&componentnamez=otlp_grpc&componentkindz=exporter",
    "/debug/extensionz",
    "/debug/extensionz?zextensionname=basicauth",
    "/debug/featurez",
    "/debug/expvarz",
];

const PROFILES: [&str; 7] = [
    "/debug/pprof/",
    "/debug/pprof/cmdline",
    "/debug/pprof/heap",
    "/debug/pprof/allocs",
    "/debug/pprof/profile?seconds=1",
    "/debug/pprof/goroutine?debug=2",
    "/debug/pprof/symbol",
];

#[tokio::test]
async fn no_page_and_no_log_of_a_running_collector_shows_a_secret() {
    let planted = Planted::new().await;
    for encoding in ["json", "console"] {
        let mut collector = planted.setup(&planted.yaml()).encoding(encoding).start().await;
        provoke(&planted, &collector).await;
        for path in PAGES {
            planted.assert_hidden(path, &page(planted.pages, path).await);
        }
        for path in PROFILES {
            planted.assert_hidden(path, &page(planted.profiles, path).await);
        }
        planted.assert_hidden("health_check", &page(planted.health, "/").await);
        let metrics = format!("{:?}", collector.metrics().await);
        planted.assert_hidden("the metrics page", &metrics);
        // A reload with a mistake, then one without.
        collector.write_config(&planted.yaml().replace("sending_queue", "sending_kueue"));
        collector.signal("HUP").await;
        wait::until_true("the mistake in the log", || {
            collector.logs().text().contains("sending_kueue")
        })
        .await;
        let changed = planted.yaml().replace("pl4nted-http-header", "pl4nted-changed");
        collector.write_config(&changed);
        collector.signal("HUP").await;
        collector.logged("Config applied.").await;
        planted.assert_hidden("the log", &collector.logs().text());
        planted.assert_hidden("the output", &collector.output().text());
        // The next one listens at the same addresses.
        collector.stop().await;
    }
}

/// Mistakes made right where the secrets are: what to replace in the config, and with what.
fn mistakes() -> Vec<(String, String)> {
    let of = |from: &str, to: &str| (from.replace('%', MARK), to.replace('%', MARK));
    vec![
        of("{token: %-token}", "{token: [%-token]}"),
        of("{token: %-token}", "{token: {a: %-token}}"),
        of("{token: %-token}", "{tokens: %-token, token: %-other}"),
        of("{token: %-token}", "{token: %-token, key: %-other}"),
        of("{token: %-token}", "{tokem: %-token}"),
        of("{token: %-token}", "{token: '%-token"),
        of("{token: %-token}", "{token: \"%-to\\nken\"}"),
        of("client_secret: %-client-secret", "client_secret: [%-client-secret]"),
        of("client_secret: %-client-secret", "client_secret: !!int %-client-secret"),
        of("x-key: %-header", "x-key: [%-header]"),
        of("x-key: %-header", "x-key: \"%-header\\nmore\""),
        of("x-key: %-header", "x-key: \"%-hea\\u0001der\""),
        of("headers: {x-key: %-header,", "headers: %-header, x: {"),
        of("inline: 'alice:%-htpasswd'", "inline: '%-no-colon'"),
        of("inline: 'alice:%-htpasswd'", "inline: ['alice:%-htpasswd']"),
        of("inline: 'alice:%-htpasswd'", "inline: 'alice:$2y$99$%'"),
        of("inline: 'alice:%-htpasswd'", "inline: 'alice:%-htpasswd${env:NO SUCH}${env:MISSING'"),
        of("password: %-password", "password: {a: %-password}"),
        of("value: %-value", "value: %-value, from_context: x"),
        of("https://user:%-url@", "https://user:%-url@[::"),
        of("https://user:%-url@", "htps://user:%-url@"),
        of("http://user:%-proxy@", "http://user:%-proxy@:x"),
        of("'${env:PLANTED}'", "'${env:PLANTED}\n\t${env:NOT THERE}'"),
        of("key_pem: ", "key_pem: x%-no-pem, key_file: "),
        of("level: debug", "level: ${env:PLANTED}"),
        of("{x-own: %-response-header}", "%-response-header"),
    ]
}

#[tokio::test]
async fn no_mistake_beside_a_secret_shows_it() {
    let planted = Planted::new().await;
    let good = planted.yaml();
    for (from, to) in mistakes() {
        let bad = good.replacen(&from, &to, 1);
        assert_ne!(bad, good, "{from} is not in the config");
        for args in [&["validate"][..], &["print-config"], &["check"]] {
            let setup = args.iter().fold(planted.setup(&bad), |setup, arg| setup.arg(arg));
            let finished = setup.run().await;
            let all = format!("{}{}", finished.stdout, finished.stderr);
            planted.assert_hidden(&format!("{} of {to}", args.join(" ")), &all);
        }
    }
}

#[tokio::test]
async fn no_failed_start_shows_a_secret() {
    let planted = Planted::new().await;
    let good = planted.yaml();
    let other = planted.pki.authority.server();
    let quoted = |text: &str| serde_json::to_string(text).unwrap();
    let key = quoted(&planted.inline.key);
    let half = planted.inline.key.split_at(planted.inline.key.len() / 2).0;
    let garbled = planted.inline.key.replace("PRIVATE KEY", "PRIVATE KEI");
    for (from, to) in [
        (key.as_str(), quoted(&other.key)),
        (key.as_str(), quoted(half)),
        (key.as_str(), quoted(&garbled)),
        (key.as_str(), format!("{MARK}-no-pem")),
        ("authenticator: basicauth}", "authenticator: basicauth/client}".to_owned()),
        ("authenticator: basicauth/client}", "authenticator: basicauth}".to_owned()),
        ("authenticator: bearertokenauth}", "authenticator: zpages}".to_owned()),
        ("inline: 'alice:", "inline: '".to_owned()),
    ] {
        let bad = good.replacen(from, &to, 1);
        assert_ne!(bad, good);
        let mut collector = planted.setup(&bad).spawn();
        wait::until_true("an end or a start", || {
            !collector.is_running() || collector.logs().text().contains("Everything is ready")
        })
        .await;
        let text = collector.logs().text();
        planted.assert_hidden(&format!("a start with {to:.40}"), &text);
        for line in key_lines(&other) {
            assert!(!text.contains(line), "a start shows a key");
        }
        if collector.is_running() {
            collector.stop().await;
        }
    }
}

#[tokio::test]
async fn a_secret_in_a_file_that_cannot_be_used_is_not_shown() {
    let planted = Planted::new().await;
    for (name, text) in [
        ("htpasswd", "pl4nted-no-colon\n:pl4nted-no-name\nbob:$2y$pl4nted\n"),
        ("password", ""),
        ("token", "\u{1}pl4nted\n"),
        ("client_secret", "\n\npl4nted\u{1}\n"),
        ("header", "pl4nted\npl4nted\u{1}"),
        ("value", "pl4nted\n\u{1}pl4nted"),
    ] {
        let before = std::fs::read_to_string(planted.file(name)).unwrap();
        planted.pki.files.write(name, text);
        let mut collector = planted.setup(&planted.yaml()).spawn();
        wait::until_true("an end or a start", || {
            !collector.is_running() || collector.logs().text().contains("Everything is ready")
        })
        .await;
        if collector.is_running() {
            provoke(&planted, &collector).await;
            collector.stop().await;
        }
        planted.assert_hidden(name, &collector.logs().text());
        planted.pki.files.write(name, &before);
    }
}
