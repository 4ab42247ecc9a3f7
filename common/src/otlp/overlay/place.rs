//! Where a visit stands, and what can be read and edited there.

use crate::{
    otlp::{
        edit::{Draft, Patch},
        field_numbers::{instrumentation_scope, resource, resource_group, scope_group},
        item::count_in_entry,
        log_record::LogRecordView,
        message::{Message, contents, occurrences},
        metric::{DataKind, DataPointView, MetricView, attributes_field},
        span::SpanView,
    },
    signal::Signal,
    wire::writer::put_bytes_field,
};

use super::children::Children;

/// A resource, a scope, a metric or an item, with its parents.
///
/// Drafts of what is further inside than the visit are left over from elsewhere and mean nothing.
#[derive(Debug)]
pub struct Place<'a> {
    /// The resource.
    pub resource: Parent<'a>,
    /// The scope.
    pub scope: Parent<'a>,
    /// The metric. From its data points all may be edited but the points themselves.
    pub metric: Draft<'a>,
    /// The span, log record or data point.
    pub item: Draft<'a>,
    pub(super) kind: DataKind,
    pub(super) appended: Vec<u8>,
    pub(super) appended_items: usize,
    signal: Signal,
    children: Children,
}

impl Place<'_> {
    /// A place where nothing is.
    #[must_use]
    pub fn new(signal: Signal) -> Self {
        Self {
            resource: Parent::default(),
            scope: Parent::default(),
            metric: Draft::default(),
            item: Draft::default(),
            kind: DataKind::Gauge,
            appended: Vec::new(),
            appended_items: 0,
            signal,
            children: Children::default(),
        }
    }

    /// The signal of the request.
    #[must_use]
    pub const fn signal(&self) -> Signal {
        self.signal
    }

    /// The item as a span.
    #[must_use]
    pub fn span(&self) -> SpanView<'_> {
        SpanView::new(self.item.bytes())
    }

    /// The item as a log record.
    #[must_use]
    pub fn log_record(&self) -> LogRecordView<'_> {
        LogRecordView::new(self.item.bytes())
    }

    /// The metric.
    #[must_use]
    pub fn metric_view(&self) -> MetricView<'_> {
        MetricView::new(self.metric.bytes())
    }

    /// The item as a data point.
    #[must_use]
    pub fn data_point(&self) -> DataPointView<'_> {
        DataPointView::new(self.kind, self.item.bytes())
    }

    /// How many bytes were added to the scope.
    #[must_use]
    pub const fn appended_len(&self) -> usize {
        self.appended.len()
    }

    /// Adds a span, log record or metric at the end of the scope. Only metrics are visited then.
    ///
    /// It is lost if the scope itself is dropped.
    pub fn append_to_scope(&mut self, entry: &[u8]) {
        put_bytes_field(&mut self.appended, scope_group::ITEMS, entry);
        self.appended_items += count_in_entry(self.signal, entry);
    }

    /// Visits the messages inside the item that stand in a repeated field: events, links, exemplars.
    ///
    /// The function edits one of them, may edit the item and its parents, and tells whether it stays.
    /// The number of those messages in the item may not change meanwhile. Returns how many went.
    pub fn each_child(
        &mut self,
        number: u32,
        attributes_field: u32,
        mut visit: impl FnMut(&mut Self, &mut Draft<'_>) -> bool,
    ) -> usize {
        if contents(self.item.bytes(), number).next().is_none() {
            return 0;
        }
        // A visit may edit the item, so what is visited is a copy.
        let item = self.item.bytes().to_vec();
        let mut changes = std::mem::take(&mut self.children);
        let mut child = Draft::default();
        for (ordinal, content) in contents(&item, number).enumerate() {
            child.load(content, attributes_field);
            if !visit(self, &mut child) {
                changes.remove(ordinal);
            } else if child.is_edited() {
                changes.replace(ordinal, &child);
            }
        }
        self.item.patch(|item, patch| changes.patch(item, number, &mut 0, patch));
        let removed = changes.removed();
        changes.clear();
        self.children = changes;
        removed
    }

    pub(super) fn load_point(&mut self, kind: DataKind) -> u32 {
        self.kind = kind;
        attributes_field(kind)
    }
}

/// A resource or scope: the message itself and the schema that stands beside it.
#[derive(Debug, Default)]
pub struct Parent<'a> {
    /// The message.
    pub message: Draft<'a>,
    wrapper: &'a [u8],
    schema_url: Option<String>,
}

// The wrappers of resources and scopes have the same fields.
const HEADER: u32 = resource_group::RESOURCE;
const SCHEMA_URL: u32 = resource_group::SCHEMA_URL;
const _: () = assert!(HEADER == scope_group::SCOPE && SCHEMA_URL == scope_group::SCHEMA_URL);

impl<'a> Parent<'a> {
    /// The schema with all edits so far.
    #[must_use]
    pub fn schema_url(&self) -> &str {
        match &self.schema_url {
            Some(edited) => edited,
            None => Message::new(self.wrapper).string(SCHEMA_URL),
        }
    }

    /// Sets the schema.
    pub fn set_schema_url(&mut self, url: &str) {
        self.schema_url = Some(url.to_owned());
    }

    pub(super) fn load_resource(&mut self, wrapper: &'a [u8]) {
        self.load(wrapper, resource::ATTRIBUTES);
    }

    pub(super) fn load_scope(&mut self, wrapper: &'a [u8]) {
        self.load(wrapper, instrumentation_scope::ATTRIBUTES);
    }

    fn load(&mut self, wrapper: &'a [u8], attributes_field: u32) {
        self.wrapper = wrapper;
        self.schema_url = None;
        match Message::singular(wrapper, HEADER).unwrap_or(Message::EMPTY).whole() {
            Some(content) => self.message.load(content, attributes_field),
            None => {
                let joined: Vec<u8> = contents(wrapper, HEADER).flatten().copied().collect();
                self.message.load_copy(&joined, attributes_field);
            }
        }
    }

    /// Whether the message or the schema was edited.
    pub(super) const fn is_edited(&self) -> bool {
        self.message.is_edited() || self.schema_url.is_some()
    }

    /// Collects the edits of the message and the schema in the wrapper, as it has become.
    pub(super) fn patch(&self, wrapper: &[u8], patch: &mut Patch) {
        if self.message.is_edited() {
            set(wrapper, HEADER, self.message.bytes(), patch);
        }
        if let Some(url) = &self.schema_url {
            set(wrapper, SCHEMA_URL, url.as_bytes(), patch);
        }
    }
}

fn set(wrapper: &[u8], number: u32, content: &[u8], patch: &mut Patch) {
    let mut is_written = false;
    for (range, _) in occurrences(wrapper, number) {
        if is_written {
            patch.remove(range);
        } else {
            patch.replace(range, |out| put_bytes_field(out, number, content));
        }
        is_written = true;
    }
    if !is_written {
        patch.replace(0..0, |out| put_bytes_field(out, number, content));
    }
}
