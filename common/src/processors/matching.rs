//! Which items a processor works on: what `include` and `exclude` say.
//!
//! All properties that are written must match. They are looked at as far outside as they can be, so
//! that a resource or scope whose items cannot be included is not entered.

mod settings;
mod value;

use std::borrow::Cow;

pub use settings::{
    CacheSettings, LibrarySettings, MatchSettings, MatchType, PropertySettings, SeveritySettings,
};

use self::value::{Library, Property, Texts};
use crate::{
    otlp::{
        any_value::AnyValue, attributes::Attributes, field_numbers::instrumentation_scope,
        overlay::Place, schema::enums,
    },
    settings::PatternError,
    signal::Signal,
};

/// What upstream takes for the name of a service that has none.
const NO_SERVICE_NAME: &str = "<nil-service-name>";

/// What `include` and `exclude` of one processor say.
#[derive(Debug, Default)]
pub struct Selection {
    include: Option<Matcher>,
    exclude: Option<Matcher>,
}

impl Selection {
    /// A selection from settings that were checked.
    ///
    /// # Errors
    /// [`PatternError`] if a text is no regular expression after all.
    pub fn new(
        include: Option<&MatchSettings>,
        exclude: Option<&MatchSettings>,
        signal: Signal,
    ) -> Result<Self, PatternError> {
        // As upstream has it, which asks a metric for its name alone.
        let says_something =
            |one: &&MatchSettings| signal != Signal::Metrics || !one.metric_names.is_empty();
        Ok(Self {
            include: include.filter(says_something).map(Matcher::new).transpose()?,
            exclude: exclude.filter(says_something).map(Matcher::new).transpose()?,
        })
    }

    /// Begins a visit of a request.
    #[must_use]
    pub const fn visit(&self) -> Visit<'_> {
        Visit { selection: self, resource: Found::START, scope: Found::START }
    }
}

/// Whether a place and all around it match, as far as has been looked.
#[derive(Clone, Copy, Debug)]
struct Found {
    is_included: bool,
    is_excluded: bool,
}

impl Found {
    const START: Self = Self { is_included: true, is_excluded: true };
}

/// A visit of the places of one request, from the outside in.
#[derive(Debug)]
pub struct Visit<'a> {
    selection: &'a Selection,
    resource: Found,
    scope: Found,
}

impl Visit<'_> {
    /// At a resource. Tells whether anything in it can be included.
    pub fn resource(&mut self, place: &Place<'_>) -> bool {
        self.resource = self.found(Found::START, |matcher| matcher.matches_resource(place));
        self.resource.is_included
    }

    /// At a scope. Tells whether anything in it can be included.
    pub fn scope(&mut self, place: &Place<'_>) -> bool {
        self.scope = self.found(self.resource, |matcher| matcher.matches_scope(place));
        self.scope.is_included
    }

    /// At a span, log record or metric. Tells whether it is selected; a metric is with all its points.
    #[must_use]
    pub fn entry(&self, place: &Place<'_>) -> bool {
        let found = self.found(self.scope, |matcher| match place.signal() {
            Signal::Traces => matcher.matches_span(place),
            Signal::Metrics => matcher.matches_metric(place),
            Signal::Logs => matcher.matches_log_record(place),
        });
        found.is_included && !found.is_excluded
    }

    fn found(&self, around: Found, matches: impl Fn(&Matcher) -> bool) -> Found {
        let Selection { include, exclude } = self.selection;
        Found {
            is_included: around.is_included && include.as_ref().is_none_or(&matches),
            is_excluded: around.is_excluded && exclude.as_ref().is_some_and(&matches),
        }
    }
}

/// What `include` and `exclude` of metrics say where they ask for the resource as well.
#[derive(Debug)]
pub(super) struct MetricSelection {
    include: Option<Matcher>,
    exclude: Option<Matcher>,
}

impl MetricSelection {
    /// A selection from settings that were checked.
    pub(super) fn new(
        include: Option<&MatchSettings>,
        exclude: Option<&MatchSettings>,
    ) -> Result<Self, PatternError> {
        Ok(Self {
            include: include.map(Matcher::new).transpose()?,
            exclude: exclude.map(Matcher::new).transpose()?,
        })
    }

