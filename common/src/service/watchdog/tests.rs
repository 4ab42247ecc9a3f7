use super::*;

#[test]
fn a_stop_in_time_leaves_the_process_alone() {
    drop(Watchdog::start(Duration::from_millis(50)));
    // Longer than its patience: a watchdog that is still there would end the tests.
    let (_leash, nothing) = sync_channel::<()>(0);
    assert_eq!(nothing.recv_timeout(Duration::from_millis(200)), Err(RecvTimeoutError::Timeout));
}
