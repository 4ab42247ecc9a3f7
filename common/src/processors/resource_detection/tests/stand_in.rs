//! A server that stands in for all metadata endpoints.

use std::{collections::BTreeMap, sync::Arc};

use parking_lot::Mutex;
use tokio::{
    io::{AsyncBufReadExt as _, AsyncReadExt as _, AsyncWriteExt as _, BufReader},
    net::TcpListener,
};

use crate::component::Tasks;

/// What it does when it is asked.
#[derive(Clone, Debug)]
pub(super) enum Reply {
    /// Answers with a body, and a header line if there is one.
    Body(u16, &'static str, String),
    /// Never answers.
    Silence,
    /// Answers with more than anybody reads.
    Flood,
}

pub(super) fn ok(body: &str) -> Reply {
    Reply::Body(200, "", body.to_owned())
}

pub(super) struct StandIn {
    pub(super) url: String,
    asked: Arc<Mutex<Vec<String>>>,
    _tasks: Tasks,
}

impl StandIn {
    /// Starts it with its replies by method and path; anything else is answered with 404.
    pub(super) async fn start(replies: &[(&str, Reply)]) -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let url = format!("http://{}", listener.local_addr().unwrap());
        let replies: BTreeMap<String, Reply> =
            replies.iter().map(|(what, reply)| ((*what).to_owned(), reply.clone())).collect();
        let replies = Arc::new(replies);
        let asked = Arc::<Mutex<Vec<String>>>::default();
        let (tasks, log) = (Tasks::default(), Arc::clone(&asked));
        let inner = tasks.clone();
        tasks.spawn(async move {
            while let Ok((stream, _)) = listener.accept().await {
                let (replies, log) = (Arc::clone(&replies), Arc::clone(&log));
                inner.spawn(async move {
                    let mut stream = BufReader::new(stream);
                    let mut head = String::new();
                    let mut length = 0;
                    loop {
                        let mut line = String::new();
                        if stream.read_line(&mut line).await.unwrap_or(0) == 0 || line == "\r\n" {
                            break;
                        }
                        if let Some(value) = line.to_lowercase().strip_prefix("content-length:") {
                            length = value.trim().parse().unwrap();
                        }
                        head.push_str(&line);
                    }
                    let mut body = vec![0; length];
                    stream.read_exact(&mut body).await.unwrap();
                    let what = head.lines().next().unwrap_or_default();
                    let what = what.trim_end_matches(" HTTP/1.1").to_owned();
                    log.lock().push(head);
                    let missing = Reply::Body(404, "", "nothing here".to_owned());
                    answer(replies.get(&what).unwrap_or(&missing), &mut stream).await;
                });
            }
        });
        Self { url, asked, _tasks: tasks }
    }

    /// The heads of all requests so far.
    pub(super) fn asked(&self) -> Vec<String> {
        self.asked.lock().clone()
    }
}

async fn answer(reply: &Reply, stream: &mut BufReader<tokio::net::TcpStream>) {
    let text = match reply {
        Reply::Body(status, header, body) => format!(
            "HTTP/1.1 {status} Answer\r\n{header}content-length: {}\r\nconnection: close\r\n\r\n{body}",
            body.len()
        ),
        Reply::Silence => return std::future::pending().await,
        Reply::Flood => {
            format!("HTTP/1.1 200 OK\r\nconnection: close\r\n\r\n{}", "x".repeat(3 << 20))
        }
    };
    drop(stream.write_all(text.as_bytes()).await);
    drop(stream.shutdown().await);
}
