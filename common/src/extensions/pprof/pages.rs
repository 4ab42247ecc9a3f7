//! What stands under `/debug/pprof/`.

use std::{fmt::Write, time::Duration};

use http::Uri;

use super::cpu::Recording;
use crate::{
    net::http_server::{Response, query_value},
    telemetry::process,
};

const OCTETS: &str = "application/octet-stream";
const DEFAULT_SECONDS: u64 = 30;
/// Longer profiles are what `save_to_file` is for.
const MAX_SECONDS: u64 = 3600;

const INDEX: &str = "<!DOCTYPE html><html lang=\"en\"><head><title>/debug/pprof/</title></head>\
<body><h1>/debug/pprof/</h1><ul>\
<li><a href=\"profile?seconds=30\">profile</a>: CPU time, of as many seconds as asked for</li>\
<li><a href=\"heap\">heap</a>, <a href=\"allocs\">allocs</a>: memory in use by who allocated it</li>\
<li><a href=\"threadcreate?debug=1\">threadcreate</a>: threads</li>\
<li><a href=\"cmdline\">cmdline</a>: the command line</li>\
</ul></body></html>";

pub(super) async fn answer(uri: Uri) -> Response {
    let Some(name) = uri.path().strip_prefix("/debug/pprof/") else {
        return Response::text(404, "404 page not found\n");
    };
    match name {
        "" => Response::new(200, "text/html; charset=utf-8", INDEX),
        "profile" => cpu_profile(uri.query()).await,
        "heap" | "allocs" => heap_profile().await,
        "threadcreate" => threads(),
        // With a zero byte between them, as Go shows them.
        "cmdline" => Response::text(200, process::shown_arguments().join("\0")),
        // Tells the reader that names are in the profile, or in the binary.
        "symbol" => Response::text(200, "num_symbols: 0\n"),
        "goroutine" | "block" | "mutex" | "trace" => {
            let text =
                format!("{name} is a profile of the Go runtime, which this program has not\n");
            Response::text(501, text)
        }
        _ => Response::text(404, "Unknown profile\n"),
    }
}

async fn cpu_profile(query: Option<&str>) -> Response {
    let seconds = query_value(query, "seconds")
        .and_then(|text| text.parse().ok())
        .filter(|seconds| *seconds > 0)
        .unwrap_or(DEFAULT_SECONDS);
    if seconds > MAX_SECONDS {
        return Response::text(400, format!("seconds must be at most {MAX_SECONDS}\n"));
    }
    let recording = match Recording::start() {
        Ok(recording) => recording,
        Err(pprof::Error::Running) => {
            let text = "Could not enable CPU profiling: cpu profiling already in use\n";
            return Response::text(500, text);
        }
        Err(error) => {
            return Response::text(500, format!("Could not enable CPU profiling: {error}\n"));
        }
    };
    // Dropped with the request, and the recording with it, if the client goes away.
    tokio::time::sleep(Duration::from_secs(seconds)).await;
    let encoded = tokio::task::spawn_blocking(move || {
        let profile = recording.finish().map_err(|error| error.to_string())?;
        profile.encode().map_err(|error| error.to_string())
    });
    match encoded.await {
        Ok(Ok(bytes)) => attachment("profile", bytes),
        Ok(Err(error)) => Response::text(500, format!("cannot make the profile: {error}\n")),
        Err(_) => Response::text(500, "cannot make the profile\n"),
    }
}

async fn heap_profile() -> Response {
    let Some(control) = jemalloc_pprof::PROF_CTL.as_ref() else {
        let text = "heap profiling is off; start the collector with MALLOC_CONF=prof:true in its \
                    environment\n";
        return Response::text(501, text);
    };
    let mut control = std::sync::Arc::clone(control).lock_owned().await;
    if !control.activated() {
        let text = "heap profiling is not active; start the collector with \
                    MALLOC_CONF=prof:true,prof_active:true in its environment\n";
        return Response::text(501, text);
    }
    match tokio::task::spawn_blocking(move || control.dump_pprof()).await {
        Ok(Ok(bytes)) => attachment("heap", bytes),
        Ok(Err(error)) => Response::text(500, format!("cannot make the heap profile: {error}\n")),
        Err(_) => Response::text(500, "cannot make the heap profile\n"),
    }
}

fn attachment(name: &str, bytes: Vec<u8>) -> Response {
    Response::new(200, OCTETS, bytes)
        .with_header(http::header::CONTENT_DISPOSITION, &format!("attachment; filename=\"{name}\""))
}

/// Every thread by name.
fn threads() -> Response {
    let mut names: Vec<String> = std::fs::read_dir("/proc/self/task")
        .into_iter()
        .flatten()
        .flatten()
        .filter_map(|task| std::fs::read_to_string(task.path().join("comm")).ok())
        .collect();
    names.sort();
    let mut text = format!("threadcreate profile: total {}\n", names.len());
    for name in names {
        // Writing to a string cannot fail.
        _ = write!(text, "1 @ {name}");
    }
    Response::text(200, text)
}