    /// Whether anything of a resource is kept, by its attributes.
    pub(super) fn keeps_resource(&self, place: &Place<'_>) -> bool {
        let attributes = place.resource.message.attributes();
        let asks = |matcher: &&Matcher| !matcher.resources.is_empty();
        let matches = |matcher: &Matcher| all_match(&matcher.resources, attributes);
        self.include.as_ref().filter(asks).is_none_or(matches)
            && !self.exclude.as_ref().filter(asks).is_some_and(matches)
    }

    /// Whether a metric is kept, by its name.
    pub(super) fn keeps_metric(&self, place: &Place<'_>) -> bool {
        let asks = |matcher: &&Matcher| matcher.metric_names.is_some();
        let matches = |matcher: &Matcher| matcher.matches_metric(place);
        self.include.as_ref().filter(asks).is_none_or(matches)
            && !self.exclude.as_ref().filter(asks).is_some_and(matches)
    }
}

/// Properties that must all match.
#[derive(Debug)]
struct Matcher {
    services: Option<Texts>,
    span_names: Option<Texts>,
    span_kinds: Option<Texts>,
    log_bodies: Option<Texts>,
    log_severity_texts: Option<Texts>,
    log_severity_number: Option<SeveritySettings>,
    metric_names: Option<Texts>,
    libraries: Vec<Library>,
    attributes: Vec<Property>,
    resources: Vec<Property>,
}

impl Matcher {
    fn new(settings: &MatchSettings) -> Result<Self, PatternError> {
        let texts = |texts: &[String]| match texts {
            [] => Ok(None),
            texts => Texts::new(settings.match_type, texts).map(Some),
        };
        let properties = |properties: &[PropertySettings]| {
            let properties = properties.iter();
            properties
                .map(|one| Property::new(settings.match_type, one))
                .collect::<Result<_, PatternError>>()
        };
        let libraries = settings.libraries.iter();
        Ok(Self {
            services: texts(&settings.services)?,
            span_names: texts(&settings.span_names)?,
            span_kinds: texts(&settings.span_kinds)?,
            log_bodies: texts(&settings.log_bodies)?,
            log_severity_texts: texts(&settings.log_severity_texts)?,
            log_severity_number: settings.log_severity_number,
            metric_names: texts(&settings.metric_names)?,
            libraries: libraries
                .map(|one| Library::new(settings.match_type, one))
                .collect::<Result<_, _>>()?,
            attributes: properties(&settings.attributes)?,
            resources: properties(&settings.resources)?,
        })
    }

    fn matches_resource(&self, place: &Place<'_>) -> bool {
        if place.signal() == Signal::Metrics {
            return true;
        }
        let attributes = place.resource.message.attributes();
        let service =
            || attributes.get("service.name").map_or(NO_SERVICE_NAME.into(), AnyValue::to_text);
        self.services.as_ref().is_none_or(|services| services.matches(&service()))
            && all_match(&self.resources, attributes)
    }

    fn matches_scope(&self, place: &Place<'_>) -> bool {
        let scope = place.scope.message.message();
        self.libraries.iter().all(|library| {
            library.matches(
                scope.string(instrumentation_scope::NAME),
                scope.string(instrumentation_scope::VERSION),
            )
        })
    }

    fn matches_metric(&self, place: &Place<'_>) -> bool {
        matches(self.metric_names.as_ref(), || place.metric_view().name().into())
    }

    fn matches_span(&self, place: &Place<'_>) -> bool {
        let span = place.span();
        matches(self.span_names.as_ref(), || span.name().into())
            && matches(self.span_kinds.as_ref(), || kind_name(span.kind()).into())
            && all_match(&self.attributes, span.attributes())
    }

    fn matches_log_record(&self, place: &Place<'_>) -> bool {
        let record = place.log_record();
        matches(self.log_bodies.as_ref(), || record.body().to_text())
            && matches(self.log_severity_texts.as_ref(), || record.severity_text().into())
            && self.log_severity_number.is_none_or(|one| one.matches(record.severity_number()))
            && all_match(&self.attributes, record.attributes())
    }
}

fn matches<'a>(texts: Option<&Texts>, text: impl FnOnce() -> Cow<'a, str>) -> bool {
    texts.is_none_or(|texts| texts.matches(&text()))
}

fn all_match(properties: &[Property], attributes: Attributes<'_>) -> bool {
    properties.iter().all(|property| property.matches(attributes))
}

fn kind_name(kind: i32) -> &'static str {
    enums::name_of(&enums::SPAN_KIND, kind).unwrap_or_default()
}

#[cfg(test)]
mod tests;
