//! The command line and the config: sources, expansion, subcommands, exit codes, findings.

use std::time::Duration;

use common::signal::Signal;
use tests::{
    backend::Backend,
    client,
    collector::{COMBINED, Collector, Finished, Setup, free_address, root},
    findings::{self, Finding},
    wait,
};

use crate::configs;

const VALID: &str = "receivers:
  otlp:
    protocols:
      grpc:
processors:
  batch:
exporters:
  debug:
service:
  pipelines:
    traces:
      receivers: [otlp]
      processors: [batch]
      exporters: [debug]
";

/// Six mistakes of six kinds, and where each is.
const SIX_MISTAKES: &str = "receivers:
  otlp:
    protocols:
      gprc:
processors:
  batch:
    timeout: 5 seconds
    send_batch_size: many
  bach:
exporters:
  debug:
    verbosity: loud
service:
  pipelines:
    traces:
      receivers: [otlp]
      processors: [batch]
      exporters: [debug, missing]
";

async fn run(args: &[&str]) -> Finished {
    args.iter().fold(Setup::new(COMBINED), |setup, arg| setup.arg(arg)).run().await
}

async fn validate(config: &str, args: &[&str]) -> Finished {
    let setup = Setup::new(COMBINED).arg("validate").config(config);
    args.iter().fold(setup, |setup, arg| setup.arg(arg)).run().await
}

async fn printed(config: &str, args: &[&str]) -> String {
    let setup = Setup::new(COMBINED).arg("print-config").config(config);
    let output = args.iter().fold(setup, |setup, arg| setup.arg(arg)).run().await;
    assert_eq!(output.code, Some(0), "{}", output.stderr);
    output.stdout
}

#[tokio::test]
async fn a_valid_config_is_silent_and_0() {
    let output = validate(VALID, &[]).await;
    let silent = Finished { code: Some(0), stdout: String::new(), stderr: String::new() };
    assert_eq!(output, silent);
}

#[tokio::test]
async fn all_mistakes_are_told_at_once_with_their_places() {
    let output = validate(SIX_MISTAKES, &[]).await;
    assert_eq!(output.code, Some(1));
    let errors = findings::errors(&output.stderr);
    let has = |line: usize, word: &str| {
        let is_it = |error: &Finding| error.line == line && error.text.contains(word);
        assert!(errors.iter().any(is_it), "no error on line {line} with {word}\n{}", output.stderr);
    };
    has(4, "gprc");
    has(7, "5 seconds");
    has(8, "many");
    has(9, "bach");
    has(12, "loud");
    has(18, "missing");
    assert!(errors.iter().all(|error| error.source.ends_with("config.yaml") && error.column > 0));
    // The nearest valid words.
    for word in ["grpc", "batch"] {
        assert!(output.stderr.contains(&format!("\"{word}\"")), "{word} is not suggested");
    }
}

#[tokio::test]
async fn a_start_with_mistakes_tells_them_and_ends_with_1() {
    let mut collector = Setup::new(COMBINED).config(SIX_MISTAKES).spawn();
    assert_eq!(collector.ended().await.code(), Some(1));
    assert!(collector.logs().text().contains("gprc"));
}

#[tokio::test]
async fn text_that_is_no_yaml_is_told_with_its_place() {
    for config in ["receivers: [", "a: b: c", "- a list", "\tx: 1", "receivers: {otlp: \"\u{1}\"}"]
    {
        let output = validate(config, &[]).await;
        assert_eq!(output.code, Some(1), "{config:?}");
        assert!(!output.stderr.is_empty() && !output.stderr.contains("panicked"), "{config:?}");
    }
}

#[tokio::test]
async fn sources_merge_in_order_and_set_comes_last() {
    let set = "--set=processors.batch.timeout=3s";
    let inline = "--config=yaml:processors::batch::timeout: 2s";
    let text = printed(VALID, &[set, inline]).await;
    assert!(text.contains("timeout: 3s"), "{text}");
    let text = printed(VALID, &[inline]).await;
    assert!(text.contains("timeout: 2s") || text.contains("timeout: 200ms"), "{text}");
}

#[tokio::test]
async fn lists_are_replaced_and_maps_are_merged() {
    let set = "--set=service.pipelines.traces.processors=[]";
    let text = printed(VALID, &[set, "--set=exporters.nop={}"]).await;
    assert!(text.contains("nop") && text.contains("debug"), "{text}");
    assert!(text.contains("processors: []"), "{text}");
}

#[tokio::test]
async fn variables_expand_with_defaults_and_dollars_escape() {
    let config = VALID.replace("  batch:", "  batch:\n    timeout: ${env:WAIT:-7s}");
    assert!(printed(&config, &[]).await.contains("timeout: 7s"));
    let setup = Setup::new(COMBINED).arg("print-config").config(&config).env("WAIT", "9s");
    assert!(setup.run().await.stdout.contains("timeout: 9s"));
    let config = VALID.replace("  debug:", "  file:\n    path: /tmp/$${x}\n  debug:");
    assert!(printed(&config, &[]).await.contains("/tmp/${x}"));
}

