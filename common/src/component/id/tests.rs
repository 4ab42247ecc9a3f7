use super::*;

#[test]
fn data_on_disk_is_called_as_upstream_calls_it() {
    let check = |id: &str, expected: &str| {
        let id: ComponentId = id.parse().unwrap();
        assert_eq!(id.storage_name(Kind::Exporter, "traces"), expected);
    };
    check("otlp/a", "exporter_otlp_a_traces");
    check("otlp", "exporter_otlp__traces");
    check("otlp_grpc/a.b-c_d", "exporter_otlp_grpc_a.b-c_d_traces");
    check("otlp/a/b", "exporter_otlp_a~002Fb_traces");
    check("otlp/../../etc", "exporter_otlp_..~002F..~002Fetc_traces");
    check("otlp/ü", "exporter_otlp_~00FC_traces");
}
