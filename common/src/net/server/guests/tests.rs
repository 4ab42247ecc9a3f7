use super::*;

fn house(most: usize) -> Arc<Guests> {
    Arc::new(Guests::new(most, Patience::grpc(None)))
}

/// Lets so many come, and time pass in which they stay without a call.
fn come(guests: &Arc<Guests>, count: usize) -> Vec<Entry> {
    let entries = (0..count).map(|_| guests.enter()).collect();
    guests.clock.set(Duration::from_secs(2));
    entries
}

fn leaving(entries: &[Entry]) -> Vec<usize> {
    let all = entries.iter().enumerate();
    all.filter(|(_, entry)| entry.guest.is_leaving()).map(|(index, _)| index).collect()
}

#[test]
fn nobody_leaves_while_there_is_room() {
    let guests = house(32);
    let entries = come(&guests, 30);
    assert!(leaving(&entries).is_empty());
}

#[test]
fn the_oldest_without_a_call_leaves_for_the_next() {
    let guests = house(32);
    let mut entries = come(&guests, 30);
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
fn those_with_calls_and_those_that_have_just_come_all_stay() {
    let guests = house(16);
    let mut entries = come(&guests, 10);
    let calls: Vec<_> =
        entries.iter().map(|entry| entry.guest.call(http::Version::HTTP_2)).collect();
    entries.extend((0..6).map(|_| guests.enter()));
    assert!(leaving(&entries).is_empty());
    guests.clock.set(Duration::from_secs(4));
    guests.look_around();
    assert_eq!(leaving(&entries), [10, 11, 12], "the next look lets others in");
    drop(calls);
}

#[tokio::test(start_paused = true)]
async fn who_is_slow_is_closed_and_who_is_not_stays() {
    let guests = house(16);
    let stopping = CancellationToken::new();
    let (slow, quick) = (guests.enter(), guests.enter());
    quick.guest.receive(24);
    let [slow_guest, quick_guest] = [&slow, &quick].map(|entry| Arc::clone(&entry.guest));
    let quick_one = quick.attend(std::future::pending());
    tokio::select! {
        () = guests.watch(&stopping) => {}
        () = quick_one => {}
        () = slow.attend(std::future::pending()) => {}
    }
    assert!(slow_guest.is_leaving() && !quick_guest.is_leaving());
    assert_eq!(guests.table.lock().leaving, 0);
}

#[tokio::test(start_paused = true)]
async fn a_server_that_stops_watches_until_the_last_is_gone() {
    let guests = house(16);
    let stopping = CancellationToken::new();
    stopping.cancel();
    let entry = guests.enter();
    let begin = Instant::now();
    tokio::join!(guests.watch(&stopping), entry.attend(sleep(Duration::from_secs(5))));
    assert_eq!(begin.elapsed().as_secs(), 5);
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
