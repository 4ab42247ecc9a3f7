use std::path::Path;

use super::{Call, SimulatedFiles};
use crate::storage::Files as _;

fn disk() -> SimulatedFiles {
    SimulatedFiles::new(&[Path::new("/d")])
}

fn content(files: &SimulatedFiles) -> Option<Vec<u8>> {
    files.contents(Path::new("/d")).remove("f")
}

#[test]
fn what_was_synced_survives_a_power_loss() {
    let files = disk();
    let file = files.create(Path::new("/d/f")).unwrap();
    file.write_all_at(&[b"ab", b"cd"], 0).unwrap();
    file.sync_data().unwrap();
    files.sync_dir(Path::new("/d")).unwrap();
    for seed in 0..50 {
        assert_eq!(content(&files.after_power_loss(seed)), Some(b"abcd".to_vec()));
    }
}

#[test]
fn what_was_not_synced_comes_back_in_any_pieces() {
    let files = disk();
    let file = files.create(Path::new("/d/f")).unwrap();
    file.write_all_at(&[&[1; 1024]], 0).unwrap();
    let found: Vec<_> = (0..300).map(|seed| content(&files.after_power_loss(seed))).collect();
    let with = |first: u8, second: u8| Some([[first; 512], [second; 512]].concat());
    for possible in [None, Some(Vec::new()), with(1, 1), with(0, 1), with(1, 0), with(0, 0)] {
        assert!(found.contains(&possible), "never found: {possible:?}");
    }
}

#[test]
fn a_sector_is_never_newer_in_one_half_than_in_the_other() {
    let files = disk();
    let file = files.create(Path::new("/d/f")).unwrap();
    file.write_all_at(&[&[1; 256]], 0).unwrap();
    file.write_all_at(&[&[2; 256]], 256).unwrap();
    for seed in 0..300 {
        let found = content(&files.after_power_loss(seed)).unwrap_or_default();
        assert!(found.get(256) != Some(&2) || found[0] == 1);
    }
}

#[test]
fn a_directory_that_was_not_synced_can_be_lost_with_its_files() {
    let files = SimulatedFiles::new(&[]);
    files.create_dir_all(Path::new("/d")).unwrap();
    let file = files.create(Path::new("/d/f")).unwrap();
    file.write_all_at(&[b"a"], 0).unwrap();
    file.sync_data().unwrap();
    files.sync_dir(Path::new("/d")).unwrap();
    let is_there: Vec<_> =
        (0..50).map(|seed| content(&files.after_power_loss(seed)).is_some()).collect();
    assert!(is_there.contains(&true) && is_there.contains(&false));
    files.sync_dir(Path::new("/")).unwrap();
    assert!((0..50).all(|seed| content(&files.after_power_loss(seed)).is_some()));
}

#[test]
fn a_kill_cuts_the_write_under_way_and_nothing_else() {
    let files = disk();
    let file = files.create(Path::new("/d/f")).unwrap();
    file.write_all_at(&[b"abc"], 0).unwrap();
    files.stop_at(1);
    assert!(file.write_all_at(&[b"defg"], 3).is_err());
    assert!(file.len().is_err() && files.is_stopped());
    let found: Vec<_> = (0..100).map(|seed| content(&files.after_kill(seed)).unwrap()).collect();
    for len in 3..=7 {
        assert!(found.contains(&b"abcdefg"[..len].to_vec()), "never cut at {len}");
    }
    // The next process finds what was written, and a power loss may still take it.
    let lost = files.after_kill(0).after_power_loss(3);
    assert!((0..50).any(|seed| content(&lost.after_power_loss(seed)) != content(&files)));
}

#[test]
fn a_full_disk_takes_what_fits() {
    let files = disk();
    let file = files.create(Path::new("/d/f")).unwrap();
    files.set_capacity(Some(8192));
    assert_eq!(
        file.write_all_at(&[&[1; 10_000]], 0).unwrap_err().kind(),
        std::io::ErrorKind::StorageFull
    );
    assert_eq!(file.len().unwrap(), 8192);
    file.write_all_at(&[&[2; 8192]], 0).unwrap();
    file.set_len(4096).unwrap();
    assert_eq!(files.occupied(), 4096);
    assert!(file.write_all_at(&[b"x"], 4096).is_ok());
}

#[test]
fn a_failed_sync_is_not_made_good_by_the_next() {
    let files = disk();
    let file = files.create(Path::new("/d/f")).unwrap();
    files.sync_dir(Path::new("/d")).unwrap();
    file.write_all_at(&[&[1; 8192]], 0).unwrap();
    files.fail_calls(Call::Sync, 0, 1);
    assert!(file.sync_data().is_err());
    let lost = content(&files.after_power_loss(1)).unwrap();
    assert_eq!(content(&files).unwrap(), [1; 8192]);
    file.set_len(8192).unwrap();
    assert!((0..20).all(|seed| {
        let found = content(&files.after_power_loss(seed)).unwrap();
        lost.iter().zip(&found).all(|(before, after)| before == after)
    }));
}
