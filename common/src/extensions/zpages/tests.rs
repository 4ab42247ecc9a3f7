use super::*;
use crate::{
    component::{Overview, PipelineOverview},
    extensions::page_server::tests::{context, page},
};

async fn started(has_expvar: bool) -> Zpages {
    let config = Both {
        a: HttpServerSettings::default(),
        b: ZpagesOptions {
            endpoint: "127.0.0.1:0".to_owned(),
            expvar: Expvar { enabled: has_expvar },
        },
    };
    let context = context("zpages");
    context.host.overview.send_replace(Arc::new(Overview {
        pipelines: vec![PipelineOverview {
            id: "traces/a&b".parse().unwrap(),
            receivers: vec!["otlp".parse().unwrap()],
            processors: vec!["batch".parse().unwrap()],
            exporters: vec!["otlp_grpc/2".parse().unwrap()],
        }],
        extensions: vec!["zpages".parse().unwrap()],
    }));
    let extension = Zpages::build(config, context).unwrap();
    extension.start().await.unwrap();
    extension
}

#[tokio::test]
async fn pages_show_build_pipelines_and_extensions() {
    let extension = started(false).await;
    let address = extension.server.address();
    let (status, service) = page(&address, "/debug/servicez").await;
    assert_eq!(status, 200);
    assert!(service.contains("<td>Version</td><td>1.2.3</td>"), "{service}");

    let (_, pipelines) = page(&address, "/debug/pipelinez").await;
    for part in ["traces/a&amp;b</a>", ">otlp</a>", ">batch</a>", ">otlp_grpc/2</a>"] {
        assert!(pipelines.contains(part), "{part} is not in {pipelines}");
    }
    let link = "/debug/pipelinez?pipelinenamez=traces/a%26b&componentnamez=otlp_grpc%2F2\
                &componentkindz=exporter";
    let (_, component) = page(&address, link).await;
    assert!(component.contains("<h2>otlp_grpc/2</h2>"), "{component}");

    let (_, extensions) = page(&address, "/debug/extensionz").await;
    assert!(extensions.contains("<td>zpages</td>"), "{extensions}");
    assert_eq!(page(&address, "/debug/featurez").await.0, 200);
}

#[tokio::test]
async fn pages_that_are_not_there_are_not_found() {
    let extension = started(false).await;
    let address = extension.server.address();
    for path in ["/", "/debug/tracez", "/debug/expvarz"] {
        assert_eq!(page(&address, path).await.0, 404, "{path}");
    }
}

#[tokio::test]
async fn variables_are_there_when_asked_for() {
    let extension = started(true).await;
    let (status, body) = page(&extension.server.address(), "/debug/expvarz").await;
    assert_eq!(status, 200);
    let body: serde_json::Value = serde_json::from_str(&body).unwrap();
    assert!(body["cmdline"].is_array());
}

#[test]
fn an_empty_endpoint_is_an_error() {
    let mut issues = Issues::default();
    let options = ZpagesOptions { endpoint: String::new(), ..ZpagesOptions::default() };
    ZpagesConfig { a: HttpServerSettings::default(), b: options }.validate(&mut issues);
    assert_eq!(issues.list.len(), 1);
}

#[test]
fn keys_are_read_from_yaml() {
    let yaml = "endpoint: localhost:55679\nexpvar: {enabled: true}\n";
    let config: ZpagesConfig = crate::testing::settings::read(yaml).unwrap();
    assert_eq!(config.b.endpoint, "localhost:55679");
    assert!(config.b.expvar.enabled);
    assert!(crate::testing::settings::read::<ZpagesConfig>("expvars: {}").is_err());
}
