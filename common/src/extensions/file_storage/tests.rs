use std::{fs, os::unix::fs::PermissionsExt as _, path::Path};

use super::*;
use crate::{
    component::{Kind, registry::check_settings},
    signal::Signal,
    testing::{
        context,
        settings::{findings, lines, node, read},
    },
};

#[track_caller]
fn check(yaml: &str, expected: &str) {
    assert_eq!(findings::<FileStorageConfig>(yaml).unwrap(), expected, "{yaml}");
}

fn built(yaml: &str) -> FileStorage {
    let context = context(Kind::Extension, "file_storage", Signal::Traces);
    FileStorage::build(read(yaml).unwrap(), context).unwrap()
}

async fn failure(yaml: &str) -> String {
    let error = built(yaml).start().await.unwrap_err();
    let cause = error.source.as_ref().map(|cause| format!(": {cause}"));
    format!("{error}{}", cause.unwrap_or_default())
}

fn mode(path: &Path) -> u32 {
    fs::metadata(path).unwrap().permissions().mode() & 0o777
}

#[test]
fn defaults_are_upstreams_but_for_fsync() {
    let storage = built("{}").storage().unwrap();
    assert_eq!(storage.directory, Path::new("/var/lib/otelcol/file_storage"));
    assert_eq!(storage.lock_timeout, std::time::Duration::from_secs(1));
    assert!(storage.is_synced);
    assert_eq!(storage.max_bytes, None);
    let storage = built("{fsync: false, max_size: 1000}").storage().unwrap();
    assert_eq!((storage.is_synced, storage.max_bytes), (false, Some(1000)));
    let checked = check_settings::<FileStorageConfig>(&node("{}").unwrap(), "");
    assert_eq!(checked.effective.unwrap()["fsync"], true, "print-config shows what applies");
}

#[test]
fn every_key_of_upstream_is_accepted() {
    check(
        "{directory: /a, timeout: 2s, fsync: true, create_directory: true, directory_permissions: '0700', \
         max_size: 0, recreate: false, compaction: {on_start: false, on_rebound: false, \
         directory: /var/lib/otelcol/file_storage, rebound_needed_threshold_mib: 100, \
         rebound_trigger_threshold_mib: 10, max_transaction_size: 65_536, check_interval: 5s, \
         cleanup_on_start: false}}",
        "",
    );
}

#[test]
fn what_has_no_effect_here_is_explained_once() {
    check(
        "{compaction: {on_start: true, directory: /no/such}, recreate: true}",
        "compaction: has no effect: files are deleted as the queue drains, so there is nothing to compact; no \
         directory is needed for it\n\
         recreate: has no effect: a damaged record is set aside and counted, and never keeps the collector \
         from starting",
    );
}

#[test]
fn values_that_make_no_sense_are_refused() {
    check(
        "{directory: ''}",
        "directory: must not be empty; the default is /var/lib/otelcol/file_storage",
    );
    check("{timeout: -1s}", "timeout: must not be negative, got -1s");
    check("{max_size: -1}", "max_size: must not be negative, got -1; 0 is no limit");
    check(
        "{create_directory: true, directory_permissions: 'rwx'}",
        "directory_permissions: directory_permissions value must be a valid octal representation such as \
         \"0750\", got \"rwx\"",
    );
    check(
        "{create_directory: true, directory_permissions: '7777'}",
        "directory_permissions: directory_permissions contain invalid bits for file access, expected at most \
         \"0777\", got \"7777\"",
    );
    check("{directory_permissions: 'rwx'}", "");
    let compaction = |yaml: &str, expected: &str| {
        let checked = check_settings::<FileStorageConfig>(&node(yaml).unwrap(), "");
        let errors: Vec<_> =
            checked.findings.into_iter().filter(|found| found.is_error()).collect();
        assert!(lines(&errors).ends_with(expected), "{}", lines(&errors));
    };
    compaction(
        "{compaction: {max_transaction_size: -1}}",
        "max transaction size for compaction cannot be less than 0",
    );
    compaction(
        "{compaction: {on_rebound: true, check_interval: 0s}}",
        "compaction check interval must be positive when rebound compaction is set",
    );
    compaction(
        "{max_size: 20000000, compaction: {on_rebound: true}}",
        "rebound_needed_threshold_mib of 100 MiB must not exceed max_size of 20000000 bytes",
    );
}

#[tokio::test]
async fn a_missing_directory_is_an_error_that_names_the_way_out() {
    assert_eq!(
        failure("{directory: /no/such/directory}").await,
        "directory must exist: stat /no/such/directory: no such file or directory. You can enable the \
         create_directory option to automatically create it"
    );
}

#[tokio::test]
async fn a_file_is_not_a_directory() {
    let file = tempfile::NamedTempFile::new().unwrap();
    let path = file.path().display();
    let expected = format!("{path} is not a directory");
    assert_eq!(failure(&format!("{{directory: {path}}}")).await, expected);
    assert_eq!(failure(&format!("{{directory: {path}, create_directory: true}}")).await, expected);
}

#[tokio::test]
async fn a_directory_is_made_with_its_parents_and_permissions() {
    let parent = tempfile::tempdir().unwrap();
    let directory = parent.path().join("a/b");
    let yaml = format!("{{directory: {}, create_directory: true}}", directory.display());
    built(&yaml).start().await.unwrap();
    assert_eq!(mode(&directory) & !0o750, 0);
    assert!(fs::read_dir(&directory).unwrap().next().is_none(), "nothing is left in it");
    built(&yaml).start().await.unwrap();
}

#[tokio::test]
async fn a_directory_that_cannot_be_made_is_told_with_its_cause() {
    let file = tempfile::NamedTempFile::new().unwrap();
    let directory = file.path().join("inside");
    let yaml = format!("{{directory: {}, create_directory: true}}", directory.display());
    let message = failure(&yaml).await;
    assert!(message.starts_with("cannot create the directory"), "{message}");
    assert!(message.contains("Not a directory"), "{message}");
}

#[tokio::test]
async fn a_directory_that_takes_no_files_is_told() {
    // Nobody can write here, not even root.
    let message = failure("{directory: /proc}").await;
    assert!(message.starts_with("cannot write in the directory /proc; the user"), "{message}");
}
