use std::{os::unix::fs::PermissionsExt, path::Path, time::Duration};

use bytes::Bytes;
use tokio::time::Instant;

use super::{FileExporter, FileExporterConfig, FileFormat, FileRotation, GroupBy};
use crate::{
    component::{Export, Exporter, Kind, Lifecycle},
    net::compression::{Coding, decompress},
    pipeline::{Charge, Payload, Reason},
    settings::{Issues, NoneByDefault, Settings},
    signal::Signal,
    testing::context,
};

fn config(path: &Path) -> FileExporterConfig {
    FileExporterConfig { path: path.to_string_lossy().into_owned(), ..Default::default() }
}

async fn start(config: &FileExporterConfig, signal: Signal) -> FileExporter {
    let context = context(Kind::Exporter, "file", signal);
    let exporter = FileExporter::build(config.clone(), context).unwrap();
    exporter.start().await.unwrap();
    exporter
}

async fn stop(exporter: FileExporter) {
    let deadline = Instant::now() + Duration::from_secs(1);
    exporter.stop(deadline).await;
    exporter.tasks.stop(deadline).await;
}

fn payload(signal: Signal, request: &[u8]) -> Payload {
    Payload::new(signal, Bytes::copy_from_slice(request), 1, Charge::NONE)
}

/// A request of one resource with the attribute `team`.
fn of_team(team: &str) -> Vec<u8> {
    let nest = |number: u8, content: &[u8]| {
        let mut field = vec![number << 3 | 2, u8::try_from(content.len()).unwrap()];
        field.extend_from_slice(content);
        field
    };
    let value = nest(2, &nest(1, team.as_bytes()));
    let pair = [nest(1, b"team"), value].concat();
    nest(1, &nest(1, &nest(1, &pair)))
}

#[tokio::test]
async fn signals_of_one_id_share_a_private_file_of_json_lines() {
    let directory = tempfile::tempdir().unwrap();
    let path = directory.path().join("out.jsonl");
    std::fs::write(&path, "old").unwrap();
    std::fs::remove_file(&path).unwrap();
    let config = config(&path);
    let traces = start(&config, Signal::Traces).await;
    let logs = start(&config, Signal::Logs).await;
    traces.export(payload(Signal::Traces, &[0x0a, 0])).await.unwrap();
    logs.export(payload(Signal::Logs, &[0x0a, 0])).await.unwrap();
    stop(traces).await;
    stop(logs).await;
    let text = std::fs::read_to_string(&path).unwrap();
    let expected =
        "{\"resourceSpans\":[{\"resource\":{}}]}\n{\"resourceLogs\":[{\"resource\":{}}]}\n";
    assert_eq!(text, expected);
    assert_eq!(std::fs::metadata(&path).unwrap().permissions().mode() & 0o777, 0o600);
}

#[tokio::test(start_paused = true)]
async fn flushes_at_the_interval() {
    let directory = tempfile::tempdir().unwrap();
    let path = directory.path().join("out");
    let exporter = start(&config(&path), Signal::Logs).await;
    exporter.export(payload(Signal::Logs, &[0x0a, 0])).await.unwrap();
    assert_eq!(std::fs::metadata(&path).unwrap().len(), 0);
    tokio::time::sleep(Duration::from_millis(1100)).await;
    assert_ne!(std::fs::metadata(&path).unwrap().len(), 0);
    stop(exporter).await;
    let late = exporter_after_stop(&path).await;
    assert!(late);
}

async fn exporter_after_stop(path: &Path) -> bool {
    let exporter = start(&config(path), Signal::Logs).await;
    exporter.stop(Instant::now()).await;
    let rejected = exporter.export(payload(Signal::Logs, &[0x0a, 0])).await.unwrap_err();
    rejected.is_retryable()
}

#[tokio::test]
async fn proto_keeps_unknown_fields_behind_a_length() {
    let directory = tempfile::tempdir().unwrap();
    let path = directory.path().join("out.pb");
    let mut config = config(&path);
    config.format = FileFormat::Proto;
    config.append = true;
    std::fs::write(&path, "old").unwrap();
    let exporter = start(&config, Signal::Logs).await;
    let unknown = [0x0a, 0, 0xf8, 0x07, 1];
    exporter.export(payload(Signal::Logs, &unknown)).await.unwrap();
    stop(exporter).await;
    assert_eq!(std::fs::read(&path).unwrap(), [&b"old\0\0\0\x05"[..], &unknown].concat());

    config.append = false;
    config.compression = "zstd".to_owned();
    let exporter = start(&config, Signal::Logs).await;
    exporter.export(payload(Signal::Logs, &unknown)).await.unwrap();
    stop(exporter).await;
    let written = std::fs::read(&path).unwrap();
    let (length, message) = written.split_at(4);
    assert_eq!(length, u32::try_from(message.len()).unwrap().to_be_bytes());
    assert_eq!(decompress(Coding::Zstd, message, 100).unwrap(), unknown);
}

