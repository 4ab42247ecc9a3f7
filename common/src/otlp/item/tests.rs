use opentelemetry_proto::tonic::collector::trace::v1::ExportTraceServiceRequest;
use proptest::prelude::*;
use prost::Message as _;

use super::{count_in_entry, count_in_resource, items};
use crate::{
    otlp::resource::resources,
    signal::Signal,
    testing::{generate, mirror},
};

proptest! {
    #[test]
    fn the_outer_levels_read_as_prost_decodes_them(expected in generate::traces()) {
        let encoded = expected.encode_to_vec();
        prop_assert_eq!(resources(&encoded).count(), expected.resource_spans.len());
        for (view, group) in resources(&encoded).zip(expected.resource_spans) {
            let resource = group.resource.clone().unwrap_or_default();
            prop_assert_eq!(view.schema_url(), &group.schema_url);
            prop_assert_eq!(view.attributes().iter().count(), resource.attributes.len());
            prop_assert_eq!(view.dropped_attributes_count(), resource.dropped_attributes_count);
            prop_assert_eq!(view.entity_refs().count(), resource.entity_refs.len());
            prop_assert_eq!(view.scopes().count(), group.scope_spans.len());
            for (view, group) in view.scopes().zip(&group.scope_spans) {
                let scope = group.scope.clone().unwrap_or_default();
                prop_assert_eq!((view.name(), view.version()), (&*scope.name, &*scope.version));
                prop_assert_eq!(view.schema_url(), &group.schema_url);
                prop_assert_eq!(view.attributes().iter().count(), scope.attributes.len());
                prop_assert_eq!(view.dropped_attributes_count(), scope.dropped_attributes_count);
                prop_assert_eq!(items(Signal::Traces, &view).count(), group.spans.len());
            }
            // A range is a whole field, so it is a request of its own.
            let alone: ExportTraceServiceRequest = mirror::decode(&encoded[view.range()]);
            prop_assert_eq!(alone.resource_spans, [group]);
        }
    }

    #[test]
    fn items_are_iterated_as_they_are_counted((signal, encoded) in generate::signal_and_request()) {
        for resource in resources(&encoded) {
            let scopes = resource.scopes();
            let iterated: usize = scopes.map(|scope| items(signal, &scope).count()).sum();
            prop_assert_eq!(iterated, count_in_resource(signal, resource.wrapper()));
            for scope in resource.scopes() {
                for item in items(signal, &scope) {
                    prop_assert!(item.attributes() == item.attributes());
                }
                for (_, entry) in scope.entries() {
                    prop_assert!(signal == Signal::Metrics || count_in_entry(signal, entry) == 1);
                }
            }
        }
    }
}