#[tokio::test]
async fn a_whole_config_may_come_from_the_environment_or_a_web_server() {
    let setup = Setup::new(COMBINED).arg("validate").arg("--config=env:CONFIG");
    assert_eq!(setup.env("CONFIG", VALID).run().await.code, Some(0));
    let backend = Backend::start().await;
    // The backend answers 404 to this path, and only 200 is a config.
    let output = run(&["validate", &format!("--config=http://{}/config", backend.address)]).await;
    assert_eq!(output.code, Some(1));
    assert!(output.stderr.contains("404"), "{}", output.stderr);
}

#[tokio::test]
async fn a_missing_file_is_named() {
    let output = run(&["validate", "--config=/no/such/file.yaml"]).await;
    assert_eq!(output.code, Some(1));
    assert!(output.stderr.contains("/no/such/file.yaml"), "{}", output.stderr);
}

#[tokio::test]
async fn secrets_are_printed_as_redacted() {
    let config = VALID.replace(
        "  debug:\n",
        "  debug:\n  otlp_grpc:\n    endpoint: a:1\n    headers: {token: s3cret}\n",
    );
    let text = printed(&config, &[]).await;
    assert!(text.contains("[REDACTED]") && !text.contains("s3cret"), "{text}");
}

/// A durable exporter beside another one, in a pipeline with a batch.
fn durable(directory: &str) -> String {
    format!(
        "extensions:
  file_storage:
    directory: {directory}
receivers:
  otlp: {{protocols: {{grpc: {{endpoint: '127.0.0.1:0'}}}}}}
processors:
  batch:
exporters:
  otlp_grpc:
    endpoint: 127.0.0.1:1
    tls: {{insecure: true}}
    sending_queue: {{storage: file_storage}}
  debug:
service:
  extensions: [file_storage]
  pipelines:
    traces: {{receivers: [otlp], processors: [batch], exporters: [otlp_grpc, debug]}}
    logs: {{receivers: [otlp], processors: [batch], exporters: [otlp_grpc]}}
"
    )
}

const WHERE_BATCH_RUNS: [&str; 4] = [
    "pipeline \"traces\": batch runs after the durable queue of exporter \"otlp_grpc\", and before \"debug\"",
    "pipeline \"logs\": batch runs after the durable queue of exporter \"otlp_grpc\"",
    "exporter \"otlp_grpc\" for traces: the queue_size of 1000 requests is 8192000 items, since its queue holds \
     what is not batched yet",
    "exporter \"otlp_grpc\" for logs: the queue_size of 1000 requests is 8192000 items, since its queue holds \
     what is not batched yet",
];

#[tokio::test]
async fn print_config_shows_where_batch_runs_and_what_a_durable_queue_does() {
    let config = durable("/var/lib/otelcol/file_storage");
    let text = printed(&config, &[]).await;
    let comments: String = WHERE_BATCH_RUNS.iter().map(|line| format!("# {line}\n")).collect();
    assert!(text.starts_with(&comments), "{text}");
    let golden = std::fs::read_to_string(root().join("tests/golden/durable.yaml")).unwrap();
    assert_eq!(text, golden);
    let json = Setup::new(COMBINED).arg("print-config").arg("--format=json").config(&config);
    let json = json.run().await;
    assert_eq!(json.stderr.lines().collect::<Vec<_>>(), WHERE_BATCH_RUNS);
    assert!(json.stdout.starts_with('{'), "{}", json.stdout);
}

#[tokio::test]
async fn a_durable_queue_needs_its_directory_and_says_where_batch_runs() {
    let directory = tempfile::TempDir::new().unwrap();
    let absent = directory.path().join("queues").display().to_string();
    let mut collector = Setup::new(COMBINED).config(&durable(&absent)).spawn();
    assert_eq!(collector.ended().await.code(), Some(1));
    let log = collector.logs().text();
    assert!(log.contains("You can enable the create_directory option"), "{log}");
    let config =
        durable(&absent).replace("    directory:", "    create_directory: true\n    directory:");
    let mut collector = Collector::start(&config).await;
    for line in WHERE_BATCH_RUNS {
        assert!(
            collector.logs().find(line, |_| true).is_some(),
            "{line}\n{}",
            collector.logs().text()
        );
    }
    collector.stop().await;
    assert!(std::path::Path::new(&absent).is_dir());
    let foreign = std::path::Path::new(&absent).join("exporter_otlp_grpc__traces");
    std::fs::write(&foreign, "what bbolt writes").unwrap();
    let mut collector = Collector::start(&config).await;
    let log = collector.logs().text();
    assert!(log.contains("this is a queue of the Go collector"), "{log}");
    collector.stop().await;
    assert_eq!(std::fs::read(&foreign).unwrap(), b"what bbolt writes", "it is left alone");
}

