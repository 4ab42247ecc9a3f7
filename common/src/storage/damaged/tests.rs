use super::*;
use crate::storage::DiskFiles;

#[test]
fn copies_are_kept_up_to_a_number_and_a_size() {
    let directory = tempfile::tempdir().unwrap();
    let file = DiskFiles.create(&directory.path().join("file")).unwrap();
    file.set_len(MAX_BYTES + 1000).unwrap();
    let set_aside = |from, to| {
        let bytes = DamagedBytes { file: &*file, name: "file", from, to };
        bytes.set_aside(&DiskFiles, directory.path())
    };
    assert!(set_aside(0, 5));
    assert!(set_aside(0, 5));
    for from in 1..MAX_FILES as u64 - 1 {
        assert!(set_aside(from, from + 1));
    }
    // What is too long is cut, and then there is no room.
    assert!(!set_aside(100, MAX_BYTES + 1000));
    assert!(!set_aside(101, 102));
    let kept = DiskFiles.list(&directory.path().join("damaged")).unwrap();
    let sizes = kept.iter().map(|name| {
        DiskFiles.open(&directory.path().join("damaged").join(name)).unwrap().len().unwrap()
    });
    assert_eq!((kept.len(), sizes.sum()), (MAX_FILES, MAX_BYTES));
}
