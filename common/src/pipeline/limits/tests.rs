use std::path::Path;

use super::*;

const MIB: u64 = 1 << 20;

fn files(tree: &[(&str, &str)]) -> (tempfile::TempDir, MemoryFiles) {
    let root = tempfile::tempdir().unwrap();
    let machine = ("proc/meminfo", "MemTotal:        8388608 kB\nMemFree: 1 kB\n");
    for (path, text) in tree.iter().chain([&machine]) {
        let path = root.path().join(path);
        fs::create_dir_all(path.parent().unwrap_or(Path::new("/"))).unwrap();
        fs::write(path, text).unwrap();
    }
    let files = MemoryFiles::under(root.path());
    (root, files)
}

#[test]
fn reads_a_version_2_limit() {
    let (_root, files) =
        files(&[("proc/self/cgroup", "0::/\n"), ("sys/fs/cgroup/memory.max", "268435456\n")]);
    assert_eq!(files.container_limit(), Some(256 * MIB));
    assert_eq!(files.default_budget(), Some(256 * MIB / 100 * 75));
}

#[test]
fn the_smallest_limit_on_the_way_up_holds() {
    let (_root, files) = files(&[
        ("proc/self/cgroup", "0::/kubepods/pod1/c1\n"),
        ("sys/fs/cgroup/kubepods/pod1/c1/memory.max", "max\n"),
        ("sys/fs/cgroup/kubepods/pod1/memory.max", "134217728\n"),
        ("sys/fs/cgroup/kubepods/memory.max", "1073741824\n"),
    ]);
    assert_eq!(files.total(), Some(128 * MIB));
}

#[test]
fn a_version_2_group_outside_the_own_view_has_the_limit_at_its_root() {
    for path in ["/../../kubepods/pod1/c1", "/system.slice/docker-1.scope"] {
        let (_root, files) = files(&[
            ("proc/self/cgroup", &format!("0::{path}\n")),
            ("sys/fs/cgroup/memory.max", "67108864\n"),
        ]);
        assert_eq!(files.container_limit(), Some(64 * MIB));
        assert_eq!(files.default_budget(), Some(32 * MIB));
    }
}

#[test]
fn reads_a_version_1_limit() {
    let (_root, files) = files(&[
        ("proc/self/cgroup", "11:cpu,cpuacct:/\n5:memory:/docker/abc\n0::/\n"),
        ("sys/fs/cgroup/memory/memory.limit_in_bytes", "67108864\n"),
    ]);
    assert_eq!(files.total(), Some(64 * MIB));
}

#[test]
fn no_limit_leaves_the_machine() {
    for (path, text) in [
        ("sys/fs/cgroup/memory.max", "max\n"),
        ("sys/fs/cgroup/memory/memory.limit_in_bytes", "9223372036854771712\n"),
    ] {
        let (_root, files) = files(&[("proc/self/cgroup", "5:memory:/\n0::/\n"), (path, text)]);
        assert_eq!(files.container_limit(), None);
        assert_eq!(files.total(), Some(8192 * MIB));
        assert_eq!(files.default_budget(), Some(2048 * MIB / 100 * 75));
    }
}

#[test]
fn reads_this_process() {
    assert!(MemoryFiles::default().resident().unwrap() > MIB);
    assert!(MemoryFiles::default().total().unwrap() > MIB);
}

#[test]
fn a_small_container_keeps_room_for_what_is_no_telemetry() {
    for (limit, budget) in [(16, 4), (40, 10), (48, 16), (64, 32), (96, 64), (128, 96)] {
        let text = (limit * MIB).to_string();
        let (_root, files) =
            files(&[("proc/self/cgroup", "0::/\n"), ("sys/fs/cgroup/memory.max", &text)]);
        let found = files.default_budget().unwrap();
        assert!(found <= budget * MIB && found > budget * MIB - 100, "{limit}: {found}");
    }
}