#[tokio::test]
async fn rotates_at_the_size_and_keeps_so_many_backups() {
    let directory = tempfile::tempdir().unwrap();
    let path = directory.path().join("out.pb");
    std::fs::write(directory.path().join("out-other.pb"), "not ours").unwrap();
    let mut config = config(&path);
    config.format = FileFormat::Proto;
    let rotation = FileRotation { max_megabytes: 1, max_backups: 1, ..Default::default() };
    config.rotation = NoneByDefault::on(rotation);
    let exporter = start(&config, Signal::Logs).await;
    let request = vec![0; 700_000];
    for _ in 0..3 {
        exporter.export(payload(Signal::Logs, &request)).await.unwrap();
        tokio::time::sleep(Duration::from_millis(2)).await;
    }
    stop(exporter).await;
    let names =
        || std::fs::read_dir(directory.path()).unwrap().map(|entry| entry.unwrap().file_name());
    assert_eq!(names().count(), 3, "{:?}", names().collect::<Vec<_>>());
    assert_eq!(std::fs::metadata(&path).unwrap().len(), 700_004);
}

#[tokio::test]
async fn groups_by_a_resource_attribute_without_leaving_the_directory() {
    let directory = tempfile::tempdir().unwrap();
    let mut config = config(&directory.path().join("teams/*.pb"));
    config.format = FileFormat::Proto;
    let group_by = GroupBy { resource_attribute: "team".to_owned(), max_open_files: 1 };
    config.group_by = NoneByDefault::on(group_by);
    let exporter = start(&config, Signal::Logs).await;
    let (blue, red) = (of_team("blue"), of_team("red"));
    let mixed = [blue.as_slice(), &red, &blue].concat();
    exporter.export(payload(Signal::Logs, &mixed)).await.unwrap();
    exporter.export(payload(Signal::Logs, &blue)).await.unwrap();
    let outside = of_team("../../x");
    exporter.export(payload(Signal::Logs, &outside)).await.unwrap();
    let no_name = exporter.export(payload(Signal::Logs, &of_team("\0"))).await;
    assert_eq!(no_name.unwrap_err().reason, Reason::Refused);
    stop(exporter).await;
    let read =
        |team: &str| std::fs::read(directory.path().join(format!("teams/{team}.pb"))).unwrap();
    let length = |message: &[u8]| u32::try_from(message.len()).unwrap().to_be_bytes();
    let twice = [blue.as_slice(), &blue].concat();
    assert_eq!(read("blue"), [&length(&twice)[..], &twice, &length(&blue), &blue].concat());
    assert_eq!(read("x"), [&length(&outside)[..], &outside].concat());
    assert_eq!(read("red"), [&length(&red)[..], &red].concat());
}

#[test]
fn reports_settings_that_do_not_fit_together() {
    let mut config = FileExporterConfig { append: true, ..Default::default() };
    config.compression = "gzip".to_owned();
    config.encoding = "text".to_owned();
    config.directory_permissions = "rwx".to_owned();
    let mut issues = Issues::default();
    config.validate(&mut issues);
    let found: Vec<_> = issues.list.iter().map(|issue| issue.path.as_str()).collect();
    assert_eq!(
        found,
        [
            "path",
            "append",
            "encoding",
            "compression",
            "directory_permissions",
            "directory_permissions"
        ]
    );
}

#[tokio::test]
async fn a_reload_continues_the_file_that_the_old_exporter_still_writes() {
    let directory = tempfile::tempdir().unwrap();
    let path = directory.path().join("out.jsonl");
    std::fs::write(&path, "emptied\n").unwrap();
    let before = config(&path);
    let after =
        FileExporterConfig { flush_interval: crate::settings::Duration::ZERO, ..config(&path) };
    let old = start(&before, Signal::Logs).await;
    old.export(payload(Signal::Logs, &[0x0a, 0])).await.unwrap();
    let new = start(&after, Signal::Traces).await;
    new.export(payload(Signal::Traces, &[0x0a, 0])).await.unwrap();
    stop(old).await;
    new.export(payload(Signal::Traces, &[0x0a, 0])).await.unwrap();
    stop(new).await;
    let text = std::fs::read_to_string(&path).unwrap();
    let count = |word| text.lines().filter(|line| line.contains(word)).count();
    assert_eq!([count("emptied"), count("resourceLogs"), count("resourceSpans")], [0, 1, 2]);
}

#[tokio::test]
async fn two_exporters_share_a_path_only_with_equal_settings() {
    let directory = tempfile::tempdir().unwrap();
    let config = config(&directory.path().join("out.jsonl"));
    let other_id = |config: &FileExporterConfig| {
        let mut context = context(Kind::Exporter, "file", Signal::Logs);
        context.id = "file/other".parse().unwrap();
        FileExporter::build(config.clone(), context).unwrap()
    };
    let first = start(&config, Signal::Logs).await;
    let equal = other_id(&config);
    equal.start().await.unwrap();
    let different = other_id(&FileExporterConfig { append: true, ..config.clone() });
    let error = different.start().await.unwrap_err().to_string();
    assert!(error.contains("exporter \"file\" writes to it with other settings"), "{error}");
    stop(equal).await;
    stop(first).await;
}
