use super::*;

fn queues(bytes: u64) -> Queues {
    let stores = vec!["exporter_otlp__traces.queue".to_owned()];
    Queues { names: vec!["exporter \"otlp\" for traces".to_owned()], stores, bytes }
}

#[test]
fn a_queue_larger_than_its_file_system_is_told() {
    let directory = tempfile::tempdir().unwrap();
    assert_eq!(shortage(directory.path(), &queues(1)), None);
    let message = shortage(directory.path(), &queues(u64::MAX)).unwrap();
    assert!(message.starts_with("the queue of exporter \"otlp\" for traces may hold"), "{message}");
    assert!(message.contains(&directory.path().display().to_string()), "{message}");
}

#[test]
fn what_a_queue_holds_already_is_room_it_has() {
    let directory = tempfile::tempdir().unwrap();
    let store = directory.path().join("exporter_otlp__traces.queue");
    fs::create_dir(&store).unwrap();
    fs::write(store.join("0.segment"), [0; 1000]).unwrap();
    assert_eq!(occupied(&store), 1000);
    assert_eq!(occupied(&directory.path().join("absent")), 0);
}

#[test]
fn a_directory_that_cannot_be_asked_is_no_shortage() {
    assert_eq!(shortage(Path::new("/no/such/directory"), &queues(u64::MAX)), None);
}
