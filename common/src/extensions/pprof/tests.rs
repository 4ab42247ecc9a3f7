use std::{io::Read, sync::MutexGuard};

use flate2::read::GzDecoder;

use super::*;
use crate::{
    extensions::page_server::tests::{context, get, page},
    wire::reader::Fields,
};

/// Profiles are the process's, and so are the tests of it.
pub(super) fn alone() -> MutexGuard<'static, ()> {
    static ALONE: std::sync::Mutex<()> = std::sync::Mutex::new(());
    ALONE.lock().unwrap_or_else(std::sync::PoisonError::into_inner)
}

fn built(save_to_file: String) -> Pprof {
    let endpoint = "127.0.0.1:0".to_owned();
    let config = PprofConfig { endpoint, save_to_file, ..PprofConfig::default() };
    Pprof::build(config, context("pprof")).unwrap()
}

fn soon() -> Instant {
    Instant::now() + std::time::Duration::from_secs(30)
}

fn gunzipped(bytes: &[u8]) -> Vec<u8> {
    let mut out = Vec::new();
    GzDecoder::new(bytes).take(1 << 26).read_to_end(&mut out).unwrap();
    out
}

/// How often each field of the profile is there.
fn fields(profile: &[u8], number: u32) -> usize {
    let mut fields = Fields::new(profile);
    let mut count = 0;
    while let Some(field) = fields.read().unwrap() {
        count += usize::from(field.number == number);
    }
    count
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
#[expect(clippy::await_holding_lock, reason = "the lock keeps other tests out, not tasks")]
async fn a_profile_over_http_is_gzipped_protobuf_with_samples() {
    let _alone = alone();
    let extension = built(String::new());
    extension.start().await.unwrap();
    let address = extension.server.address();
    let busy = tokio::task::spawn_blocking(|| {
        let start = Instant::now();
        let mut sum = 0_u64;
        while start.elapsed() < std::time::Duration::from_millis(900) {
            sum = std::hint::black_box(sum.wrapping_mul(31).wrapping_add(7));
        }
        sum
    });
    let (head, body) = get(&address, "/debug/pprof/profile?seconds=1").await;
    busy.await.unwrap();
    assert!(head.starts_with("HTTP/1.1 200"), "{head}");
    let profile = gunzipped(&body);
    assert_eq!(fields(&profile, 1), 2, "sample types");
    assert!(fields(&profile, 2) > 0, "samples");
    assert!(fields(&profile, 4) > 0, "locations");
    assert!(fields(&profile, 5) > 0, "functions");
    extension.stop(soon()).await;
}

#[tokio::test]
#[expect(clippy::await_holding_lock, reason = "the lock keeps other tests out, not tasks")]
async fn pages_say_what_there_is_and_what_is_not() {
    let _alone = alone();
    let extension = built(String::new());
    extension.start().await.unwrap();
    let address = extension.server.address();
    for (path, status) in [
        ("/debug/pprof/", 200),
        ("/debug/pprof/cmdline", 200),
        ("/debug/pprof/symbol", 200),
        ("/debug/pprof/threadcreate?debug=1", 200),
        ("/debug/pprof/goroutine?debug=2", 501),
        ("/debug/pprof/nothing", 404),
        ("/", 404),
        ("/debug/pprof/profile?seconds=4000", 400),
    ] {
        assert_eq!(page(&address, path).await.0, status, "{path}");
    }
    let (head, _) = get(&address, "/debug/pprof/heap").await;
    assert!(head.starts_with("HTTP/1.1 200") || head.starts_with("HTTP/1.1 501"), "{head}");
    extension.stop(soon()).await;
}

#[tokio::test]
#[expect(clippy::await_holding_lock, reason = "the lock keeps other tests out, not tasks")]
async fn a_second_instance_does_not_start_until_the_first_stops() {
    let _alone = alone();
    let (first, second) = (built(String::new()), built(String::new()));
    first.start().await.unwrap();
    assert_eq!(
        second.start().await.unwrap_err().to_string(),
        "only a single pprof extension instance can be running per process"
    );
    first.stop(soon()).await;
    second.start().await.unwrap();
    second.stop(soon()).await;
}

#[tokio::test]
#[expect(clippy::await_holding_lock, reason = "the lock keeps other tests out, not tasks")]
async fn the_profile_of_the_run_is_saved_for_its_owner_only() {
    let _alone = alone();
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("cpu.pprof");
    std::fs::write(&path, "old").unwrap();
    let extension = built(path.display().to_string());
    extension.start().await.unwrap();
    let (status, body) = page(&extension.server.address(), "/debug/pprof/profile?seconds=1").await;
    assert_eq!((status, body.contains("already in use")), (500, true), "{body}");
    extension.stop(soon()).await;
    assert_eq!(std::fs::metadata(&path).unwrap().permissions().mode() & 0o777, 0o600);
    assert_eq!(fields(&gunzipped(&std::fs::read(&path).unwrap()), 1), 2);
}

#[test]
fn profiles_that_only_go_has_warn() {
    let config = PprofConfig { mutex_profile_fraction: 1, ..PprofConfig::default() };
    let mut issues = Issues::default();
    config.validate(&mut issues);
    assert!(issues.list[0].is_warning);
    assert_eq!(issues.list[0].path, "mutex_profile_fraction");
}

#[test]
fn keys_are_read_from_yaml() {
    let yaml = "endpoint: localhost:1777\nblock_profile_fraction: 0\nsave_to_file: /tmp/cpu\n\
                dialer: {timeout: 1s}\n";
    let config: PprofConfig = crate::testing::settings::read(yaml).unwrap();
    assert_eq!(config.save_to_file, "/tmp/cpu");
    assert!(config.dialer.is_some());
    assert!(crate::testing::settings::read::<PprofConfig>("save_to: x").is_err());
}
