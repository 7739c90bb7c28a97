//! The body of a request: its content types, its schema, and an example.

use serde_json::{Map, Value, json};

use super::{
    components::Components,
    events::{Event, pointers, wrap},
    example,
    words::{EXAMPLE_ID, EXAMPLE_MILLIS, JSON, MULTIPART},
};
use crate::{
    delivery::{PayloadKind, PayloadShape},
    verify::{Field, Provider},
    webhooks::{FORM, form, put as put_at, signed_time},
};

/// The body that an endpoint takes.
pub(super) struct Body {
    /// The body as a part of an operation.
    pub(super) request_body: Value,
    /// The first example.
    pub(super) example: ExampleBody,
}

/// An example of a body as it is sent.
pub(super) struct ExampleBody {
    pub(super) is_form: bool,
    pub(super) text: String,
}

/// Describes the body of an endpoint. With `only`, it is that of one event.
pub(super) fn body(
    provider: &Provider,
    shape: PayloadShape,
    events: &[Event],
    only: Option<&Event>,
    components: &mut Components,
) -> Body {
    let own = shape.schemas.schema.map(|make| components.add_schema(make));
    let schema = match (only, events) {
        (Some(event), _) => event.schema_with_name(provider),
        (None, []) => own.clone().unwrap_or_else(|| json!({})),
        (None, events) => {
            let mut all: Vec<Value> =
                events.iter().map(|event| event.schema_with_name(provider)).collect();
            all.push(json!({"title": "any other event"}));
            json!({"anyOf": all})
        }
    };
    let schema = whole(provider, schema);
    let shown: Vec<&Event> = only.map_or_else(|| events.iter().collect(), |event| vec![event]);
    let examples: Vec<(String, Value)> = if shown.is_empty() {
        let item = own.map_or(json!({}), |schema| example::of_schema(&schema, components));
        vec![("delivery".to_owned(), whole_example(provider, None, item))]
    } else {
        shown
            .iter()
            .map(|event| {
                let item = event.example(components);
                (event.name.to_owned(), whole_example(provider, Some(event), item))
            })
            .collect()
    };
    let request_body = json!({
        "required": true,
        "description": describe(provider, shape),
        "content": content(provider, &schema, &examples),
    });
    let first = examples.into_iter().next().map_or(Value::Null, |(_, example)| example);
    Body { request_body, example: as_sent(provider, first) }
}

/// An example as it is sent: as JSON, or in a form.
fn as_sent(provider: &Provider, example: Value) -> ExampleBody {
    if !provider.signs_forms_only() {
        return ExampleBody { is_form: false, text: example.to_string() };
    }
    let fields = match provider.json_form_field() {
        Some(field) => json!({field: example.to_string()}),
        None => example,
    };
    // A value that cannot be the fields of a form is sent as an empty one.
    ExampleBody { is_form: true, text: form(&fields).unwrap_or_default() }
}

fn describe(provider: &Provider, shape: PayloadShape) -> String {
    let mut text = match (shape.kind, provider.batch()) {
        (PayloadKind::Batch, Some(_)) => "Many events, which are handled together.",
        (PayloadKind::Item, Some(_)) => "Many events, each of which is handled by itself.",
        _ if shape.is_by_event() => "One event. Its name decides what is decoded.",
        _ => "One delivery.",
    }
    .to_owned();
    if provider.scheme_info().signs_body {
        text.push_str(" The signature covers these bytes, exactly as they are sent.");
    }
    text
}

/// The schema of the whole body, around that of an item.
fn whole(provider: &Provider, item: Value) -> Value {
    let Some(layout) = provider.batch() else { return item };
    let item = wrap(layout.inner().unwrap_or_default(), item);
    wrap(layout.array(), json!({"type": "array", "items": item}))
}

/// An example of the whole body, with what the provider writes into it.
fn whole_example(provider: &Provider, event: Option<&Event>, mut item: Value) -> Value {
    let places = pointers(provider);
    put_missing(&mut item, places.id, EXAMPLE_ID);
    if let Some(event) = event {
        put(&mut item, places.event, event.base);
        put(&mut item, places.action, event.action.unwrap_or_default());
    } else {
        put_missing(&mut item, places.event, "test");
    }
    let mut whole = match provider.batch() {
        None => item,
        Some(layout) => {
            let (mut wrapped, mut whole) = (Value::Null, Value::Null);
            // A pointer always has a place in nothing.
            let _ = put_at(&mut wrapped, layout.inner().unwrap_or_default(), item);
            let _ = put_at(&mut whole, layout.array(), json!([wrapped]));
            if let Some(Field::Pointer(pointer)) = provider.event() {
                put_missing(&mut whole, Some(pointer), "test");
            }
            whole
        }
    };
    if let Some((pointer, time)) = signed_time(provider, EXAMPLE_MILLIS) {
        let _ = put_at(&mut whole, pointer, time);
    }
    whole
}

/// Writes a text at a pointer. An example without a place for it stays as it is.
fn put(value: &mut Value, pointer: Option<&str>, text: &str) {
    if let Some(pointer) = pointer.filter(|_| !text.is_empty()) {
        let mut changed = value.clone();
        if put_at(&mut changed, pointer, json!(text)).is_ok() {
            *value = changed;
        }
    }
}

/// Writes a text where there is nothing yet: the schema may know better.
fn put_missing(value: &mut Value, pointer: Option<&str>, text: &str) {
    let is_missing = |pointer: &&str| value.pointer(pointer).is_none_or(Value::is_null);
    let pointer = pointer.filter(is_missing);
    put(value, pointer, text);
}

/// The content types that the provider sends, with their schemas and examples.
fn content(provider: &Provider, schema: &Value, examples: &[(String, Value)]) -> Value {
    let mut content = Map::new();
    let multipart_field = provider.scheme_info().multipart_field;
    if !provider.signs_forms_only() && multipart_field.is_none() {
        content.insert(JSON.to_owned(), media(schema, examples));
    }
    if let Some(field) = multipart_field.or(provider.json_form_field()) {
        let fields = json!({
            "type": "object",
            "required": [field],
            "properties": {
                field: {
                    "type": "string",
                    "description": "The same JSON, as a text.",
                    "contentMediaType": JSON,
                    "contentSchema": schema,
                },
            },
        });
        let examples: Vec<(String, Value)> = examples
            .iter()
            .map(|(name, example)| (name.clone(), json!({field: example.to_string()})))
            .collect();
        let kind = if multipart_field.is_some() { MULTIPART } else { FORM };
        content.insert(kind.to_owned(), media(&fields, &examples));
    } else if provider.signs_forms_only() {
        content.insert(FORM.to_owned(), media(schema, examples));
    }
    Value::Object(content)
}

fn media(schema: &Value, examples: &[(String, Value)]) -> Value {
    let named = examples.iter().map(|(name, value)| (name.clone(), json!({"value": value})));
    json!({"schema": schema, "examples": named.collect::<Map<_, _>>()})
}
