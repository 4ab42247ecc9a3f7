//! What can be done to a log, and random scripts of it.

use proptest::{collection::vec, prelude::*};

use super::{Call, promises::End};

/// One operation; `which` counts round what there is.
#[derive(Clone, Debug)]
pub(super) enum Op {
    Append {
        sizes: Vec<usize>,
        claim_bytes: u64,
    },
    Next {
        max_bytes: usize,
    },
    Read {
        which: usize,
    },
    Acknowledge {
        which: usize,
    },
    AcknowledgeOldest {
        count: usize,
    },
    SaveCursor {
        sync: bool,
    },
    Tidy,
    Reopen,
    /// Everything ends in the `steps`th step on the disk from now.
    StopLater {
        steps: u64,
        end: End,
        seed: u64,
    },
    Fail {
        call: Call,
        spared: u64,
        count: u64,
    },
    /// Only `room` more bytes fit on the disk.
    FillUp {
        room: u64,
    },
    EndFaults,
}

/// Scripts with everything in them.
pub(super) fn scripts(len: usize) -> impl Strategy<Value = Vec<Op>> {
    vec(op(), 1..len)
}

fn op() -> impl Strategy<Value = Op> {
    prop_oneof![
        8 => (vec(size(), 1..6), claim_bytes())
            .prop_map(|(sizes, claim_bytes)| Op::Append { sizes, claim_bytes }),
        5 => (1_usize..9_000).prop_map(|max_bytes| Op::Next { max_bytes }),
        1 => any::<usize>().prop_map(|which| Op::Read { which }),
        3 => any::<usize>().prop_map(|which| Op::Acknowledge { which }),
        3 => (1_usize..9).prop_map(|count| Op::AcknowledgeOldest { count }),
        3 => any::<bool>().prop_map(|sync| Op::SaveCursor { sync }),
        3 => Just(Op::Tidy),
        1 => Just(Op::Reopen),
        2 => (1_u64..30, power_or_process(), any::<u64>())
            .prop_map(|(steps, end, seed)| Op::StopLater { steps, end, seed }),
        1 => (call(), 0_u64..4, 1_u64..4)
            .prop_map(|(call, spared, count)| Op::Fail { call, spared, count }),
        1 => (0_u64..20_000).prop_map(|room| Op::FillUp { room }),
        2 => Just(Op::EndFaults),
    ]
}

fn size() -> impl Strategy<Value = usize> {
    prop_oneof![4 => 0_usize..300, 2 => 300_usize..3_000, 1 => 3_000_usize..9_000]
}

fn claim_bytes() -> impl Strategy<Value = u64> {
    prop_oneof![Just(0), 1_u64..8_000, Just(u64::MAX)]
}

fn power_or_process() -> impl Strategy<Value = End> {
    prop_oneof![Just(End::PowerLost), Just(End::Killed)]
}

fn call() -> impl Strategy<Value = Call> {
    use Call::{Create, Read, Remove, SetLen, Sync, SyncDirectory, Write};
    prop::sample::select(vec![Read, Write, SetLen, Sync, Create, Remove, SyncDirectory])
}
