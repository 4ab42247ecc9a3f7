use super::*;

fn comes_back(signal: Signal, lines: &str) {
    let bytes = encode(signal, lines).unwrap();
    assert_eq!(text(signal, &[bytes]).unwrap(), lines);
}

#[test]
fn texts_come_back_as_they_were() {
    comes_back(
        Signal::Traces,
        "resource service.name=shop n=\"1\"\n  scope lib\n    \
         span \"GET /\" @trace=1 @id=2 @kind=2 @status=2 http.status=200 ok=true share=0.5\n    \
         span plain\n  scope\n    span \"\"\n",
    );
    comes_back(
        Signal::Logs,
        "resource\n  scope\n    log \"it works\" @severity=9 a=\"x=y \\\"\"\n",
    );
    comes_back(
        Signal::Metrics,
        "resource\n  scope\n    sum requests @temporality=1 @monotonic=1\n      point 3 route=a\n    \
         gauge heat\n      point -1.5 @time=7\n",
    );
}

#[test]
fn lines_that_make_no_sense_are_told() {
    assert!(encode(Signal::Logs, "log x").unwrap_err().contains("no place"));
    assert!(encode(Signal::Logs, "resource a=\"x").unwrap_err().contains("cannot read"));
}
