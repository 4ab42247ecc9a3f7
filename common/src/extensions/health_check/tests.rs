use super::*;
use crate::extensions::page_server::tests::{context, get, page};

fn config(options: HealthCheckOptions) -> HealthCheckConfig {
    Both {
        a: HttpServerSettings::default(),
        b: HealthCheckOptions { endpoint: "127.0.0.1:0".to_owned(), ..options },
    }
}

async fn started(options: HealthCheckOptions) -> HealthCheck {
    let extension = HealthCheck::build(config(options), context("health_check")).unwrap();
    extension.start().await.unwrap();
    extension
}

fn issues(options: HealthCheckOptions) -> Vec<(String, bool)> {
    let mut issues = Issues::default();
    config(options).validate(&mut issues);
    issues.list.into_iter().map(|issue| (issue.path, issue.is_warning)).collect()
}

#[tokio::test]
async fn readiness_decides_and_every_path_answers() {
    let extension = started(HealthCheckOptions::default()).await;
    let address = extension.server.address();
    let expected =
        r#"{"status":"Server not available","upSince":"0001-01-01T00:00:00Z","uptime":""}"#;
    assert_eq!(page(&address, "/").await, (503, expected.to_owned()));

    extension.context.host.readiness.send_replace(true);
    let (status, body) = page(&address, "/anything").await;
    assert_eq!(status, 200);
    let body: Value = serde_json::from_str(&body).unwrap();
    assert_eq!(body["status"], "Server available");
    let since = OffsetDateTime::parse(body["upSince"].as_str().unwrap(), &Rfc3339);
    assert!(since.is_ok(), "{body}");
    assert!(body["uptime"].as_str().unwrap().ends_with('s'));
    assert!(get(&address, "/").await.0.contains("content-type: application/json"));

    extension.context.host.readiness.send_replace(false);
    assert_eq!(page(&address, "/").await, (503, expected.to_owned()));
    extension.stop(Instant::now() + std::time::Duration::from_secs(5)).await;
    assert!(tokio::net::TcpStream::connect(&address).await.is_err());
}

#[tokio::test]
async fn a_path_of_its_own_matches_exactly_and_bodies_are_as_written() {
    let extension = started(HealthCheckOptions {
        path: "/health/status".to_owned(),
        response_body: Some(ResponseBody {
            healthy: "up".to_owned(),
            unhealthy: "down".to_owned(),
        }),
        ..HealthCheckOptions::default()
    })
    .await;
    let address = extension.server.address();
    assert_eq!(page(&address, "/health/status").await, (503, "down".to_owned()));
    extension.context.host.readiness.send_replace(true);
    assert_eq!(page(&address, "/health/status?x=y").await, (200, "up".to_owned()));
    assert_eq!(page(&address, "/").await.0, 404);
    assert_eq!(page(&address, "/health/status/").await.0, 404);
}

#[test]
fn what_has_no_effect_warns_and_what_is_not_there_is_an_error() {
    assert_eq!(issues(HealthCheckOptions::default()), []);
    let checked = CheckCollectorPipeline { enabled: true, ..CheckCollectorPipeline::default() };
    assert_eq!(
        issues(HealthCheckOptions {
            check_collector_pipeline: checked,
            path: "health".to_owned(),
            grpc: Some(Value::Null),
            use_v2: true,
            ..HealthCheckOptions::default()
        }),
        [
            ("path".to_owned(), false),
            ("check_collector_pipeline".to_owned(), true),
            ("use_v2".to_owned(), false),
            ("grpc".to_owned(), false),
        ]
    );
}

#[test]
fn keys_of_the_server_and_its_own_stand_in_one_map() {
    let yaml = "endpoint: 0.0.0.0:13133\npath: /health\nresponse_body: {healthy: ok}\n\
                check_collector_pipeline: {enabled: false, interval: 5m}\nidle_timeout: 10s\n";
    let config: HealthCheckConfig = crate::testing::settings::read(yaml).unwrap();
    assert_eq!(config.b.endpoint, "0.0.0.0:13133");
    assert_eq!(config.b.path, "/health");
    assert_eq!(config.a.idle_timeout, Duration::from_secs(10));
    let error = crate::testing::settings::read::<HealthCheckConfig>("pathh: /health").unwrap_err();
    assert!(error.contains("pathh"), "{error}");
}
