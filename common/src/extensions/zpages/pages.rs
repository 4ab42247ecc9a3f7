//! The pages themselves.

use std::{
    fmt::Write,
    sync::Arc,
    time::{Duration, SystemTime},
};

use time::{OffsetDateTime, format_description::well_known::Rfc3339};
use tokio::{sync::watch, time::Instant};

use crate::{
    component::{ComponentId, Context, Overview, PipelineOverview},
    extensions::page_server::html_escaped,
    net::http_server::{Response, query_value},
    telemetry::{BuildInfo, process},
};

const HTML: &str = "text/html; charset=utf-8";

/// What the pages are made of.
#[derive(Debug)]
pub(super) struct Pages {
    build: BuildInfo,
    overview: watch::Receiver<Arc<Overview>>,
    started: SystemTime,
    clock: Instant,
    has_expvar: bool,
}

impl Pages {
    pub(super) fn new(context: &Context, has_expvar: bool) -> Self {
        Self {
            build: context.host.build_info.clone(),
            overview: context.host.overview.subscribe(),
            started: SystemTime::now(),
            clock: Instant::now(),
            has_expvar,
        }
    }

    pub(super) fn answer(&self, path: &str, query: Option<&str>) -> Response {
        let overview = Arc::clone(&self.overview.borrow());
        let page = match path {
            "/debug/servicez" => self.service(),
            "/debug/pipelinez" => pipelines(&overview, query),
            "/debug/extensionz" => extensions(&overview, query),
            "/debug/featurez" => features(),
            "/debug/expvarz" if self.has_expvar => return variables(),
            "/debug/tracez" => {
                return Response::text(404, "spans of the collector itself are not recorded\n");
            }
            _ => return Response::text(404, "404 page not found\n"),
        };
        Response::new(200, HTML, page)
    }

    fn service(&self) -> String {
        let started = OffsetDateTime::from(self.started).format(&Rfc3339).unwrap_or_default();
        let uptime = Duration::from_secs(self.clock.elapsed().as_secs());
        let rows = [
            ("Command", self.build.command.to_string()),
            ("Description", self.build.description.to_string()),
            ("Version", self.build.version.to_string()),
            ("Started", started),
            ("Uptime", format!("{uptime:?}")),
        ];
        let mut body = String::from("<h2>Build and run</h2>");
        body.push_str(&table(&["Name", "Value"], rows.map(|(name, value)| [name.into(), value])));
        body.push_str("<p><a href=\"pipelinez\">Pipelines</a> ");
        body.push_str("<a href=\"extensionz\">Extensions</a> ");
        body.push_str("<a href=\"featurez\">Features</a></p>");
        whole("Service", &body)
    }
}

fn pipelines(overview: &Overview, query: Option<&str>) -> String {
    let rows = overview.pipelines.iter().map(|pipeline| {
        let name = html_escaped(&pipeline.id.to_string());
        [
            format!(
                "<a href=\"?pipelinenamez={}\">{name}</a>",
                url_escaped(&pipeline.id.to_string())
            ),
            names(pipeline, "receiver", &pipeline.receivers),
            names(pipeline, "processor", &pipeline.processors),
            names(pipeline, "exporter", &pipeline.exporters),
        ]
    });
    let mut body = raw_table(&["Pipeline", "Receivers", "Processors", "Exporters"], rows);
    if let Some(chosen) = query_value(query, "pipelinenamez")
        && let Some(pipeline) =
            overview.pipelines.iter().find(|pipeline| pipeline.id.to_string() == chosen)
    {
        body.push_str(&details(pipeline, query));
    }
    whole("Pipelines", &body)
}

