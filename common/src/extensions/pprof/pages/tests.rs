use super::shown_arguments;

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
    let shown = shown_arguments(arguments.map(str::to_owned).into_iter());
    assert_eq!(
        shown,
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
