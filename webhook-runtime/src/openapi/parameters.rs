//! The headers and query parameters of a delivery.

use std::fmt::Write as _;

use serde_json::{Map, Value, json};

use super::words::{EXAMPLE_ID, EXAMPLE_MILLIS, coverage};
use crate::verify::{
    BatchLayout, Field, Provider,
    scheme::{ParameterRole, Scheme, Timestamp},
};

/// The parameters of a delivery, without those of the path. `event` is the name and action of the only
/// event that they are for, if there is one.
pub(super) fn parameters(
    provider: &Provider,
    events: &[&str],
    event: Option<(&str, Option<&str>)>,
) -> Vec<Value> {
    let mut all = Parameters::default();
    match provider.scheme() {
        Some(scheme) => all.of_scheme(scheme),
        None => all.of_code(provider),
    }
    let place = provider.id();
    all.of_field(provider, place, "The id of the delivery. A retry repeats it.", |schema| {
        schema.insert("examples".to_owned(), json!([EXAMPLE_ID]));
    });
    // If the items of a batch have names of their own, the head of the request has none.
    let of_items = provider.batch().and_then(BatchLayout::event);
    for place in
        provider.event().iter().filter(|_| of_items.is_none()).chain(provider.event_fallbacks())
    {
        all.of_field(provider, Some(*place), "The name of the event.", |schema| match event {
            Some((name, _)) => {
                schema.insert("const".to_owned(), json!(name));
            }
            None if events.is_empty() => {}
            None => {
                schema.insert("examples".to_owned(), json!(events));
            }
        });
    }
    all.of_field(provider, provider.action(), "The action, which refines the event.", |schema| {
        if let Some((_, Some(action))) = event {
            schema.insert("const".to_owned(), json!(action));
        }
    });
    all.0
}

#[derive(Default)]
struct Parameters(Vec<Value>);

impl Parameters {
    fn add(&mut self, name: &str, place: &str, required: bool, description: &str, schema: &Value) {
        // Documents have no parameters of these names: the security schemes say what is in them.
        let is_reserved = ["accept", "authorization", "content-type"].contains(&name);
        let is_known = self.0.iter().any(|known| known["name"] == name);
        if !(is_known || is_reserved && place == "header") {
            self.0.push(json!({
                "name": name,
                "in": place,
                "required": required,
                "description": description,
                "schema": schema,
            }));
        }
    }

    /// Adds the parameters that the scheme reads.
    fn of_scheme(&mut self, scheme: &Scheme) {
        for parameter in scheme.parameters() {
            let mut form = Map::new();
            form.insert("type".to_owned(), json!("string"));
            if let Some(pattern) = &parameter.pattern {
                form.insert("pattern".to_owned(), json!(pattern));
            }
            let mut description = match parameter.role {
                ParameterRole::Signature if scheme.is_credential() => {
                    "The secret itself.".to_owned()
                }
                ParameterRole::Signature => {
                    format!("The signature: `{}`.", scheme.signature_pattern())
                }
                ParameterRole::OneOfSignatures => format!(
                    "One of several headers with the signature, each for a secret of its own: `{}`. At \
                     least one of them is there.",
                    scheme.signature_pattern()
                ),
                ParameterRole::Id => {
                    form.insert("examples".to_owned(), json!([EXAMPLE_ID]));
                    "The id of the delivery. It is signed, and a retry repeats it.".to_owned()
                }
                ParameterRole::Time => {
                    if let Some(time) = scheme.signed_timestamp() {
                        describe_time(&mut form, time);
                    }
                    "The time of signing. It is signed.".to_owned()
                }
                ParameterRole::Value { .. } => "A value that is signed beside the body.".to_owned(),
                ParameterRole::Fixed(value) => {
                    form.insert("const".to_owned(), json!(value));
                    "Always this value.".to_owned()
                }
            };
            let other = scheme.alternatives().iter().find(|(name, _)| *name == parameter.name);
            if let Some((_, other)) = other {
                let _ = write!(
                    description,
                    " The provider may use `{other}` instead, and then its other names for all headers."
                );
            }
            let may_be_missing = matches!(
                parameter.role,
                ParameterRole::OneOfSignatures | ParameterRole::Value { is_optional: true }
            );
            let required = !may_be_missing && scheme.alternatives().is_empty();
            let place = if parameter.in_query { "query" } else { "header" };
            self.add(&parameter.name, place, required, &description, &Value::Object(form));
        }
    }

    /// Adds the headers that a scheme in code names.
    fn of_code(&mut self, provider: &Provider) {
        let info = provider.scheme_info();
        let text = json!({"type": "string"});
        if !info.signature_header.is_empty() {
            let description = format!("The signature: {}.", info.summary);
            self.add(info.signature_header, "header", true, &description, &text);
        }
        for name in info.signed_headers {
            self.add(name, "header", true, "A header that is signed.", &text);
        }
    }

    /// Adds a field of the provider, if it is a header.
    fn of_field(
        &mut self,
        provider: &Provider,
        field: Option<Field>,
        meaning: &str,
        fill: impl FnOnce(&mut Map<String, Value>),
    ) {
        let Some(field @ Field::Header(name)) = field else { return };
        let mut schema = Map::new();
        schema.insert("type".to_owned(), json!("string"));
        fill(&mut schema);
        let description = format!("{meaning} {}", coverage(provider, field));
        self.add(name, "header", false, &description, &Value::Object(schema));
    }
}

/// Adds the format of a time, and an example.
fn describe_time(schema: &mut Map<String, Value>, time: &Timestamp) {
    let example = time.format(EXAMPLE_MILLIS);
    if example.ends_with('Z') {
        schema.insert("format".to_owned(), json!("date-time"));
    }
    schema.insert("examples".to_owned(), json!([example]));
}
