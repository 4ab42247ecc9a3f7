use proptest::{collection::vec, prelude::*};

use super::*;
use crate::testing::{flattened, generate, otlp_text};

const GRAINS: [Grain; 3] = [Grain::Resource, Grain::Metric, Grain::Item];

fn texts(signal: Signal, part: &Part) -> Vec<String> {
    flattened(signal, &part.chunks.concat()).unwrap()
}

/// Says whether the next one is chosen, over and over the same.
fn script(bytes: &[bool]) -> impl FnMut(&mut Place<'_>) -> bool + '_ {
    let mut bytes = bytes.iter().cycle();
    move |_| bytes.next().copied().unwrap_or_default()
}

/// Whether `part` is what is left of `whole` without some, in the same order.
fn is_in_order(part: &[String], whole: &[String]) -> bool {
    let mut whole = whole.iter();
    part.iter().all(|item| whole.any(|other| other == item))
}

proptest! {
    #[test]
    fn every_item_is_on_one_side_under_its_headers_in_its_order(
        (signal, requests) in generate::signal_and_requests(),
        grain in prop::sample::select(GRAINS.to_vec()),
        choices in vec(any::<bool>(), 1..12),
    ) {
        let chunks: Vec<Bytes> = requests.into_iter().map(Bytes::from).collect();
        let whole = flattened(signal, &chunks.concat()).unwrap();
        let parted = partition(signal, &chunks, whole.len(), grain, script(&choices));
        let (chosen, rest) = (texts(signal, &parted.chosen), texts(signal, &parted.rest));
        prop_assert_eq!((parted.chosen.items, parted.rest.items), (chosen.len(), rest.len()));
        prop_assert!(is_in_order(&chosen, &whole) && is_in_order(&rest, &whole));
        let mut both = [chosen.clone(), rest].concat();
        let mut expected = whole.clone();
        both.sort();
        expected.sort();
        prop_assert_eq!(both, expected);
        let copied = extract(signal, &chunks, whole.len(), grain, script(&choices));
        prop_assert_eq!(texts(signal, &copied), chosen);
        prop_assert_eq!(copied.items, parted.chosen.items);
    }

    #[test]
    fn items_go_where_the_choice_says(
        (signal, request) in generate::signal_and_request(),
        choices in vec(any::<bool>(), 1..12),
    ) {
        let whole = flattened(signal, &request).unwrap();
        let chunks = [Bytes::from(request)];
        let parted = partition(signal, &chunks, whole.len(), Grain::Item, script(&choices));
        let expected = whole.iter().zip(choices.iter().cycle());
        let expected = expected.filter(|(_, is_chosen)| **is_chosen).map(|(item, _)| item.clone());
        prop_assert_eq!(texts(signal, &parted.chosen), expected.collect::<Vec<_>>());
    }

    #[test]
    fn a_side_that_gets_everything_shares_the_bytes(
        (signal, request) in generate::signal_and_request(),
        is_chosen in any::<bool>(),
    ) {
        let chunks = [Bytes::from(request)];
        let items = flattened(signal, &chunks[0]).unwrap().len();
        prop_assume!(items > 0);
        let parted = partition(signal, &chunks, items, Grain::Item, |_| is_chosen);
        let (all, none) = match is_chosen {
            true => (parted.chosen, parted.rest),
            false => (parted.rest, parted.chosen),
        };
        prop_assert_eq!((all.items, none.items, none.chunks.len()), (items, 0, 0));
        prop_assert_eq!(all.chunks[0].as_ptr(), chunks[0].as_ptr());
    }

    #[test]
    fn any_bytes_can_be_parted(
        signal in generate::signal(),
        bytes in vec(any::<u8>(), 0..200),
        grain in prop::sample::select(GRAINS.to_vec()),
        choices in vec(any::<bool>(), 1..12),
    ) {
        partition(signal, &[bytes.into()], 3, grain, script(&choices));
    }
}

#[test]
fn edits_stay_among_the_chosen() {
    let before = "resource a=1\n  scope lib\n    span one x=1\n    span two x=2\n";
    let request = otlp_text::encode(Signal::Traces, before).unwrap();
    let parted = partition(Signal::Traces, &[request], 2, Grain::Item, |place| {
        place.resource.message.delete_attribute("a");
        place.item.delete_attribute("x");
        place.span().name() == "one"
    });
    let text = |part: &Part| otlp_text::text(Signal::Traces, &part.chunks).unwrap();
    assert_eq!(text(&parted.chosen), "resource\n  scope lib\n    span one\n");
    assert_eq!(text(&parted.rest), "resource a=1\n  scope lib\n    span two x=2\n");
}
