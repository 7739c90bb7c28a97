//! A subscriber that records everything.

use std::{
    collections::BTreeMap,
    fmt::{self, Write as _},
    sync::{Arc, Mutex, MutexGuard},
};

use tracing::{
    Event, Metadata, Subscriber,
    field::{Field, Visit},
    span,
    subscriber::DefaultGuard,
};
use tracing_subscriber::{
    layer::{Context, Layer, SubscriberExt as _},
    registry::LookupSpan,
};

pub(crate) type Fields = BTreeMap<&'static str, String>;

/// Everything that was traced, of every target and level.
#[derive(Clone, Default)]
pub(crate) struct Records(Arc<Mutex<Inner>>);

#[derive(Default)]
pub(crate) struct Inner {
    /// Spans in order: name and fields.
    pub(crate) spans: Vec<(&'static str, Fields)>,
    /// Events, each with the name of its span.
    pub(crate) events: Vec<(Option<&'static str>, Fields)>,
    /// Every name and value, as text.
    pub(crate) everything: String,
}

/// A span's index in the list.
struct Number(usize);

/// Records fields by name, and everything as text.
struct Reader<'r>(&'r mut Fields, &'r mut String);

impl Visit for Reader<'_> {
    fn record_str(&mut self, field: &Field, value: &str) {
        let _ = writeln!(self.1, "{} = {value}", field.name());
        // The feature `otel` names spans for OpenTelemetry by these: see `tests/tests/otel.rs`.
        if !field.name().starts_with("otel.") {
            self.0.insert(field.name(), value.to_owned());
        }
    }

    fn record_debug(&mut self, field: &Field, value: &dyn fmt::Debug) {
        self.record_str(field, &format!("{value:?}"));
    }
}

impl Records {
    /// Traces this thread until the guard is dropped.
    pub(crate) fn start() -> (Self, DefaultGuard) {
        let records = Self::default();
        let subscriber = tracing_subscriber::registry().with(records.clone());
        (records, tracing::subscriber::set_default(subscriber))
    }

    pub(crate) fn inner(&self) -> MutexGuard<'_, Inner> {
        self.0.lock().expect("nobody panics holding it")
    }

    fn note(&self, metadata: &Metadata<'_>) {
        let _ = writeln!(self.inner().everything, "{metadata:?}");
    }

    /// The only delivery so far.
    pub(crate) fn delivery(&self) -> Fields {
        let inner = self.inner();
        let ours: Vec<_> = inner.spans.iter().filter(|(name, _)| *name == "webhook").collect();
        let [(_, fields)] = ours[..] else { panic!("one span for one delivery: {ours:?}") };
        fields.clone()
    }

    /// The reason given for the only refusal so far.
    pub(crate) fn reason(&self) -> String {
        let inner = self.inner();
        let reasons: Vec<_> = inner
            .events
            .iter()
            .filter_map(|(span, fields)| Some((*span, fields.get("reason")?)))
            .collect();
        let [(span, reason)] = reasons[..] else { panic!("one reason: {reasons:?}") };
        assert_eq!(span, Some("webhook"), "the reason stands with its delivery");
        reason.clone()
    }
}

impl<S: Subscriber + for<'s> LookupSpan<'s>> Layer<S> for Records {
    fn on_new_span(&self, attributes: &span::Attributes<'_>, id: &span::Id, all: Context<'_, S>) {
        self.note(attributes.metadata());
        let mut inner = self.inner();
        let mut fields = Fields::new();
        attributes.record(&mut Reader(&mut fields, &mut inner.everything));
        let number = Number(inner.spans.len());
        inner.spans.push((attributes.metadata().name(), fields));
        all.span(id).expect("a live span").extensions_mut().insert(number);
    }

    fn on_record(&self, id: &span::Id, values: &span::Record<'_>, all: Context<'_, S>) {
        let span = all.span(id).expect("a live span");
        let Number(number) = *span.extensions().get().expect("every span has one");
        let Inner { spans, everything, .. } = &mut *self.inner();
        values.record(&mut Reader(&mut spans[number].1, everything));
    }

    fn on_event(&self, event: &Event<'_>, all: Context<'_, S>) {
        self.note(event.metadata());
        let mut inner = self.inner();
        let mut fields = Fields::new();
        event.record(&mut Reader(&mut fields, &mut inner.everything));
        inner.events.push((all.event_span(event).map(|span| span.name()), fields));
    }
}
