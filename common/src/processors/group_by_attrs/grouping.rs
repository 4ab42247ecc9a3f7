//! One request taken apart and put together anew, item by item.

use std::collections::HashMap;

use bytes::Bytes;
use smallvec::SmallVec;

use super::{
    assembly::Assembly,
    identity::{Identifier, Identity},
};
use crate::{
    otlp::{
        attributes::Attributes,
        edit::Draft,
        field_numbers::{
            gauge, log_record, request, resource as resource_fields, resource_group, scope_group,
            span,
        },
        message::Message,
        metric::{DataKind, MetricView, attributes_field},
        resource::{ResourceView, resources_of},
        scope::ScopeView,
    },
    pipeline::Growth,
    signal::Signal,
    wire::{Field, Fields, writer::put_bytes_field},
};

/// What was done.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(super) struct Counts {
    pub(super) grouped: u64,
    pub(super) not_grouped: u64,
    pub(super) groups: usize,
}

/// A request that is grouped. What it keeps is bounded by the items of the request.
pub(super) struct Grouping<'a, 'g> {
    signal: Signal,
    keys: &'g [String],
    growth: &'g mut Growth,
    assembly: Assembly<'a>,
    groups: HashMap<Identity, usize>,
    inside: HashMap<(usize, Identity), usize>,
    identifier: Identifier,
    extracted: Identifier,
    draft: Draft<'a>,
    counts: Counts,
}

/// Where items come from.
struct Origin<'a> {
    resource: ResourceView<'a>,
    /// The groups of its items, by what was extracted.
    groups: HashMap<Vec<u8>, usize>,
    /// The messages between the resource and the items.
    path: SmallVec<[Level; 3]>,
}

/// A message between the resource and the items.
struct Level {
    number: u32,
    header: Vec<u8>,
    identity: Identity,
}

/// A span, log record or data point.
struct Item<'a> {
    /// With tag and length.
    whole: &'a [u8],
    content: &'a [u8],
    number: u32,
    attributes: u32,
}

impl<'a, 'g> Grouping<'a, 'g> {
    pub(super) fn new(signal: Signal, keys: &'g [String], growth: &'g mut Growth) -> Self {
        Self {
            signal,
            keys,
            growth,
            assembly: Assembly::default(),
            groups: HashMap::new(),
            inside: HashMap::new(),
            identifier: Identifier::default(),
            extracted: Identifier::default(),
            draft: Draft::default(),
            counts: Counts::default(),
        }
    }

    pub(super) fn counts(&self) -> Counts {
        Counts { groups: self.assembly.roots(), ..self.counts }
    }

    /// The grouped request.
    pub(super) fn finish(self) -> Vec<u8> {
        self.assembly.finish()
    }

    /// Takes in all items, or as many as there is room for.
    pub(super) fn add(&mut self, chunks: &'a [Bytes]) {
        for resource in resources_of(chunks) {
            let scopes = resource.scopes();
            let mut origin = Origin { resource, groups: HashMap::new(), path: SmallVec::new() };
            for scope in scopes {
                // What is refused need not be grouped any further.
                if !self.growth.add(0) {
                    return;
                }
                self.scope(&mut origin, &scope);
            }
        }
    }

    fn scope(&mut self, origin: &mut Origin<'a>, scope: &ScopeView<'a>) {
        origin.path.clear();
        origin.path.push(Level {
            number: resource_group::SCOPES,
            header: fields(scope.wrapper(), |number| number != scope_group::ITEMS),
            identity: self.identifier.scope(scope),
        });
        let attributes = match self.signal {
            Signal::Traces => span::ATTRIBUTES,
            Signal::Logs => log_record::ATTRIBUTES,
            Signal::Metrics => {
                scope.entries().for_each(|(_, metric)| self.metric(origin, metric));
                return;
            }
        };
        for (range, content) in scope.entries() {
            let whole = scope.wrapper().get(range).unwrap_or_default();
            self.item(origin, &Item { whole, content, number: scope_group::ITEMS, attributes });
        }
    }

