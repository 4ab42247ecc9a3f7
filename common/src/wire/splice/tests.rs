use proptest::{collection::vec, prelude::*};

use super::*;

#[test]
fn ranges_are_replaced_left_out_and_appended_to() {
    let mut splicer = Splicer::new(b"one two three", 4);
    splicer.replace(0..3).extend_from_slice(b"1");
    splicer.replace(3..7);
    splicer.replace(8..8).extend_from_slice(b"and ");
    let mut out = splicer.finish();
    out.push(b'!');
    assert_eq!(out, b"1 and three!");
}

#[test]
fn ranges_beyond_the_message_or_out_of_order_are_cut() {
    let mut splicer = Splicer::new(b"abc", 0);
    splicer.replace(1..2);
    splicer.replace(0..1);
    splicer.replace(5..9).push(b'x');
    assert_eq!(splicer.finish(), b"ax");
}

proptest! {
    #[test]
    fn replacing_is_what_vec_splice_does(
        message in vec(any::<u8>(), 0..40),
        cuts in vec((0..8_usize, 0..4_usize, vec(any::<u8>(), 0..5)), 0..5),
    ) {
        let mut splicer = Splicer::new(&message, 0);
        let (mut expected, mut shift, mut at) = (message.clone(), 0_isize, 0);
        for (skip, len, new) in cuts {
            let range = at + skip..at + skip + len;
            if range.end > message.len() { break }
            splicer.replace(range.clone()).extend_from_slice(&new);
            let moved = |index: usize| index.saturating_add_signed(shift);
            expected.splice(moved(range.start)..moved(range.end), new.iter().copied());
            shift += new.len() as isize - len as isize;
            at = range.end;
        }
        prop_assert_eq!(splicer.finish(), expected);
    }
}
