//! A real OAuth2 server as a process, and what it granted and refused.

use std::{
    collections::HashMap,
    net::SocketAddr,
    process::Stdio,
    sync::Arc,
    time::{Duration, SystemTime, UNIX_EPOCH},
};

use common::component::Tasks;
use http::HeaderMap;
use parking_lot::Mutex;
use serde_json::{Value, json};
use tokio::{
    io::{AsyncBufReadExt as _, AsyncWriteExt as _, BufReader},
    process::{Child, ChildStdin, ChildStdout, Command},
};

use crate::{
    collector::{free_address, root},
    pki::Pki,
    wait,
};

/// A running server; dropping it kills it.
#[derive(Debug)]
pub struct TokenServer {
    settings: Value,
    port: u16,
    book: Book,
    input: ChildStdin,
    child: Child,
    tasks: Tasks,
}

/// What a server said so far. Cloning shares it, also over a restart.
#[derive(Clone, Debug, Default)]
pub struct Book(Arc<Mutex<Vec<Value>>>);

impl TokenServer {
    /// Starts one over TLS whose clients are `collector` (secret in a header) and `collector-post`
    /// (secret in the body), and whose tokens live so many seconds.
    ///
    /// # Panics
    /// If Node.js or its packages are missing.
    pub async fn start(pki: &Pki, secret: &str, lifetime: u64) -> Self {
        Self::spawn(settings(pki, secret, lifetime), Book::default()).await
    }

    /// The same, demanding a client certificate.
    ///
    /// # Panics
    /// If Node.js or its packages are missing.
    pub async fn start_mutual(pki: &Pki, secret: &str, lifetime: u64) -> Self {
        let mut settings = settings(pki, secret, lifetime);
        settings["client_ca"] = path(pki, "ca.pem").into();
        Self::spawn(settings, Book::default()).await
    }

    async fn spawn(settings: Value, book: Book) -> Self {
        let mut command = Command::new("node");
        command.arg(root().join("tests/clients/node/token_server.js")).arg(settings.to_string());
        command.stdin(Stdio::piped()).stdout(Stdio::piped()).stderr(Stdio::null());
        let mut child = command.kill_on_drop(true).spawn().unwrap();
        let mut lines = BufReader::new(child.stdout.take().unwrap()).lines();
        let first = tokio::time::timeout(wait::PATIENCE, lines.next_line()).await;
        let first = first.expect("the token server is silent").unwrap();
        let first = first.expect("the token server ended; `make test` installs what it needs");
        let first: Value = serde_json::from_str(&first).unwrap();
        let port = first["port"].as_u64().and_then(|port| u16::try_from(port).ok()).unwrap();
        let tasks = Tasks::default();
        tasks.spawn(listen(lines, book.clone()));
        let input = child.stdin.take().unwrap();
        Self { settings, port, book, input, child, tasks }
    }

    /// Where tokens are had.
    #[must_use]
    pub fn url(&self) -> String {
        format!("https://localhost:{}/token", self.port)
    }

    /// Where it listens.
    #[must_use]
    pub fn address(&self) -> SocketAddr {
        SocketAddr::from(([127, 0, 0, 1], self.port))
    }

    /// What it said so far.
    #[must_use]
    pub const fn book(&self) -> &Book {
        &self.book
    }

    /// Answers like this from now on: `normal`, `error`, `hang`, `garbage` or `no_token`.
    ///
    /// # Panics
    /// If it has ended.
    pub async fn switch(&mut self, answers: &str) {
        let before = self.book.count("switched");
        self.input.write_all(format!("{answers}\n").as_bytes()).await.unwrap();
        wait::until_true("the token server to switch", || self.book.count("switched") > before)
            .await;
    }

    /// Ends it; nobody listens on its port then.
    ///
    /// # Panics
    /// If it cannot be ended.
    pub async fn go_away(&mut self) {
        self.child.kill().await.unwrap();
        self.tasks.stop(tokio::time::Instant::now() + wait::PATIENCE).await;
    }

    /// Starts it again on the same port, with the same book.
    pub async fn come_back(&mut self) {
        let mut settings = self.settings.clone();
        settings["port"] = self.port.into();
        *self = Self::spawn(settings, self.book.clone()).await;
    }
}

impl Book {
    /// How many events of a kind there were: `granted`, `refused`.
    #[must_use]
    pub fn count(&self, kind: &str) -> usize {
        self.0.lock().iter().filter(|event| event.get(kind).is_some()).count()
    }

    /// The parameters of the requests that were granted, secrets left out.
    #[must_use]
    pub fn params(&self) -> Vec<HashMap<String, String>> {
        let events = self.0.lock();
        let params = events.iter().filter_map(|event| event.get("params"));
        params.map(|params| serde_json::from_value(params.clone()).unwrap()).collect()
    }

    /// All tokens so far.
    #[must_use]
    pub fn tokens(&self) -> Vec<String> {
        let events = self.0.lock();
        let tokens = events.iter().filter_map(|event| event.get("granted")?.as_str());
        tokens.map(str::to_owned).collect()
    }

    /// Whether the headers carry a token that was granted and is not over.
    #[must_use]
    pub fn accepts(&self, headers: &HeaderMap) -> bool {
        let value = headers.get("authorization").and_then(|value| value.to_str().ok());
        let Some(token) = value.and_then(|value| value.strip_prefix("Bearer ")) else {
            return false;
        };
        let now = SystemTime::now().duration_since(UNIX_EPOCH).unwrap_or(Duration::ZERO);
        let now = u64::try_from(now.as_millis()).unwrap_or(u64::MAX);
        self.0.lock().iter().any(|event| {
            event["granted"] == token && event["expires"].as_u64().is_some_and(|end| now < end)
        })
    }
}

async fn listen(mut lines: tokio::io::Lines<BufReader<ChildStdout>>, book: Book) {
    while let Ok(Some(line)) = lines.next_line().await {
        // Whatever else is printed is no event.
        if let Ok(event) = serde_json::from_str(&line) {
            book.0.lock().push(event);
        }
    }
}

fn settings(pki: &Pki, secret: &str, lifetime: u64) -> Value {
    let (cert, key) = (path(pki, "server.pem"), path(pki, "server.key"));
    let port = free_address().port();
    json!({"port": port, "lifetime": lifetime, "secret": secret, "cert": cert, "key": key})
}

fn path(pki: &Pki, name: &str) -> String {
    pki.files.path(name).display().to_string()
}
