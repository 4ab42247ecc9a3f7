use super::*;

#[test]
fn asks_every_arena_and_leaves_its_settings() {
    let name = "arena.0.dirty_decay_ms\0";
    let before: isize = name.name().read().unwrap();
    assert!(return_memory());
    let after: isize = name.name().read().unwrap();
    assert_eq!(before, after);
}
