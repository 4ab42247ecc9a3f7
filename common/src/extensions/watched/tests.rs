use std::{fs::File, time::SystemTime};

use tempfile::TempDir;

use super::*;

fn folder(files: &[(&str, &str)]) -> TempDir {
    let folder = tempfile::tempdir().unwrap();
    for (name, text) in files {
        fs::write(folder.path().join(name), text).unwrap();
    }
    folder
}

fn joined(folder: &TempDir, names: &[&str]) -> Arc<Watched<String>> {
    let files = names.iter().map(|name| folder.path().join(name)).collect();
    Watched::new(files, |texts| {
        let joined = texts.iter().map(Secret::reveal).collect::<Vec<_>>().join("|");
        if joined.contains("bad") { Err("bad text".to_owned()) } else { Ok(joined) }
    })
}

fn current(watched: &Arc<Watched<String>>) -> String {
    watched.current().unwrap().to_string()
}

#[tokio::test]
async fn texts_are_read_in_order_and_again_after_a_change() {
    let folder = folder(&[("a", "one"), ("b", "two")]);
    let watched = joined(&folder, &["a", "b"]);
    assert!(watched.current().is_none());
    watched.load().await.unwrap();
    assert_eq!(current(&watched), "one|two");
    assert!(!watched.refresh().await, "nothing has changed");
    // The same length, within the same second.
    fs::write(folder.path().join("b"), "six").unwrap();
    assert!(watched.refresh().await);
    assert_eq!(current(&watched), "one|six");
    assert!(watched.refresh().await, "those who were refused a moment ago had the old text");
}

#[tokio::test]
async fn a_settled_file_is_not_read_again_until_it_changes() {
    let folder = folder(&[("a", "one")]);
    let path = folder.path().join("a");
    let old = SystemTime::now() - Duration::from_secs(60);
    File::options().write(true).open(&path).unwrap().set_modified(old).unwrap();
    let watched = joined(&folder, &["a"]);
    watched.load().await.unwrap();
    let before = watched.current().unwrap();
    watched.look().await;
    assert!(Arc::ptr_eq(&before, &watched.current().unwrap()));
    // As Kubernetes does it: the path leads to another file, which may be older.
    let other = folder.path().join("other");
    fs::write(&other, "two").unwrap();
    File::options().write(true).open(&other).unwrap().set_modified(old).unwrap();
    fs::rename(&other, &path).unwrap();
    watched.look().await;
    assert_eq!(current(&watched), "two");
}

#[tokio::test]
async fn what_cannot_be_read_leaves_what_was() {
    let folder = folder(&[("a", "one")]);
    let path = folder.path().join("a");
    let watched = joined(&folder, &["a"]);
    watched.load().await.unwrap();
    fs::remove_file(&path).unwrap();
    assert!(watched.look().await.unwrap().contains("No such file"));
    fs::write(&path, "bad").unwrap();
    assert_eq!(watched.look().await.unwrap(), "bad text");
    assert_eq!(current(&watched), "one");
    fs::write(&path, "two").unwrap();
    assert_eq!(watched.look().await, None);
    assert_eq!(current(&watched), "two");
}

#[tokio::test]
async fn a_start_fails_with_the_path_and_the_reason() {
    let folder = folder(&[]);
    let error = joined(&folder, &["missing"]).load().await.unwrap_err().to_string();
    assert!(
        error.starts_with("cannot read /") && error.contains("/missing: No such file"),
        "{error}"
    );
    let error = joined(&folder, &["."]).load().await.unwrap_err().to_string();
    assert!(error.ends_with("it is no regular file"), "{error}");
    fs::write(folder.path().join("bytes"), [0xff]).unwrap();
    let error = joined(&folder, &["bytes"]).load().await.unwrap_err().to_string();
    assert!(error.ends_with("it is not UTF-8"), "{error}");
    fs::write(folder.path().join("huge"), vec![b'a'; (1 << 20) + 1]).unwrap();
    let error = joined(&folder, &["huge"]).load().await.unwrap_err().to_string();
    assert!(error.ends_with("it has more than the 1 MiB allowed"), "{error}");
}

#[tokio::test]
async fn a_followed_file_is_read_again_by_itself() {
    let folder = folder(&[("a", "one")]);
    let watched = joined(&folder, &["a"]);
    watched.load().await.unwrap();
    let tasks = Tasks::default();
    watched.follow(&tasks);
    fs::write(folder.path().join("a"), "two").unwrap();
    let deadline = Instant::now() + Duration::from_secs(30);
    while current(&watched) != "two" {
        assert!(Instant::now() < deadline);
        tokio::time::sleep(Duration::from_millis(50)).await;
    }
    assert!(tasks.stop(deadline).await);
}

#[tokio::test]
async fn a_file_is_not_read_while_it_is_being_written() {
    let folder = folder(&[("a", "one")]);
    let path = folder.path().join("a");
    let watched = joined(&folder, &["a"]);
    watched.load().await.unwrap();
    fs::write(&path, "tw").unwrap();
    let write = async {
        tokio::time::sleep(HALF_WRITTEN / 4).await;
        fs::write(&path, "two").unwrap();
    };
    tokio::join!(watched.look(), write);
    assert_eq!(current(&watched), "two");
}
