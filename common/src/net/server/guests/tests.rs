use super::*;

fn house(most: usize) -> Arc<Guests> {
    Arc::new(Guests::new(most, Patience::grpc(None)))
}

fn leaving(entries: &[Entry]) -> Vec<usize> {
    let all = entries.iter().enumerate();
    all.filter(|(_, entry)| entry.guest.is_leaving()).map(|(index, _)| index).collect()
}

#[test]
fn nobody_leaves_while_there_is_room() {
    let guests = house(32);
    let entries: Vec<_> = (0..30).map(|_| guests.enter()).collect();
    assert!(leaving(&entries).is_empty());
}

#[test]
fn the_oldest_without_a_call_leaves_for_the_next() {
    let guests = house(32);
    let mut entries: Vec<_> = (0..30).map(|_| guests.enter()).collect();
    let _call = entries[0].guest.call(http::Version::HTTP_2);
    drop(entries[1].guest.call(http::Version::HTTP_2));
    entries.push(guests.enter());
    assert_eq!(leaving(&entries), [2]);
    entries.push(guests.enter());
    assert_eq!(leaving(&entries), [2, 3]);
    entries.remove(2);
    entries.remove(2);
    entries.push(guests.enter());
    assert_eq!(leaving(&entries), [2], "the places of those that left count once");
    assert_eq!(guests.table.lock().leaving, 1);
}

#[test]
fn those_with_calls_all_stay() {
    let guests = house(16);
    let entries: Vec<_> = (0..16).map(|_| guests.enter()).collect();
    let calls: Vec<_> =
        entries.iter().skip(1).map(|entry| entry.guest.call(http::Version::HTTP_2)).collect();
    let _next = guests.enter();
    assert_eq!(leaving(&entries), [0], "it left for the last of these");
    drop(calls);
}

#[tokio::test(start_paused = true)]
async fn who_is_slow_is_closed_and_who_is_not_stays() {
    let guests = house(16);
    let (slow, quick) = (guests.enter(), guests.enter());
    quick.guest.receive(24);
    let [slow_guest, quick_guest] = [&slow, &quick].map(|entry| Arc::clone(&entry.guest));
    let quick_one = quick.attend(std::future::pending());
    tokio::select! {
        () = guests.watch() => {}
        () = quick_one => {}
        () = slow.attend(std::future::pending()) => {}
    }
    assert!(slow_guest.is_leaving() && !quick_guest.is_leaving());
    assert_eq!(guests.table.lock().leaving, 0);
}

#[tokio::test(start_paused = true)]
async fn a_call_that_runs_is_waited_for() {
    let guests = house(16);
    let entry = guests.enter();
    let guest = Arc::clone(&entry.guest);
    let call = guest.call(http::Version::HTTP_2);
    guest.leave();
    let begin = Instant::now();
    let serving = async {
        sleep(Duration::from_secs(100)).await;
        drop(call);
    };
    entry.attend(serving).await;
    assert_eq!(begin.elapsed(), Duration::from_secs(100));
}
