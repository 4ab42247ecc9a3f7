//! What is measured, as data.

use common::signal::Signal;

use crate::{
    cgroup::Limits,
    payload::{Coding, Shape, Transport},
};

/// A rate of a phase.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(crate) enum Pace {
    /// Items a second, open loop.
    PerSecond(u64),
    /// As fast as the collector answers.
    Full,
    /// Half of what the phase before reached, open loop.
    Half,
}

/// What is done with the collector.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(crate) enum Kind {
    /// Some phases of load, one after the other.
    Load(&'static [Pace]),
    /// Half of a full load, and the rig straight to its sink at the same rate.
    Latency,
    /// Ten times what the backend takes.
    Overload,
    /// A rate within a container's limits.
    Within(Plan),
    /// Nothing but a start and a rest.
    Idle,
}

/// What a user plans with.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(crate) struct Plan {
    pub(crate) items_per_second: u64,
    pub(crate) millicores: u32,
    pub(crate) memory_mib: u64,
}

impl Plan {
    /// What the kernel is told.
    pub(crate) const fn limits(self) -> Limits {
        Limits { millicores: self.millicores, memory_mib: self.memory_mib }
    }
}

/// What stands between receiver and exporter, besides `memory_limiter` and `batch`.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(crate) enum Work {
    Nothing,
    Insert,
    Delete,
    /// Drops every second item.
    Filter,
    OneStatement,
    FourStatements,
}

/// One line of the table.
#[derive(Clone, Debug)]
pub(crate) struct Scenario {
    pub(crate) group: &'static str,
    pub(crate) shape: Shape,
    pub(crate) kind: Kind,
    pub(crate) work: Work,
    pub(crate) is_batched: bool,
    pub(crate) is_durable: bool,
    pub(crate) connections: usize,
    pub(crate) in_flight: usize,
    pub(crate) pipelines: usize,
    pub(crate) cores: &'static str,
    /// The size of HTTP/2 frames: those of the load, and those that the sink takes.
    pub(crate) frame: u32,
    pub(crate) limit_mib: u64,
}

pub(crate) const BOTH: Kind = Kind::Load(&[Pace::PerSecond(40_000), Pace::Full]);
const SMALL_FRAME: u32 = 16 << 10;
/// Requests of fewer items are done so fast that four on a connection leave the collector waiting for the load.
const FEW: usize = 100;

impl Scenario {
    /// Plain requests of 1,000 over gRPC, passed through.
    pub(crate) const fn new(group: &'static str, signal: Signal) -> Self {
        let (transport, coding) = (Transport::Grpc, Coding::None);
        Self {
            group,
            shape: Shape { signal, transport, coding, items: 1_000, padding: 0 },
            kind: BOTH,
            work: Work::Nothing,
            is_batched: false,
            is_durable: false,
            connections: 4,
            in_flight: 4,
            pipelines: 1,
            cores: "0",
            frame: 1 << 20,
            limit_mib: 2_000,
        }
    }

    fn over(mut self, transport: Transport) -> Self {
        self.shape.transport = transport;
        // HTTP/1.1 has one request under way on a connection.
        if transport == Transport::Http {
            (self.connections, self.in_flight) = (self.connections * self.in_flight, 1);
        }
        self
    }

    const fn coded(mut self, coding: Coding) -> Self {
        self.shape.coding = coding;
        self
    }

    pub(crate) const fn of(mut self, items: usize) -> Self {
        self.shape.items = items;
        if items < FEW {
            self.in_flight = 16;
        }
        self
    }

    const fn batched(self) -> Self {
        Self { is_batched: true, ..self }
    }

    const fn durable(self) -> Self {
        Self { is_durable: true, ..self }
    }

    const fn works(self, work: Work) -> Self {
        Self { work, ..self }
    }

    pub(crate) const fn connected(self, connections: usize, in_flight: usize) -> Self {
        Self { connections, in_flight, ..self }
    }

    pub(crate) const fn kind(self, kind: Kind) -> Self {
        Self { kind, ..self }
    }

    /// What a request of it has left behind the processors.
    pub(crate) const fn kept(&self) -> usize {
        match self.work {
            Work::Filter => self.shape.items / 2,
            _ => self.shape.items,
        }
    }

