//! What a collector writes is its owner's alone, and it needs neither a user's name nor a writable root.

use std::{fs::DirBuilder, os::unix::fs::DirBuilderExt as _, path::Path};

use common::signal::Signal;
use tests::{
    backend::{Answer, Backend},
    client::{self, Grpc},
    collector::{COMBINED, Collector, Setup, binary_path, free_address},
    files,
    otlp::samples,
    pki::Folder,
    wait,
};
use tokio::process::Command;

use crate::secured::Secured;

/// A collector that writes all kinds of files below a folder.
fn writing_config(folder: &Path, backend: &Backend) -> String {
    let at = |name: &str| folder.join(name).display().to_string();
    let queued = format!(
        "{{endpoint: '{}', tls: {{insecure: true}}, sending_queue: {{storage: file_storage}}, \
         retry_on_failure: {{initial_interval: 50ms, max_interval: 100ms}}}}",
        backend.address
    );
    let file = format!("{{path: {}, flush_interval: 50ms}}", at("out.json"));
    let rotated = format!(
        "{{path: {}, flush_interval: 50ms, create_directory: true, directory_permissions: '0700', \
         rotation: {{max_megabytes: 1}}}}",
        at("rotated/out.json")
    );
    let profile = at("cpu.pprof");
    Secured::new()
        .extension(
            "file_storage",
            &format!("{{directory: {}, create_directory: true}}", at("queue")),
        )
        .extension("pprof", &format!("{{endpoint: '{}', save_to_file: {profile}}}", free_address()))
        .exporter("otlp_grpc", &queued)
        .exporter("file", &file)
        .exporter("file/rotated", &rotated)
        .telemetry(&format!("{{logs: {{output_paths: [stderr, {}]}}}}", at("own.log")))
        .yaml()
}

async fn export(collector: &Collector, items: usize) {
    let grpc = Grpc::connect(collector.grpc().await).await.unwrap();
    let request = samples::request(Signal::Traces, items);
    assert!(grpc.export(Signal::Traces, &request).await.unwrap().is_ok());
}

fn assert_owner_only(folder: &Path) {
    let modes = files::modes(folder);
    assert!(modes.len() > 6, "few files: {modes:?}");
    for (path, mode) in modes {
        // The group may list the directory of a `file_storage`, as upstream has it, and read nothing.
        let is_closed = if path.is_dir() { [0o700, 0o750].contains(&mode) } else { mode == 0o600 };
        assert!(is_closed, "{} has {mode:o}", path.display());
    }
}

#[tokio::test]
async fn files_are_the_owners_alone_whatever_the_umask() {
    let (backend, folder) = (Backend::start().await, Folder::new());
    backend.answer(Answer::UNAVAILABLE);
    let state = folder.path("state");
    DirBuilder::new().mode(0o700).create(&state).unwrap();
    let config = writing_config(&state, &backend);
    let open = ["sh", "-c", "umask 000; exec \"$@\"", "sh"];
    let mut collector = Setup::new(COMBINED).config(&config).within(&open).start().await;
    // More than a megabyte, so that a file is rotated.
    for _ in 0..8 {
        export(&collector, 1000).await;
    }
    wait::until_true("the files to be written", || {
        ["out.json", "own.log"]
            .iter()
            .all(|name| std::fs::metadata(state.join(name)).is_ok_and(|file| file.len() > 0))
    })
    .await;
    assert_owner_only(&state);
    assert_eq!(collector.stop().await.code(), Some(0));
    assert_owner_only(&state);
    // And what a second start finds and writes.
    backend.answer(Answer::Ok);
    let again = Setup::new(COMBINED).config(&config).within(&open).start().await;
    backend.items_reach(Signal::Traces, 8000).await;
    again.balanced_books().await;
    assert_owner_only(&state);
}

/// Mounts a small writable place and nothing else, and goes on as nobody in particular.
const READ_ONLY: &str = "mount -t tmpfs -o mode=700,uid=10001,gid=10001 tmpfs \"$STATE\" && \
    mount -o remount,bind,ro / && ! touch /written 2>/dev/null && \
    exec setpriv --reuid 10001 --regid 10001 --clear-groups --no-new-privs \"$@\"";

async fn can_be_anybody() -> bool {
    let probe = "unshare --mount true && setpriv --reuid 10001 --clear-groups true";
    Command::new("sh").args(["-c", probe]).status().await.is_ok_and(|status| status.success())
}

#[tokio::test]
async fn it_runs_as_any_user_on_a_read_only_root() {
    if !can_be_anybody().await {
        eprintln!("passed over: only root may become another user; `.ci/run` runs as root");
        return;
    }
    let (backend, folder) = (Backend::start().await, Folder::new());
    let state = folder.path("state");
    std::fs::create_dir(&state).unwrap();
    let config = folder.write("config.yaml", &writing_config(&state, &backend));
    // Another user may read and run what is in the folder, wherever the workspace is.
    std::fs::copy(binary_path(COMBINED), folder.path("collector")).unwrap();
    let open = Command::new("chmod").args(["-R", "a+rX"]).arg(folder.root()).status().await;
    assert!(open.unwrap().success());
    let binary = folder.path("collector").display().to_string();
    let shell = format!("shift; set -- {binary} \"$@\"; {READ_ONLY}");
    let mut collector = Setup::new(COMBINED)
        .within(&["unshare", "--mount", "--propagation=private", "sh", "-c", &shell, "sh"])
        .env("STATE", &state.display().to_string())
        .arg(&format!("--config={}", config.display()))
        .start()
        .await;
    let status = std::fs::read_to_string(format!("/proc/{}/status", collector.pid())).unwrap();
    assert!(status.contains("Uid:\t10001\t10001\t10001\t10001"), "{status}");
    export(&collector, 10).await;
    backend.items_reach(Signal::Traces, 10).await;
    // The small place is seen through the process that it belongs to.
    let seen = format!("/proc/{}/root{}", collector.pid(), state.display());
    wait::until_true("the file to be written", || {
        std::fs::metadata(format!("{seen}/out.json")).is_ok_and(|file| file.len() > 0)
    })
    .await;
    assert_owner_only(Path::new(&seen));
    assert_eq!(collector.stop().await.code(), Some(0), "{}", collector.logs().text());
}

/// A profile that cannot be taken is an answer, not an end.
#[tokio::test]
async fn a_profile_does_not_end_a_collector() {
    let address = free_address();
    let config = Secured::new()
        .extension("pprof", &format!("{{endpoint: '{address}'}}"))
        .exporter("nop", "{}");
    let setup = Setup::new(COMBINED).config(&config.yaml()).env("TMPDIR", "/nowhere");
    let mut collector = setup.start().await;
    let reply = client::get(address, "/debug/pprof/profile?seconds=1").await.unwrap();
    assert!([200, 500, 503].contains(&reply.status), "{}", reply.status);
    assert!(collector.is_running());
}
