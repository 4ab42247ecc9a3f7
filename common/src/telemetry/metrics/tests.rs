use super::*;
use crate::signal::Signal;

fn number(metrics: &Metrics, name: &str) -> Option<f64> {
    metrics.samples().into_iter().find(|sample| sample.metric.name == name).map(|sample| {
        match sample.value {
            SampleValue::Number(number) => number,
            SampleValue::Histogram(histogram) => histogram.get_sample_count() as f64,
        }
    })
}

#[test]
fn the_same_values_share_one_handle() {
    let metrics = Metrics::default();
    let accepted = RECEIVER_ACCEPTED.of(Signal::Traces);
    metrics.counter(accepted, &["otlp", "grpc"]).inc_by(2);
    metrics.clone().counter(accepted, &["otlp", "grpc"]).inc_by(3);
    assert_eq!(number(&metrics, "otelcol_receiver_accepted_spans"), Some(5.0));
}

#[test]
fn series_of_an_owner_go_with_it_unless_others_have_them_too() {
    let metrics = Metrics::default();
    let (old, new) = (metrics.owned(), metrics.owned());
    old.counter(EXPORTER_SENT.of(Signal::Logs), &["otlp"]).inc();
    old.gauge(&EXPORTER_QUEUE_SIZE, &["otlp", "logs"]).set(7);
    new.counter(EXPORTER_SENT.of(Signal::Logs), &["otlp"]).inc();
    drop(old.clone());
    assert_eq!(number(&metrics, "otelcol_exporter_queue_size"), Some(7.0));
    drop(old);
    assert_eq!(number(&metrics, "otelcol_exporter_queue_size"), None);
    assert_eq!(number(&metrics, "otelcol_exporter_sent_log_records"), Some(2.0));
}

#[test]
fn series_over_the_limit_are_counted_and_not_shown() {
    let metrics = Metrics::default();
    for index in 0..MAX_SERIES + 10 {
        metrics.counter(EXPORTER_SENT.of(Signal::Logs), &[&index.to_string()]).inc();
    }
    assert_eq!(metrics.samples().len(), MAX_SERIES);
    // One place is taken by the count itself.
    assert_eq!(number(&metrics, "otelcol_telemetry_dropped_series"), Some(11.0));
}

#[test]
fn series_below_the_level_are_hidden_and_come_back() {
    let metrics = Metrics::default();
    metrics.histogram(&BATCH_SEND_SIZE, &["batch"]).observe(3.0);
    metrics.histogram(&BATCH_SEND_SIZE_BYTES, &["batch"]).observe(3.0);
    let shown = |level| {
        metrics.set_level(level);
        metrics.samples().len()
    };
    // The fourth is the count of dropped series, which every level but `none` shows.
    let levels = [Level::None, Level::Basic, Level::Normal, Level::Detailed];
    assert_eq!(levels.map(shown), [0, 1, 2, 3]);
}

#[test]
fn a_callback_is_read_when_looked_at_and_replaced_by_the_next() {
    let metrics = Metrics::default();
    metrics.read_with(&BUDGET_USED, &[], || 1.0);
    metrics.read_with(&BUDGET_USED, &[], || 2.0);
    assert_eq!(number(&metrics, "otelcol_budget_used_bytes"), Some(2.0));
}

#[test]
fn values_with_borders_in_them_stay_apart() {
    let metrics = Metrics::default();
    let accepted = RECEIVER_ACCEPTED.of(Signal::Logs);
    metrics.counter(accepted, &["a 1 b", "c"]).inc();
    metrics.counter(accepted, &["a", "1 b c"]).inc();
    assert_eq!(metrics.samples().len(), 3);
}

#[test]
fn what_is_read_may_hold_the_metrics_themselves() {
    let metrics = Metrics::default();
    let (outer, inner) = (metrics.owned(), metrics.owned());
    let held = inner.clone();
    outer.read_with(&BUDGET_USED, &[], move || held.samples().len() as f64 * 0.0);
    outer.read_with(&BUDGET_USED, &[], move || inner.samples().len() as f64 * 0.0);
    drop(outer);
    assert_eq!(metrics.samples().len(), 1);
}

#[test]
fn what_counted_nothing_takes_no_place() {
    let metrics = Metrics::default();
    let failed = EXPORTER_SEND_FAILED.of(Signal::Logs);
    let silent: Vec<_> =
        (0..MAX_SERIES + 10).map(|index| metrics.counter(failed, &[&index.to_string()])).collect();
    metrics.counter(EXPORTER_SENT.of(Signal::Logs), &["otlp"]).inc();
    assert_eq!(metrics.samples().len(), 2);
    silent.iter().for_each(|counter| counter.inc());
    assert_eq!(metrics.samples().len(), MAX_SERIES);
    assert_eq!(number(&metrics, "otelcol_telemetry_dropped_series"), Some(12.0));
}
