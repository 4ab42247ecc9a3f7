use super::*;

#[test]
fn cpu_and_memory_are_those_of_a_running_process() {
    assert!(cpu_seconds().unwrap() >= 0.0);
    assert!(rss_bytes().unwrap() > 1 << 20);
}

#[test]
fn what_was_ever_allocated_only_grows_and_exceeds_what_is_allocated() {
    let Some(before) = allocated_bytes().filter(|bytes| *bytes > 0) else {
        return;
    };
    let ever = ever_allocated_bytes().unwrap();
    assert!(ever > 0.5 * before as f64, "{ever} {before}");
    drop(std::hint::black_box(vec![1_u8; 10 << 20]));
    assert!(ever_allocated_bytes().unwrap() >= ever + f64::from(10 << 20));
}

#[test]
fn settings_on_the_command_line_are_hidden() {
    let arguments = [
        "collector",
        "--config=file.yaml",
        "--set",
        "exporters.otlp.headers.authorization=hunter2",
        "--set=a.b=hunter2",
        "--config=yaml:exporters::otlp::headers::a: hunter2",
        "--config",
        "yaml:a: hunter2",
    ];
    let texts = shown(arguments.map(str::to_owned).into_iter());
    assert_eq!(
        texts,
        [
            "collector",
            "--config=file.yaml",
            "--set",
            "exporters.otlp.headers.authorization=[REDACTED]",
            "--set=a.b=[REDACTED]",
            "--config=yaml:[REDACTED]",
            "--config",
            "yaml:[REDACTED]",
        ]
    );
}
