//! `oauth2client` against a real OAuth2 server whose tokens live for two seconds, and the server's failures.

use std::time::Duration;

use common::signal::Signal;
use tests::{
    backend::Backend, client::Grpc, collector::Collector, otlp::samples, pki::Pki, tls::ServerTls,
    token_server::TokenServer, wait,
};
use tokio::time::Instant;

use crate::secured::{Secured, UNQUEUED};

const SECRET: &str = "planted-client-secret";
const LIFETIME: u64 = 2;

/// A token server, and a backend that takes only what carries a token that is still good.
struct Scene {
    pki: Pki,
    server: TokenServer,
    backend: Backend,
}

impl Scene {
    async fn start() -> Self {
        let pki = Pki::new();
        let server = TokenServer::start(&pki, SECRET, LIFETIME).await;
        let backend = Backend::start_tls(&ServerTls::new(&pki.server, None)).await;
        let book = server.book().clone();
        backend.demand(move |headers| book.accepts(headers));
        Self { pki, server, backend }
    }

    /// The extension, with any further keys.
    fn extension(&self, keys: &str) -> Secured {
        let tls = self.pki.client_tls();
        let body = format!(
            "{{token_url: '{}', tls: {tls}, expiry_buffer: 1s, timeout: 2s, {keys}}}",
            self.server.url()
        );
        Secured::new().extension("oauth2client", &body)
    }

    fn keys(&self) -> String {
        format!("tls: {}, auth: {{authenticator: oauth2client}}", self.pki.client_tls())
    }

    /// Through an exporter that keeps nothing: the sender sees every failure.
    async fn unqueued(&self, keys: &str) -> Collector {
        let config = self.extension(keys).over_grpc(&self.backend, &self.keys());
        Collector::start(&config.yaml()).await
    }

    /// Through an exporter that keeps and tries again.
    async fn queued(&self, keys: &str) -> Collector {
        let body = format!(
            "{{endpoint: '{}', {}, retry_on_failure: {{initial_interval: 50ms, max_interval: 200ms}}}}",
            self.backend.named_address(),
            self.keys()
        );
        let config = self.extension(keys).exporter("otlp_grpc", &body);
        Collector::start(&config.yaml()).await
    }
}

fn credentials() -> String {
    format!("client_id: collector, client_secret: {SECRET}, scopes: [telemetry.write]")
}

async fn export(collector: &Collector) {
    let grpc = Grpc::connect(collector.grpc().await).await.unwrap();
    let request = samples::request(Signal::Traces, 1);
    let reply = grpc.export(Signal::Traces, &request).await.unwrap();
    assert!(reply.is_ok(), "{reply:?}\n{}", collector.logs().text());
}

#[tokio::test]
async fn a_token_is_fetched_once_and_used_until_it_nears_its_end() {
    let scene = Scene::start().await;
    let http = format!(
        "{{endpoint: 'https://{}', {UNQUEUED}, {}}}",
        scene.backend.named_address(),
        scene.keys()
    );
    for config in [
        scene.extension(&credentials()).over_grpc(&scene.backend, &scene.keys()),
        scene.extension(&credentials()).exporter("otlp_http", &http),
    ] {
        let before = scene.server.book().tokens().len();
        let collector = Collector::start(&config.yaml()).await;
        for _ in 0..5 {
            export(&collector).await;
        }
        let tokens = scene.server.book().tokens();
        assert_eq!(tokens.len(), before + 1, "five exports within a second, one token");
        let last = scene.backend.received().last().unwrap().header("authorization");
        assert_eq!(last, format!("Bearer {}", tokens.last().unwrap()));
    }
    assert_eq!(scene.server.book().params()[0]["scope"], "telemetry.write");
    assert_eq!(scene.backend.refused(), 0);
}

#[tokio::test]
async fn tokens_are_refreshed_under_load_without_a_failed_request() {
    let scene = Scene::start().await;
    let collector = scene.unqueued(&credentials()).await;
    let address = collector.grpc().await;
    let end = Instant::now() + Duration::from_secs(5);
    let send = async || {
        let grpc = Grpc::connect(address).await.unwrap();
        let request = samples::request(Signal::Traces, 1);
        let mut sent = 0;
        while Instant::now() < end {
            let reply = grpc.export(Signal::Traces, &request).await.unwrap();
            assert!(reply.is_ok(), "{reply:?}\n{}", collector.logs().text());
            sent += 1;
        }
        sent
    };
    let (one, two, three, four) = tokio::join!(send(), send(), send(), send());
    assert_eq!(scene.backend.items(Signal::Traces), one + two + three + four);
    assert_eq!(scene.backend.refused(), 0, "a token was used beyond its end");
    let tokens = scene.server.book().tokens().len();
    assert!((4..=9).contains(&tokens), "{tokens} tokens in 5 s, each good for {LIFETIME} s");
}

#[tokio::test]
async fn every_way_to_give_credentials_is_understood_by_the_server() {
    let scene = Scene::start().await;
    let secret = scene.pki.files.write("secret", &format!("{SECRET}\n"));
    let id = scene.pki.files.write("id", "collector\n");
    let cases = [
        format!("client_id: collector-post, client_secret: {SECRET}"),
        format!("client_id_file: {}, client_secret_file: {}", id.display(), secret.display()),
        format!(
            "client_id: ignored, client_id_file: {}, client_secret: ignored, client_secret_file: {}",
            id.display(),
            secret.display()
        ),
        format!("{}, endpoint_params: {{resource: 'urn:telemetry'}}", credentials()),
        format!("{}, endpoint_params: {{resource: ['urn:telemetry']}}", credentials()),
        format!("{}, grant_type: client_credentials", credentials()),
    ];
    for keys in cases {
        scene.backend.forget();
        let collector = scene.unqueued(&keys).await;
        export(&collector).await;
        assert_eq!(scene.backend.items(Signal::Traces), 1, "{keys}");
        let params = scene.server.book().params().pop().unwrap();
        let resource = params.get("resource").map(String::as_str);
        let expected = keys.contains("urn:telemetry").then_some("urn:telemetry");
        assert_eq!(resource, expected, "{keys}");
    }
}

