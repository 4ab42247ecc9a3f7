//! What the fuzzer has found worth keeping goes through the fuzz targets again, without a fuzzer.

use std::{collections::BTreeSet, fs, path::PathBuf};

use tests::collector::root;

#[expect(unreachable_pub, reason = "it is a library elsewhere")]
#[path = "../../fuzz/src/lib.rs"]
mod fuzz;

const MAX_FILES: usize = 60;
const MAX_BYTES: usize = 100 << 10;

fn corpus(target: &str) -> Vec<(PathBuf, Vec<u8>)> {
    let folder = root().join("tests/fuzz/corpus").join(target);
    let entries = fs::read_dir(&folder).unwrap_or_else(|error| panic!("{folder:?}: {error}"));
    let paths = entries.map(|entry| entry.unwrap().path());
    paths.map(|path| (path.clone(), fs::read(&path).unwrap())).collect()
}

#[test]
fn every_input_kept_passes_its_target() {
    for (name, run) in fuzz::TARGETS {
        for (path, bytes) in corpus(name) {
            // A panic says what is wrong; this says with which input.
            let passed = std::panic::catch_unwind(|| run(&bytes));
            assert!(passed.is_ok(), "{} fails", path.display());
        }
    }
}

#[test]
fn every_target_has_a_binary_and_a_small_corpus() {
    let binaries = fs::read_dir(root().join("tests/fuzz/fuzz_targets")).unwrap();
    let binaries: BTreeSet<String> = binaries
        .map(|entry| entry.unwrap().path().file_stem().unwrap().to_string_lossy().into_owned())
        .collect();
    let targets = fuzz::TARGETS.map(|(name, _)| name.to_owned());
    assert_eq!(BTreeSet::from(targets), binaries);
    for (name, _) in fuzz::TARGETS {
        let corpus = corpus(name);
        let bytes: usize = corpus.iter().map(|(_, bytes)| bytes.len()).sum();
        assert!((1..=MAX_FILES).contains(&corpus.len()), "{name}: {} files", corpus.len());
        assert!(bytes <= MAX_BYTES, "{name}: {bytes} bytes");
    }
}
