//! The deliveries of a run: the samples of `send`, each with an id of its own.

use std::{
    sync::atomic::{AtomicU64, Ordering::Relaxed},
    time::SystemTime,
};

use serde_json::Value;
use webhook_runtime::{BatchLayout, Field, Provider, testing::TestDelivery};

use crate::{
    clock::unix_millis,
    random::random_hex,
    sample::{self, FORM, Wishes},
};

/// The parts that every delivery of the run has.
pub(super) struct Samples {
    provider: &'static Provider,
    event: Option<String>,
    data: Option<Vec<u8>>,
    headers: Vec<(String, String)>,
    /// The beginning of all ids: the receiver may remember those of earlier runs.
    run: String,
    sent: AtomicU64,
}

impl Samples {
    pub(super) fn new(
        provider: &'static Provider,
        event: Option<String>,
        data: Option<Vec<u8>>,
        headers: Vec<(String, String)>,
    ) -> Self {
        Self { provider, event, data, headers, run: random_hex(12), sent: AtomicU64::new(0) }
    }

    /// Builds a sample. This fails for a body that the provider cannot send.
    pub(super) fn build(&self) -> Result<sample::Sample, String> {
        let number = self.sent.fetch_add(1, Relaxed);
        let id = format!("evt_{}{number}", self.run);
        let mut wishes = Wishes {
            event: self.event.clone(),
            id,
            data: self.data.clone(),
            set: Vec::new(),
            unix_millis: unix_millis(SystemTime::now()),
        };
        wishes.set = self.own(&wishes.id, number);
        let mut sample = sample::build(self.provider, &wishes)?;
        if self.data.is_some() && wishes.set.is_empty() && sample.content_type != FORM {
            // The same JSON in other bytes, for a receiver that remembers bodies.
            sample.body.extend(blanks(&self.run, number));
        }
        Ok(sample)
    }

    /// A value that makes the body one of its own, where the id does not.
    fn own(&self, id: &str, number: u64) -> Vec<(String, Value)> {
        let array = self.provider.batch().map(BatchLayout::array);
        if self.data.is_none()
            && !matches!((array, self.provider.id()), (None, Some(Field::Pointer(_))))
        {
            // A form has no depth, and so no other place.
            let item = array.map(|array| format!("{array}/0")).unwrap_or_default();
            return vec![(format!("{item}/webhook_test"), id.into())];
        }
        let Some(Field::Pointer(pointer)) = self.provider.id() else { return Vec::new() };
        let json = match &self.data {
            Some(data) => serde_json::from_slice(data).unwrap_or_default(),
            None => sample::body(self.provider),
        };
        match json.pointer(pointer) {
            Some(Value::Number(_)) => {
                let start = u64::from_str_radix(&self.run[..6], 16).unwrap_or_default();
                vec![(pointer.to_owned(), (start * 10_000 + number).into())]
            }
            _ if json.is_object() && self.data.is_some() => vec![(pointer.to_owned(), id.into())],
            _ => Vec::new(),
        }
    }

    /// Writes a sample into a delivery of the suite.
    pub(super) fn fill<'d>(&self, delivery: TestDelivery<'d>) -> TestDelivery<'d> {
        // It was built once before the run.
        let Ok(sample) = self.build() else { return delivery };
        let mut delivery = delivery.content_type(sample.content_type).body(sample.body);
        for (name, value) in sample.headers {
            match self.provider.event() {
                Some(Field::Header(header)) if header == name => delivery = delivery.event(value),
                _ if self.provider.id() == Some(Field::header(name)) => {
                    delivery = delivery.id(value);
                }
                _ => delivery = delivery.header(name, &value),
            }
        }
        for (name, value) in &self.headers {
            delivery = if name.eq_ignore_ascii_case("content-type") {
                delivery.content_type(value)
            } else {
                delivery.header(name, value)
            };
        }
        delivery
    }
}

/// White space that spells a number.
fn blanks(run: &str, number: u64) -> impl Iterator<Item = u8> {
    let start = u64::from_str_radix(run, 16).unwrap_or_default();
    let number = start.wrapping_mul(0x1_0000).wrapping_add(number);
    (0..u64::BITS).map(move |bit| if number >> bit & 1 == 1 { b'\t' } else { b' ' })
}
