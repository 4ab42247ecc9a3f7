use std::sync::Arc;

use proptest::prelude::*;
use tokio::{
    io::{AsyncReadExt, AsyncWriteExt},
    net::TcpStream,
    sync::watch,
};

use super::*;
use crate::{
    component::{Extensions, Host, Kind, Overview, Tasks},
    pipeline::{Books, Budget},
    telemetry::{BuildInfo, Metrics, Telemetry},
};

/// What an extension is given in a collector that is not ready yet.
pub(in crate::extensions) fn context(id: &str) -> Context {
    Context {
        id: id.parse().unwrap(),
        kind: Kind::Extension,
        pipeline: None,
        signal: None,
        books: Books::unread(),
        tasks: Tasks::default(),
        extensions: Extensions::default(),
        host: Host {
            telemetry: Telemetry { metrics: Metrics::default() },
            budget: Budget::new(1 << 20),
            build_info: BuildInfo {
                command: "traces-collector".into(),
                description: "A test".into(),
                version: "1.2.3".into(),
            },
            default_host: "localhost".into(),
            listeners: crate::net::Listeners::default(),
            fatal: crate::pipeline::Fatal::default(),
            readiness: watch::Sender::new(false),
            overview: watch::Sender::new(Arc::new(Overview::default())),
            open_stores: crate::storage::OpenStores::default(),
        },
    }
}

/// Sends a request and returns head and body of the answer.
pub(in crate::extensions) async fn get(address: &str, path: &str) -> (String, Vec<u8>) {
    let mut stream = TcpStream::connect(address).await.unwrap();
    let request = format!("GET {path} HTTP/1.1\r\nhost: test\r\nconnection: close\r\n\r\n");
    stream.write_all(request.as_bytes()).await.unwrap();
    let mut answer = Vec::new();
    stream.read_to_end(&mut answer).await.unwrap();
    let border = answer.windows(4).position(|window| window == b"\r\n\r\n").unwrap();
    let head = String::from_utf8(answer[..border].to_vec()).unwrap();
    (head, answer[border + 4..].to_vec())
}

/// The same for pages that are text, with the status code.
pub(in crate::extensions) async fn page(address: &str, path: &str) -> (u16, String) {
    let (head, body) = get(address, path).await;
    let status = head.split(' ').nth(1).unwrap().parse().unwrap();
    (status, String::from_utf8(body).unwrap())
}

proptest! {
    #[test]
    fn any_text_in_a_page_is_text(text in any::<String>()) {
        let escaped = html_escaped(&text);
        prop_assert!(!escaped.contains(['<', '>', '"']));
        let read = [("&lt;", "<"), ("&gt;", ">"), ("&quot;", "\""), ("&amp;", "&")]
            .iter()
            .fold(escaped, |page, (code, character)| page.replace(code, character));
        prop_assert_eq!(read, text);
    }
}
