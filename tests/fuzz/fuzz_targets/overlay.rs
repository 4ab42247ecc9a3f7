//! Any edits of any request: the result is a request with the items that were kept.
#![no_main]

use bytes::Bytes;
use common::{
    otlp::{
        any_value::OwnedValue,
        edit::Draft,
        envelope,
        overlay::{self, Place, Verdict, Visitor},
    },
    signal::Signal,
};
use libfuzzer_sys::fuzz_target;

/// Takes its decisions from the fuzzer's bytes, one each.
struct Script<'a>(std::slice::Iter<'a, u8>);

impl Script<'_> {
    fn edit(&mut self, draft: &mut Draft<'_>) -> Verdict {
        let Some(step) = self.0.next() else { return Verdict::Enter };
        let key = format!("key-{}", step >> 5);
        match step % 6 {
            0 => return Verdict::Drop,
            1 => draft.set_attribute(&key, &OwnedValue::Str("value".into())),
            2 => drop(draft.delete_attribute(&key)),
            3 => draft.retain_attributes(|key, _| key.len() % 2 == 0),
            4 => draft.set_string(5, &key),
            _ => {}
        }
        Verdict::Enter
    }
}

impl Visitor for Script<'_> {
    fn resource(&mut self, place: &mut Place<'_>) -> Verdict {
        self.edit(&mut place.resource.message)
    }

    fn item(&mut self, place: &mut Place<'_>) -> Verdict {
        drop(self.edit(&mut place.resource.message));
        self.edit(&mut place.item)
    }
}

fuzz_target!(|input: (&[u8], &[u8])| {
    let (script, bytes) = input;
    for signal in Signal::ALL {
        let Ok(walked) = envelope::walk(signal, Bytes::copy_from_slice(bytes)) else { continue };
        let rewritten = overlay::rewrite(signal, &[walked.request], &mut Script(script.iter()));
        let items = rewritten.items(walked.items);
        let request = Bytes::from(rewritten.chunks.concat());
        assert_eq!(envelope::count_items(signal, &request), items);
    }
});
