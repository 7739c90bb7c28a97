//! Records everything that is written apart from responses: spans, events, records of `log`,
//! metrics, and panic messages.
//!
//! One recorder serves the whole test program, because dependencies write on threads of their own.

use std::{
    fmt::{self, Write as _},
    panic,
    sync::{Arc, Mutex, MutexGuard, Once, PoisonError},
};

use metrics::{Counter, Gauge, Histogram, Key, KeyName, Recorder, SharedString, Unit};
use tracing::{
    Event, Subscriber,
    field::{Field, Visit},
    span,
};
use tracing_subscriber::{
    layer::{Context, Layer, SubscriberExt as _},
    registry::LookupSpan,
};

/// The message of intended panics. Other panics are printed as usual.
pub(crate) const ON_PURPOSE: &str = "on purpose";

static HEARD: Mutex<String> = Mutex::new(String::new());

fn heard() -> MutexGuard<'static, String> {
    HEARD.lock().unwrap_or_else(PoisonError::into_inner)
}

fn note(line: fmt::Arguments<'_>) {
    // Formatted before the lock is taken, because a `Debug` may panic or log.
    let line = line.to_string();
    let _ = writeln!(heard(), "{line}");
}

/// A position in the record.
pub(crate) struct Mark(usize);

/// Starts the recorder, once.
pub(crate) fn listen() -> Mark {
    static ONCE: Once = Once::new();
    ONCE.call_once(|| {
        let subscriber = tracing_subscriber::registry().with(Traces);
        tracing::subscriber::set_global_default(subscriber).expect("the first one");
        log::set_logger(&Logs).expect("the first one");
        log::set_max_level(log::LevelFilter::Trace);
        metrics::set_global_recorder(Metrics).expect("the first one");
        let told = panic::take_hook();
        panic::set_hook(Box::new(move |info| {
            note(format_args!("panic {info} {info:?}"));
            let is_meant = info
                .payload()
                .downcast_ref::<String>()
                .is_some_and(|said| said.starts_with(ON_PURPOSE));
            if !is_meant {
                told(info);
            }
        }));
    });
    Mark(heard().len())
}

impl Mark {
    /// Everything since this position, also from other tests.
    pub(crate) fn since(&self) -> String {
        heard()[self.0..].to_owned()
    }
}

/// Records every field as it is printed.
struct Fields<'n>(&'n str);

impl Visit for Fields<'_> {
    fn record_str(&mut self, field: &Field, value: &str) {
        note(format_args!("{} {} = {value}", self.0, field.name()));
    }

    fn record_debug(&mut self, field: &Field, value: &dyn fmt::Debug) {
        note(format_args!("{} {} = {value:?} {value:#?}", self.0, field.name()));
    }
}

struct Traces;

impl<S: Subscriber + for<'s> LookupSpan<'s>> Layer<S> for Traces {
    fn on_new_span(&self, attributes: &span::Attributes<'_>, _: &span::Id, _: Context<'_, S>) {
        note(format_args!("span {:?}", attributes.metadata()));
        attributes.record(&mut Fields("span"));
    }

    fn on_record(&self, _: &span::Id, values: &span::Record<'_>, _: Context<'_, S>) {
        values.record(&mut Fields("recorded"));
    }

    fn on_event(&self, event: &Event<'_>, _: Context<'_, S>) {
        note(format_args!("event {:?}", event.metadata()));
        event.record(&mut Fields("event"));
    }
}

struct Logs;

impl log::Log for Logs {
    fn enabled(&self, _: &log::Metadata<'_>) -> bool {
        true
    }

    fn log(&self, record: &log::Record<'_>) {
        note(format_args!("log {:?} {} {}", record.metadata(), record.args(), record.target()));
    }

    fn flush(&self) {}
}

struct Metrics;

impl Recorder for Metrics {
    fn describe_counter(&self, name: KeyName, unit: Option<Unit>, text: SharedString) {
        note(format_args!("counter {name:?} {unit:?} {text}"));
    }

    fn describe_gauge(&self, name: KeyName, unit: Option<Unit>, text: SharedString) {
        note(format_args!("gauge {name:?} {unit:?} {text}"));
    }

    fn describe_histogram(&self, name: KeyName, unit: Option<Unit>, text: SharedString) {
        note(format_args!("histogram {name:?} {unit:?} {text}"));
    }

    fn register_counter(&self, key: &Key, metadata: &metrics::Metadata<'_>) -> Counter {
        note(format_args!("metric {key:?} {metadata:?}"));
        Counter::from_arc(Arc::new(std::sync::atomic::AtomicU64::new(0)))
    }

    fn register_gauge(&self, key: &Key, metadata: &metrics::Metadata<'_>) -> Gauge {
        note(format_args!("metric {key:?} {metadata:?}"));
        Gauge::from_arc(Arc::new(std::sync::atomic::AtomicU64::new(0)))
    }

    fn register_histogram(&self, key: &Key, metadata: &metrics::Metadata<'_>) -> Histogram {
        note(format_args!("metric {key:?} {metadata:?}"));
        Histogram::noop()
    }
}