#[tokio::test]
async fn components_are_listed_by_kind() {
    let output = run(&["components"]).await;
    assert_eq!(output.code, Some(0));
    for word in [
        "buildinfo",
        "receivers",
        "otlp",
        "batch",
        "memory_limiter",
        "otlp_grpc",
        "otlp_http",
        "debug",
        "forward",
        "health_check",
    ] {
        assert!(output.stdout.contains(word), "no {word} in\n{}", output.stdout);
    }
}

#[tokio::test]
async fn check_dials_every_exporter() {
    let backend = Backend::start().await;
    let config = configs::pass_through(backend.address);
    let output = Setup::new(COMBINED).arg("check").config(&config).run().await;
    assert_eq!(output.code, Some(0), "{}{}", output.stdout, output.stderr);
    assert!(!backend.received().is_empty(), "nothing was sent");
    assert!(Signal::ALL.iter().all(|signal| backend.items(*signal) == 0));
    let absent = free_address();
    let config = configs::pass_through(absent);
    let output = Setup::new(COMBINED).arg("check").config(&config).run().await;
    assert_eq!(output.code, Some(1));
    let all = format!("{}{}", output.stdout, output.stderr);
    assert!(all.contains("otlp_grpc") && all.contains(&absent.to_string()), "{all}");
}

#[tokio::test]
async fn healthcheck_asks_a_running_collector() {
    let health = free_address();
    let config = configs::pass_through(free_address());
    let setup = Setup::new(COMBINED).config(&config);
    let mut collector = setup.env("OTELCOL_DEFAULT_HEALTH", &health.to_string()).start().await;
    let reply = client::get(health, "/").await.unwrap();
    assert_eq!(reply.status, 200);
    assert!(reply.text().contains("Server available"), "{}", reply.text());
    let healthcheck = || Setup::new(COMBINED).arg("healthcheck");
    let asked = healthcheck().env("OTELCOL_DEFAULT_HEALTH", &health.to_string()).run().await;
    assert_eq!(asked.code, Some(0), "{}", asked.stderr);
    collector.stop().await;
    let asked = healthcheck().env("OTELCOL_DEFAULT_HEALTH", &health.to_string()).run().await;
    assert_eq!(asked.code, Some(1));
}

#[tokio::test]
async fn sleep_waits_as_long_as_it_is_told() {
    let begun = tokio::time::Instant::now();
    let finished = run(&["sleep", "1"]).await;
    assert_eq!((finished.code, finished.stdout.as_str()), (Some(0), ""), "{}", finished.stderr);
    assert!(begun.elapsed() >= Duration::from_secs(1), "{:?}", begun.elapsed());
    assert_eq!(run(&["sleep", "soon"]).await.code, Some(2));
}

#[tokio::test]
async fn health_stays_green_under_back_pressure() {
    let health = free_address();
    let sections = format!(
        "extensions:\n  health_check: {{endpoint: '{health}'}}\nprocessors:\n  memory_limiter: \
         {{check_interval: 100ms, limit_mib: 1}}\nexporters: {{nop: }}\n"
    );
    let config = configs::pipelines(&sections, &["memory_limiter"], &["nop"]);
    let config = config.replace("service:\n", "service:\n  extensions: [health_check]\n");
    let collector = Collector::start(&config).await;
    collector.logged("Memory usage is above soft limit. Refusing data.").await;
    assert_eq!(client::get(health, "/").await.unwrap().status, 200);
}

#[tokio::test]
async fn old_spellings_warn_once_with_the_modern_one() {
    let config = VALID.replace("debug", "logging");
    let config = config.replace("grpc:", "grpc: {endpoint: '127.0.0.1:0'}");
    let collector = Collector::start(&config).await;
    let warnings = || {
        let lines = collector.logs().lines();
        let is_it = |line: &&tests::logs::LogLine| {
            line.level == "warn" && line.fields.to_string().contains("logging")
        };
        lines.iter().filter(is_it).count()
    };
    wait::until_true("one warning", || warnings() == 1).await;
}

#[tokio::test]
async fn an_unknown_argument_or_subcommand_is_an_error() {
    for args in [&["--no-such-flag"][..], &["no-such-command"], &["validate", "extra"]] {
        let output = run(args).await;
        assert!(output.code.is_some_and(|code| code != 0), "{args:?}");
        assert!(!output.stderr.is_empty());
    }
    for args in [&["--help"][..], &["--version"]] {
        assert_eq!(run(args).await.code, Some(0));
    }
}
