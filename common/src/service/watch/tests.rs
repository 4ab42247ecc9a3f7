use std::fs;

use super::*;

fn sources(dir: &tempfile::TempDir, names: &[&str]) -> Sources {
    let uris = names.iter().map(|name| dir.path().join(name).display().to_string());
    Sources { uris: uris.collect(), ..Sources::default() }
}

async fn sees(watch: &mut FileWatch, sources: &Sources) -> bool {
    tokio::time::timeout(INTERVAL * 4, watch.changed(sources)).await.is_ok()
}

#[tokio::test]
async fn a_change_of_any_file_is_seen_once() {
    let dir = tempfile::tempdir().unwrap();
    for name in ["a.yaml", "b.yaml"] {
        fs::write(dir.path().join(name), "one").unwrap();
    }
    let sources = sources(&dir, &["a.yaml", "b.yaml"]);
    let mut watch = FileWatch::default();
    watch.look(&sources).await;
    fs::write(dir.path().join("b.yaml"), "two").unwrap();
    assert!(sees(&mut watch, &sources).await, "a change before the first wait counts");
    tokio::time::pause();
    assert!(!sees(&mut watch, &sources).await);
}