/// What is known about the chosen component of a pipeline, or about the pipeline.
fn details(pipeline: &PipelineOverview, query: Option<&str>) -> String {
    let kind = query_value(query, "componentkindz").unwrap_or_default();
    let name = query_value(query, "componentnamez").unwrap_or_default();
    let of_kind = match &*kind {
        "receiver" => &pipeline.receivers,
        "processor" => &pipeline.processors,
        "exporter" => &pipeline.exporters,
        _ => {
            let counts = [
                ["receivers".to_owned(), pipeline.receivers.len().to_string()],
                ["processors".to_owned(), pipeline.processors.len().to_string()],
                ["exporters".to_owned(), pipeline.exporters.len().to_string()],
            ];
            let title = html_escaped(&pipeline.id.to_string());
            return format!("<h2>{title}</h2>{}", table(&["Kind", "Number"], counts));
        }
    };
    let Some(position) = of_kind.iter().position(|id| id.to_string() == name) else {
        return format!("<p>no such {}</p>", html_escaped(&kind));
    };
    let rows = [
        ["pipeline".to_owned(), pipeline.id.to_string()],
        ["kind".to_owned(), kind.clone()],
        ["position".to_owned(), (position + 1).to_string()],
    ];
    format!("<h2>{}</h2>{}", html_escaped(&name), table(&["Name", "Value"], rows))
}

fn names(pipeline: &PipelineOverview, kind: &str, ids: &[ComponentId]) -> String {
    let pipeline = url_escaped(&pipeline.id.to_string());
    let links = ids.iter().map(|id| {
        let id = id.to_string();
        format!(
            "<a href=\"?pipelinenamez={pipeline}&amp;componentnamez={}&amp;componentkindz={kind}\">\
             {}</a>",
            url_escaped(&id),
            html_escaped(&id)
        )
    });
    links.collect::<Vec<_>>().join(", ")
}

fn extensions(overview: &Overview, query: Option<&str>) -> String {
    let rows = overview.extensions.iter().map(|id| [id.to_string()]);
    let mut body = table(&["Extension"], rows);
    if let Some(name) = query_value(query, "extensionnamez") {
        let is_running = overview.extensions.iter().any(|id| id.to_string() == name);
        let state = if is_running { "running" } else { "not running" };
        body.push_str(&format!("<p>{} is {state}</p>", html_escaped(&name)));
    }
    whole("Extensions", &body)
}

fn features() -> String {
    whole(
        "Features",
        "<p>This collector has no feature gates. Those of the Go collector are accepted on the \
         command line and change nothing.</p>",
    )
}

fn variables() -> Response {
    let variables = serde_json::json!({
        "cmdline": process::shown_arguments(),
        "memstats": {
            "HeapAlloc": process::allocated_bytes().unwrap_or_default(),
            "Sys": process::rss_bytes().unwrap_or_default(),
        },
    });
    Response::new(200, "application/json; charset=utf-8", variables.to_string())
}

fn table<const N: usize>(head: &[&str; N], rows: impl IntoIterator<Item = [String; N]>) -> String {
    raw_table(head, rows.into_iter().map(|row| row.map(|cell| html_escaped(&cell))))
}

/// A table whose cells are HTML.
fn raw_table<const N: usize>(
    head: &[&str; N],
    rows: impl IntoIterator<Item = [String; N]>,
) -> String {
    let mut out = String::from("<table><tr>");
    for title in head {
        // Writing to a string cannot fail, here and below.
        _ = write!(out, "<th>{title}</th>");
    }
    out.push_str("</tr>");
    for row in rows {
        out.push_str("<tr>");
        for cell in row {
            _ = write!(out, "<td>{cell}</td>");
        }
        out.push_str("</tr>");
    }
    out.push_str("</table>");
    out
}

fn whole(title: &str, body: &str) -> String {
    format!(
        "<!DOCTYPE html><html lang=\"en\"><head><meta charset=\"utf-8\"><title>{title}</title>\
         <style>body{{font-family:sans-serif}}td,th{{padding:.2em 1em;text-align:left}}</style>\
         </head><body><h1>{title}</h1>{body}</body></html>"
    )
}

fn url_escaped(text: &str) -> String {
    text.bytes().fold(String::new(), |mut out, byte| {
        match byte {
            b'a'..=b'z' | b'A'..=b'Z' | b'0'..=b'9' | b'_' | b'-' | b'.' | b'/' => {
                out.push(char::from(byte));
            }
            other => _ = write!(out, "%{other:02X}"),
        }
        out
    })
}
