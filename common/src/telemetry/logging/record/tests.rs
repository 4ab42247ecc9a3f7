use serde_json::json;

use super::*;

fn record(nanoseconds: i128, fields: Value) -> Record {
    let Value::Object(fields) = fields else { panic!("fields are an object") };
    Record {
        time: OffsetDateTime::from_unix_timestamp_nanos(nanoseconds).unwrap(),
        level: Level::WARN,
        caller: Some("service/lifecycle.rs:42".to_owned()),
        message: "sending queue is full".to_owned(),
        fields,
    }
}

const TIME: i128 = 1_767_323_045_006_700_000;

#[test]
fn a_console_record_is_columns_and_spaced_json() {
    let fields = json!({
        "resource": {"service.name": "traces-collector", "service.version": "0.1.0"},
        "otelcol.component.id": "otlp",
        "tries": [1, 2],
        "is_last": true,
    });
    assert_eq!(
        record(TIME, fields).to_console(),
        "2026-01-02T03:04:05.006Z\twarn\tservice/lifecycle.rs:42\tsending queue is full\t\
         {\"resource\": {\"service.name\": \"traces-collector\", \"service.version\": \"0.1.0\"}, \
         \"otelcol.component.id\": \"otlp\", \"tries\": [1, 2], \"is_last\": true}\n"
    );
}

#[test]
fn a_console_record_without_fields_ends_after_its_message() {
    let mut record = record(TIME, json!({}));
    record.caller = None;
    record.message = "two\nlines".to_owned();
    record.time = record.time.to_offset(time::UtcOffset::from_hms(-3, -30, 0).unwrap());
    assert_eq!(record.to_console(), "2026-01-01T23:34:05.006-0330\twarn\ttwo\nlines\n");
}

#[test]
fn a_json_record_has_upstreams_keys_first_and_keeps_them() {
    assert_eq!(
        record(TIME, json!({"msg": "imitation", "count": 3})).to_json(),
        "{\"level\":\"warn\",\"ts\":\"2026-01-02T03:04:05.006Z\",\
         \"caller\":\"service/lifecycle.rs:42\",\"msg\":\"sending queue is full\",\"count\":3}\n"
    );
}
