//! A short form of every chaos scenario; `make chaos` runs the long one.

use tests::chaos::{self, report::Verdict, run::Size};

#[expect(clippy::print_stderr, reason = "what was not tested is told")]
async fn holds(name: &str, seed: u64) {
    let scenario = chaos::scenario(name).unwrap();
    let outcome = chaos::run(scenario, seed, Size::SHORT).await;
    if matches!(outcome.verdict, Verdict::Skipped(_)) {
        eprintln!("{outcome}");
    }
    assert!(!outcome.is_failed(), "make chaos SHORT=1 repeats it: {outcome}");
}

macro_rules! scenarios {
    ($($claim:ident: $name:literal, $seed:literal;)*) => {
        $(#[tokio::test(flavor = "multi_thread")]
        async fn $claim() {
            holds($name, $seed).await;
        })*

        #[test]
        fn every_scenario_has_its_short_form_here() {
            let here = [$($name),*];
            let all: Vec<_> = chaos::scenarios::ALL.iter().map(|scenario| scenario.name).collect();
            assert_eq!(here.as_slice(), all);
        }
    };
}

scenarios! {
    sigkill_loses_nothing_acknowledged: "kill", 1;
    sigkill_loses_nothing_without_a_queue: "kill_synchronous", 2;
    no_misbehaviour_of_the_backend_loses_more_than_it_refused: "backend_faults", 3;
    partial_success_is_counted_to_the_item: "partial_success", 4;
    cut_and_frozen_connections_lose_nothing: "cut", 5;
    a_pulled_cable_loses_nothing: "cut_network", 6;
    a_full_disk_refuses_and_recovers: "disk_full", 7;
    damaged_files_cost_their_own_records_only: "damage", 8;
    a_second_collector_on_a_queue_is_refused: "two_on_one_directory", 9;
    a_jumping_clock_loses_nothing: "clock", 10;
    sigterm_under_load_loses_nothing: "shutdown_under_load", 11;
    a_reload_under_load_loses_nothing: "reload_under_load", 12;
    a_chain_of_three_loses_nothing: "chain", 13;
    a_sick_neighbour_is_not_felt: "fan_out", 14;
    poison_pins_neither_consumers_nor_disk: "poison", 15;
    an_outage_is_made_up_for: "outage", 16;
    overload_costs_neither_memory_nor_goodput: "overload", 17;
}
