//! Any bytes on a connection to an HTTP server: it answers with responses or closes, holds no more of a
//! body than it may, and goes on.

use std::thread::LocalKey;

use common::{
    net::http_server::{
        self, BodyError, CorsSettings, GenericDefaults, HttpServerSettings, Request, Response,
    },
    settings::NoneByDefault,
};
use futures_util::FutureExt as _;

use super::connections::{self, Kept, Site};

const MAX_BYTES: usize = 1 << 10;

thread_local! {
    static SITE: Kept = const { Kept::new(None) };
}

fn start() -> Site {
    let cors = CorsSettings {
        allowed_origins: vec!["http://*.a".to_owned(), "b*c*d".to_owned()],
        allowed_headers: vec!["x-a".to_owned()],
        ..CorsSettings::default()
    };
    let settings = HttpServerSettings::<GenericDefaults> {
        cors: NoneByDefault::on(cors),
        ..HttpServerSettings::default()
    };
    Site::start(u64::MAX, move |listener, budget| {
        let handler = move |mut request: Request| {
            let budget = budget.clone();
            async move {
                match request.read_body(MAX_BYTES, &budget).await {
                    Ok(read) => {
                        assert!(read.bytes.len() <= MAX_BYTES);
                        Response::new(200, "text/plain", read.bytes)
                            .with_header(http::header::LOCATION, request.query().unwrap_or("-"))
                    }
                    Err(BodyError::TooLarge) => Response::text(413, "too large"),
                    Err(error) => Response::text(400, error.to_string()),
                }
            }
            .boxed()
        };
        http_server::serve(listener, &settings, None, handler)
    })
}

/// One input: what the client sends.
pub fn run(bytes: &[u8]) {
    let ask = |bytes: &[u8]| LocalKey::with(&SITE, |kept| connections::ask(kept, start, bytes));
    let answer = ask(bytes);
    // HTTP/2 is begun with a preface, and answered with frames.
    if !answer.is_empty() && !bytes.starts_with(b"PRI") {
        assert!(answer.starts_with(b"HTTP/1."), "{:?}", answer.escape_ascii().to_string());
    }
    let answer = ask(b"GET /?a HTTP/1.1\r\nhost: a\r\nconnection: close\r\n\r\n");
    assert!(answer.starts_with(b"HTTP/1.1 200 "), "{:?}", answer.escape_ascii().to_string());
}
