use super::*;

const SECOND: Duration = Duration::from_secs(1);
const HOUR: Duration = Duration::from_secs(3600);

/// A guest of a server whose clock the test turns.
struct Visit {
    clock: Arc<Clock>,
    guest: Arc<Guest>,
}

impl Visit {
    fn begin() -> Self {
        let clock = Arc::new(Clock::start());
        clock.set(HOUR);
        Self { guest: Arc::new(Guest::new(Arc::clone(&clock))), clock }
    }

    fn after(&self, time: Duration) {
        self.clock.set(HOUR + time);
    }

    fn http_fault(&self) -> Option<Fault> {
        self.guest.fault(&Patience::http(None, None))
    }

    fn grpc_fault(&self) -> Option<Fault> {
        self.guest.fault(&Patience::grpc(None))
    }
}

#[test]
fn a_client_that_never_begins_has_ten_seconds() {
    let visit = Visit::begin();
    visit.guest.receive(23);
    visit.after(10 * SECOND);
    assert_eq!(visit.grpc_fault(), None);
    visit.after(11 * SECOND);
    assert_eq!(visit.grpc_fault(), Some(Fault::Slow("the beginning")));
    visit.guest.receive(1);
    assert_eq!(visit.grpc_fault(), None, "with its preface it may wait for its first call");
    visit.after(240 * HOUR);
    assert_eq!(visit.grpc_fault(), None);
}

#[test]
fn headers_have_a_minute_from_their_first_byte_on() {
    let visit = Visit::begin();
    visit.after(9 * SECOND);
    visit.guest.receive(1);
    visit.after(69 * SECOND);
    visit.guest.receive(1);
    assert_eq!(visit.http_fault(), None);
    visit.after(70 * SECOND);
    assert_eq!(visit.http_fault(), Some(Fault::Slow("the headers of a request")));
    let set = Patience::http(Some(100 * SECOND), None);
    assert_eq!(visit.guest.fault(&set), None, "the setting says otherwise");
}

#[test]
fn the_wait_between_requests_is_no_slow_header() {
    let visit = Visit::begin();
    visit.guest.receive(100);
    drop(visit.guest.call(http::Version::HTTP_11));
    visit.after(299 * SECOND);
    assert_eq!(visit.http_fault(), None);
    visit.after(301 * SECOND);
    assert_eq!(visit.http_fault(), Some(Fault::Idle));
    visit.guest.receive(1);
    visit.after(350 * SECOND);
    let call = visit.guest.call(http::Version::HTTP_11);
    visit.after(HOUR);
    assert_eq!(visit.http_fault(), None, "a call takes its time");
    drop(call);
    assert_eq!(visit.http_fault(), None);
}

#[test]
fn frames_between_the_calls_of_http_2_are_no_slow_header() {
    let visit = Visit::begin();
    drop(visit.guest.call(http::Version::HTTP_2));
    visit.guest.receive(17);
    visit.after(100 * SECOND);
    assert_eq!(visit.http_fault(), None);
}

#[test]
fn a_client_that_reads_nothing_has_half_a_minute() {
    let visit = Visit::begin();
    visit.guest.receive(100);
    let _call = visit.guest.call(http::Version::HTTP_2);
    visit.guest.is_blocked(true);
    visit.after(20 * SECOND);
    visit.guest.is_blocked(true);
    visit.after(31 * SECOND);
    let fault = Some(Fault::Slow("reading anything of what is sent to it"));
    assert_eq!(visit.grpc_fault(), fault);
    visit.guest.is_blocked(false);
    assert_eq!(visit.grpc_fault(), None);
}

#[test]
fn a_flood_has_five_seconds_to_end() {
    let visit = Visit::begin();
    visit.guest.receive(100);
    let held_at_looks = |count| {
        for _ in 0..count {
            visit.guest.hold_back(Waker::noop());
            visit.guest.read_on();
        }
    };
    held_at_looks(10);
    assert_eq!(visit.grpc_fault(), None);
    visit.guest.read_on();
    held_at_looks(10);
    assert_eq!(visit.grpc_fault(), None, "it ended in between");
    held_at_looks(1);
    let fault = Some(Fault::Slow("an end of frames that carry nothing"));
    assert_eq!(visit.grpc_fault(), fault);
}

#[test]
fn an_answer_has_a_minute_at_least_and_two_at_most() {
    for begun in [0, 1, 30, 59] {
        let visit = Visit::begin();
        visit.guest.receive(100);
        let mut call = visit.guest.call(http::Version::HTTP_2);
        visit.after(begun * SECOND);
        call.answered();
        visit.after((begun + 60) * SECOND);
        assert_eq!(visit.grpc_fault(), None, "begun after {begun} s");
        visit.after((begun + 120) * SECOND);
        assert_eq!(visit.grpc_fault(), Some(Fault::Slow("taking an answer")), "after {begun} s");
        drop(call);
        assert_eq!(visit.grpc_fault(), None);
    }
}

#[test]
fn those_idle_for_longest_go_first_and_those_that_never_called_before_them() {
    let [silent, called, fresh, uploads] = [(); 4].map(|()| Visit::begin());
    called.guest.call(http::Version::HTTP_2).answered();
    uploads.guest.receive(1);
    let _call = uploads.guest.call(http::Version::HTTP_2);
    let _body = uploads.guest.reading();
    for visit in [&silent, &called, &uploads] {
        visit.after(8 * SECOND);
    }
    fresh.after(SECOND);
    let order = [&silent, &called, &fresh, &uploads].map(|visit| visit.guest.dispensability());
    assert!(order.is_sorted_by(|before, after| before > after), "{order:?}");
    assert!(order.iter().all(Option::is_some));
}

#[test]
fn a_call_that_a_pipeline_may_have_is_never_given_up_for_others() {
    let visit = Visit::begin();
    let _call = visit.guest.call(http::Version::HTTP_2);
    let body = visit.guest.reading();
    assert_eq!(visit.guest.dispensability(), None, "an upload that has just begun");
    drop(body);
    visit.after(HOUR);
    assert_eq!(visit.guest.dispensability(), None);
    assert!(visit.guest.leave());
    assert!(visit.guest.may_linger());
    assert!(!visit.guest.expel(), "it was told already");
    assert!(!visit.guest.may_linger());
}