#[tokio::test]
async fn a_wrong_secret_is_told_without_the_secret_and_loses_nothing() {
    let scene = Scene::start().await;
    let secret = scene.pki.files.write("secret", "planted-wrong-secret");
    let keys = format!("client_id: collector, client_secret_file: {}", secret.display());
    let collector = scene.queued(&keys).await;
    export(&collector).await;
    wait::until_true("the server to refuse", || scene.server.book().count("refused") > 1).await;
    wait::until_true("a word about it", || {
        let text = collector.logs().text();
        text.contains("invalid_client") && text.contains("oauth2client")
    })
    .await;
    let text = collector.logs().text();
    assert!(!text.contains("planted-wrong-secret"), "{text}");
    assert_eq!(scene.backend.items(Signal::Traces), 0);
    // It is kept, and the file is read with each attempt.
    scene.pki.files.rename("secret", SECRET);
    scene.backend.items_reach(Signal::Traces, 1).await;
    collector.balanced_books().await;
}

#[tokio::test]
async fn whatever_is_wrong_with_the_server_what_was_taken_waits_for_it() {
    let mut scene = Scene::start().await;
    let collector = scene.queued(&credentials()).await;
    for (count, failure) in ["error", "hang", "garbage", "no_token"].into_iter().enumerate() {
        scene.server.switch(failure).await;
        // As long as the last token is good, nobody needs the server.
        tokio::time::sleep(Duration::from_secs(LIFETIME)).await;
        let refused = scene.server.book().count("refused");
        export(&collector).await;
        wait::until_true("the server to be asked", || {
            scene.server.book().count("refused") > refused
        })
        .await;
        assert_eq!(scene.backend.items(Signal::Traces), count, "{failure}");
        scene.server.switch("normal").await;
        scene.backend.items_reach(Signal::Traces, count + 1).await;
    }
    assert_eq!(scene.backend.refused(), 0);
    assert!(!collector.logs().text().contains(SECRET));
    collector.balanced_books().await;
}

#[tokio::test]
async fn a_server_that_goes_away_and_comes_back_is_asked_again() {
    let mut scene = Scene::start().await;
    scene.server.go_away().await;
    let collector = scene.queued(&credentials()).await;
    export(&collector).await;
    wait::until_true("a word about it", || {
        let text = collector.logs().text();
        text.contains("oauth2client") && text.to_lowercase().contains("refused")
    })
    .await;
    scene.server.come_back().await;
    scene.backend.items_reach(Signal::Traces, 1).await;
}

/// A server that hangs holds up a request no longer than its time, and the stop of a collector not at all.
#[tokio::test]
async fn a_hanging_server_does_not_hold_up_senders_or_the_stop() {
    let mut scene = Scene::start().await;
    scene.server.switch("hang").await;
    let mut collector = scene.unqueued(&credentials()).await;
    let grpc = Grpc::connect(collector.grpc().await).await.unwrap();
    let request = samples::request(Signal::Traces, 1);
    let begin = Instant::now();
    let reply = grpc.export(Signal::Traces, &request).await.unwrap();
    assert!([4, 14].contains(&reply.code), "its sender may try again: {reply:?}");
    assert!(begin.elapsed() < Duration::from_secs(8), "{:?}", begin.elapsed());
    let begin = Instant::now();
    assert_eq!(collector.stop().await.code(), Some(0));
    assert!(begin.elapsed() < Duration::from_secs(8), "{:?}", begin.elapsed());
}

#[tokio::test]
async fn a_token_server_that_is_not_who_it_says_gets_no_secret() {
    let scene = Scene::start().await;
    let other = Pki::new();
    let body = format!(
        "{{token_url: '{}', tls: {}, {}}}",
        scene.server.url(),
        other.client_tls(),
        credentials()
    );
    let config =
        Secured::new().extension("oauth2client", &body).over_grpc(&scene.backend, &scene.keys());
    let collector = Collector::start(&config.yaml()).await;
    let grpc = Grpc::connect(collector.grpc().await).await.unwrap();
    let request = samples::request(Signal::Traces, 1);
    let reply = grpc.export(Signal::Traces, &request).await.unwrap();
    assert_eq!(reply.code, 14, "{reply:?}");
    assert!(reply.message.contains("certificate"), "{reply:?}");
    assert_eq!(scene.server.book().count("granted"), 0);
    assert_eq!(scene.server.book().count("refused"), 0);
}

#[tokio::test]
async fn a_token_server_may_want_a_client_certificate() {
    let pki = Pki::new();
    let server = TokenServer::start_mutual(&pki, SECRET, LIFETIME).await;
    let backend = Backend::start_tls(&ServerTls::new(&pki.server, None)).await;
    let body = format!(
        "{{token_url: '{}', tls: {}, {}}}",
        server.url(),
        pki.mutual_client_tls(),
        credentials()
    );
    let keys = format!("tls: {}, auth: {{authenticator: oauth2client}}", pki.client_tls());
    let config = Secured::new().extension("oauth2client", &body).over_grpc(&backend, &keys);
    let collector = Collector::start(&config.yaml()).await;
    export(&collector).await;
    assert_eq!(backend.items(Signal::Traces), 1);
}
