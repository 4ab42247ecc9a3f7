use super::*;

#[test]
fn a_second_taker_waits_and_is_refused() {
    let directory = tempfile::tempdir().unwrap();
    let first = DirectoryLock::take(directory.path(), Duration::ZERO).unwrap();
    let refused = DirectoryLock::take(directory.path(), Duration::from_millis(60)).unwrap_err();
    assert!(refused.to_string().ends_with("is in use by another process"), "{refused}");
    drop(first);
    DirectoryLock::take(directory.path(), Duration::ZERO).unwrap();
}