    /// What tells it from all others.
    pub(crate) fn name(&self) -> String {
        let Shape { signal, transport, coding, items, padding } = self.shape;
        let mut name =
            format!("{}: {signal}, {}, {}, {items}", self.group, transport.name(), coding.label());
        let mut add = |is_so: bool, what: &str| {
            if is_so {
                name.push_str(", ");
                name.push_str(what);
            }
        };
        add(self.is_batched, "batch");
        add(self.is_durable, "durable");
        add(self.work != Work::Nothing, self.work.name());
        add(!matches!(self.connections, 4 | 16 | 64), &format!("{} connections", self.connections));
        add(self.pipelines > 1, &format!("{} pipelines", self.pipelines));
        add(self.cores != "0", "two cores");
        add(self.frame == SMALL_FRAME, "16 KiB frames");
        add(padding > 0, &format!("attribute of {padding} B"));
        if let Kind::Within(Plan { items_per_second, millicores, memory_mib }) = self.kind {
            let cores = f64::from(millicores) / 1_000.0;
            let limits = format!("{cores} core, {memory_mib} MiB, {items_per_second}/s");
            add(true, &limits);
        }
        name
    }
}

impl Work {
    const fn name(self) -> &'static str {
        match self {
            Self::Nothing => "nothing",
            Self::Insert => "one insert",
            Self::Delete => "one delete",
            Self::Filter => "filter that drops half",
            Self::OneStatement => "one OTTL statement",
            Self::FourStatements => "four OTTL statements",
        }
    }
}

/// All lines of a full run.
pub(crate) fn all() -> Vec<Scenario> {
    let traces = |group| Scenario::new(group, Signal::Traces);
    let mut all = vec![traces("idle").batched().kind(Kind::Idle)];
    for coding in [Coding::None, Coding::Gzip, Coding::Zstd] {
        for transport in [Transport::Grpc, Transport::Http] {
            for signal in Signal::ALL {
                for items in [1_000, 10] {
                    let line = Scenario::new("through", signal).coded(coding).of(items);
                    all.push(line.over(transport));
                }
            }
        }
    }
    for signal in Signal::ALL {
        let line = Scenario::new("through", signal).coded(Coding::Gzip6);
        all.push(line.over(Transport::Http));
        let batch = Scenario::new("batch", signal).batched();
        all.extend([batch.clone(), batch.clone().coded(Coding::Gzip), batch.of(10)]);
        all.push(Scenario::new("processors", signal).works(Work::Insert));
        all.push(Scenario::new("processors", signal).works(Work::FourStatements));
    }
    for signal in [Signal::Traces, Signal::Logs] {
        for work in [Work::Delete, Work::Filter, Work::OneStatement] {
            all.push(Scenario::new("processors", signal).works(work));
        }
    }
    all.extend([
        traces("durable").durable(),
        traces("durable").durable().coded(Coding::Gzip),
        traces("durable").durable().batched(),
        traces("durable").durable().batched().of(10),
        Scenario::new("durable", Signal::Logs).durable().batched(),
        traces("connections").connected(1, 16),
        traces("connections").connected(200, 1),
        traces("connections").of(10).connected(200, 1).batched(),
        Scenario { frame: SMALL_FRAME, ..traces("frames") },
        Scenario { cores: "0,1", ..traces("cores").kind(Kind::Load(&[Pace::Full])) },
    ]);
    all.extend(
        Signal::ALL.map(|signal| Scenario::new("latency", signal).of(100).kind(Kind::Latency)),
    );
    let overload = Scenario { limit_mib: 100, ..traces("overload").of(100).kind(Kind::Overload) };
    let overload = overload.connected(1_000, 4);
    all.extend([
        overload.clone(),
        overload.clone().batched(),
        overload.clone().coded(Coding::Gzip),
        overload.clone().of(1_000),
        overload.batched().durable(),
    ]);
    all.extend(plans());
    all
}

/// Sidecar, node agent and gateway.
fn plans() -> Vec<Scenario> {
    let sidecar = Plan { items_per_second: 5_000, millicores: 100, memory_mib: 128 };
    let agent = Plan { items_per_second: 50_000, millicores: 200, memory_mib: 400 };
    let gateway = Plan { items_per_second: 500_000, millicores: 1_000, memory_mib: 2_048 };
    let of = |plan: Plan, items, coding| {
        let limit_mib = plan.memory_mib * 8 / 10;
        let line = Scenario::new("plans", Signal::Traces).of(items).coded(coding).batched();
        Scenario { limit_mib, ..line.kind(Kind::Within(plan)) }
    };
    vec![
        of(sidecar, 100, Coding::None),
        of(sidecar, 100, Coding::Gzip),
        of(agent, 1_000, Coding::None),
        of(agent, 1_000, Coding::Gzip),
        of(gateway, 1_000, Coding::None),
        of(gateway, 1_000, Coding::Gzip),
    ]
}
