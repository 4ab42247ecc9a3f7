use std::sync::Arc;

use super::*;
use crate::settings::Severity;

fn finding(severity: Severity, message: &str) -> Finding {
    Finding {
        severity,
        source: Arc::from("my.yaml"),
        line: 3,
        column: 5,
        path: "exporters::otlp".to_owned(),
        message: message.to_owned(),
        suggestion: None,
    }
}

#[test]
fn a_warning_beside_errors_is_told_from_them() {
    let error = ConfigError {
        findings: vec![
            finding(Severity::Warning, "is an old spelling"),
            finding(Severity::Error, "is wrong"),
        ],
    };
    let text = "invalid configuration:\n\
                warning: my.yaml:3:5: exporters::otlp: is an old spelling\n\
                my.yaml:3:5: exporters::otlp: is wrong";
    assert_eq!(error.to_string(), text);
}