    fn metric(&mut self, origin: &mut Origin<'a>, metric: &'a [u8]) {
        for kind in DataKind::ALL {
            let number = kind.field();
            let Some(data) = Message::singular(metric, number) else { continue };
            let identity = self.identifier.metric(MetricView::new(metric), kind, data);
            let header = fields(metric, |number| DataKind::of_field(number).is_none());
            origin.path.truncate(1);
            origin.path.push(Level { number: scope_group::ITEMS, header, identity });
            // A message that occurs several times is one.
            let header = occurrences(metric, number)
                .flat_map(|data| fields(data, |number| number != gauge::DATA_POINTS));
            origin.path.push(Level { number, header: header.collect(), identity });
            let attributes = attributes_field(kind);
            for data in occurrences(metric, number) {
                for point in all_fields(data).filter(|field| field.number == gauge::DATA_POINTS) {
                    if let (Some(whole), Some(content)) =
                        (data.get(point.start..point.end), point.bytes())
                    {
                        let number = gauge::DATA_POINTS;
                        self.item(origin, &Item { whole, content, number, attributes });
                    }
                }
            }
        }
    }

    fn item(&mut self, origin: &mut Origin<'a>, item: &Item<'a>) {
        if !self.growth.add(Assembly::CHILD_BYTES) {
            return;
        }
        let attributes = Attributes::new(Message::new(item.content), item.attributes);
        let is_grouped = self.extracted.extract(self.keys, attributes);
        let mut parent = self.group(origin, attributes);
        for level in &origin.path {
            parent = match self.inside.get(&(parent, level.identity)) {
                Some(known) => *known,
                None => {
                    self.growth.add(Assembly::NODE_BYTES + level.header.len());
                    let header = level.header.clone();
                    let made = self.assembly.begin(Some(parent), level.number, header);
                    self.inside.insert((parent, level.identity), made);
                    made
                }
            };
        }
        if is_grouped {
            let keys = self.keys;
            self.draft.load(item.content, item.attributes);
            self.draft.retain_attributes(|key| !keys.iter().any(|moved| moved == key));
            self.assembly.put_edited(parent, item.number, self.draft.bytes());
            self.counts.grouped += 1;
        } else {
            self.assembly.keep(parent, item.whole);
            self.counts.not_grouped += 1;
        }
    }

    /// The resource of an item whose keys were just extracted.
    fn group(&mut self, origin: &mut Origin<'a>, attributes: Attributes<'a>) -> usize {
        if let Some(known) = origin.groups.get(self.extracted.bytes()) {
            return *known;
        }
        let wrapper = origin.resource.wrapper();
        let resource = occurrences(wrapper, resource_group::RESOURCE).flatten().copied();
        let resource: Vec<u8> = resource.collect();
        let mut draft = Draft::new(&resource, resource_fields::ATTRIBUTES);
        for key in self.keys {
            if let Some(value) = attributes.get(key) {
                draft.set_attribute(key, &value.into());
            }
        }
        let schema_url = origin.resource.schema_url();
        let identity = self.identifier.resource(draft.attributes(), schema_url);
        let group = match self.groups.get(&identity) {
            Some(known) => *known,
            None => {
                let mut header = Vec::with_capacity(draft.bytes().len());
                put_bytes_field(&mut header, resource_group::RESOURCE, draft.bytes());
                header.extend(fields(wrapper, |number| {
                    number != resource_group::RESOURCE && number != resource_group::SCOPES
                }));
                self.growth.add(Assembly::NODE_BYTES + header.len());
                let made = self.assembly.begin(None, request::RESOURCES, header);
                self.groups.insert(identity, made);
                made
            }
        };
        self.growth.add(self.extracted.bytes().len());
        origin.groups.insert(self.extracted.bytes().to_vec(), group);
        group
    }
}

fn all_fields(message: &[u8]) -> impl Iterator<Item = Field<'_>> {
    Fields::new(message).map_while(Result::ok)
}

/// The fields of a message whose numbers are asked for, one after the other.
fn fields(message: &[u8], is_wanted: impl Fn(u32) -> bool) -> Vec<u8> {
    let wanted = all_fields(message).filter(|field| is_wanted(field.number));
    let ranges = wanted.filter_map(|field| message.get(field.start..field.end));
    ranges.fold(Vec::new(), |mut all, range| {
        all.extend_from_slice(range);
        all
    })
}

/// The contents of a message field.
fn occurrences(message: &[u8], number: u32) -> impl Iterator<Item = &[u8]> {
    all_fields(message)
        .filter(move |field| field.number == number)
        .filter_map(|field| field.bytes())
}
