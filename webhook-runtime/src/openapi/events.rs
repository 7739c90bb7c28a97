//! The events of an endpoint whose payload is an enum of events, one for each name.

use serde_json::{Map, Value, json};

use super::{components::Components, example};
use crate::{
    delivery::{EventVariant, PayloadShape},
    verify::{Field, Provider},
};

/// One event with a variant.
pub(super) struct Event {
    /// The name as the variant has it, such as `issues.opened`.
    pub(super) name: &'static str,
    /// The name without its action, and the action.
    pub(super) base: &'static str,
    pub(super) action: Option<&'static str>,
    /// The doc comment of the variant.
    pub(super) description: &'static str,
    /// The schema of the variant's type, if it has one.
    pub(super) schema: Option<Value>,
}

/// Lists the events of a payload type. A type that is no enum of events has none.
pub(super) fn events(
    provider: &Provider,
    shape: PayloadShape,
    components: &mut Components,
) -> Vec<Event> {
    let mut all = Vec::new();
    add(provider, &(shape.schemas.variants)(), None, components, &mut all);
    all
}

/// Adds the events of some variants. Those of an enum in another one are of the event that leads there.
fn add(
    provider: &Provider,
    variants: &[EventVariant],
    within: Option<&[&'static str]>,
    components: &mut Components,
    all: &mut Vec<Event>,
) {
    for variant in variants {
        let names: Vec<&'static str> = match within {
            None => variant.names.to_vec(),
            Some(outer) => {
                let pairs =
                    variant.names.iter().flat_map(|name| outer.iter().map(move |it| (name, it)));
                pairs.filter_map(|(name, outer)| more_specific(name, outer)).collect()
            }
        };
        let inner = variant.payload.map(|payload| (payload.schemas.variants)()).unwrap_or_default();
        if !inner.is_empty() {
            add(provider, &inner, Some(variant.names), components, all);
            continue;
        }
        let make = variant.payload.and_then(|payload| payload.schemas.schema);
        let schema = make.map(|make| components.add_schema(make));
        for name in names {
            if all.iter().any(|known| known.name == name) {
                continue;
            }
            let (base, action) = parts(provider, name);
            let description = variant.description;
            all.push(Event { name, base, action, description, schema: schema.clone() });
        }
    }
}

/// The more specific one of two names, if one is within the other.
fn more_specific(name: &'static str, outer: &'static str) -> Option<&'static str> {
    let within = is_within(name, outer).then_some(name);
    within.or_else(|| is_within(outer, name).then_some(outer))
}

/// True for `issues.opened` in `issues`, and for a name in itself.
fn is_within(name: &str, outer: &str) -> bool {
    name.strip_prefix(outer).is_some_and(|rest| rest.is_empty() || rest.starts_with('.'))
}

/// The event and the action of a name, if the provider sends an action of its own.
fn parts(provider: &Provider, name: &'static str) -> (&'static str, Option<&'static str>) {
    let has_action = match provider.batch() {
        Some(layout) => layout.action().is_some() || provider.action().is_some(),
        None => provider.action().is_some(),
    };
    match name.split_once('.') {
        Some((event, action)) if has_action => (event, Some(action)),
        _ => (name, None),
    }
}

impl Event {
    /// The schema of the body with this event, or of one item of a batch.
    pub(super) fn schema_with_name(&self, provider: &Provider) -> Value {
        let mut whole = Map::new();
        whole.insert("title".to_owned(), json!(self.name));
        if !self.description.is_empty() {
            whole.insert("description".to_owned(), json!(self.description));
        }
        let mut parts: Vec<Value> = self.schema.clone().into_iter().collect();
        let places = pointers(provider);
        parts.extend(places.event.map(|pointer| constant_at(pointer, self.base)));
        parts.extend(places.action.zip(self.action).map(|(at, action)| constant_at(at, action)));
        if parts.is_empty() {
            whole.insert("type".to_owned(), json!("object"));
        } else {
            whole.insert("allOf".to_owned(), Value::Array(parts));
        }
        Value::Object(whole)
    }

    /// An example of the payload, without the places of the provider.
    pub(super) fn example(&self, components: &Components) -> Value {
        self.schema.as_ref().map_or(json!({}), |schema| example::of_schema(schema, components))
    }
}

/// The places of the name, the action and the id in the body, or in an item of a batch.
#[derive(Clone, Copy)]
pub(super) struct Pointers {
    pub(super) event: Option<&'static str>,
    pub(super) action: Option<&'static str>,
    pub(super) id: Option<&'static str>,
}

/// The pointers into the body, or into an item of a batch.
pub(super) fn pointers(provider: &Provider) -> Pointers {
    let in_body = |field: Option<Field>| match field {
        Some(Field::Pointer(pointer)) => Some(pointer),
        _ => None,
    };
    match provider.batch() {
        Some(layout) => {
            Pointers { event: layout.event(), action: layout.action(), id: layout.id() }
        }
        None => Pointers {
            event: in_body(provider.event()),
            action: in_body(provider.action()),
            id: in_body(provider.id()),
        },
    }
}

/// The schema of a value that has this text at this pointer.
fn constant_at(pointer: &str, text: &str) -> Value {
    wrap(pointer, json!({"const": text}))
}

/// The schema of a value that has another one at this pointer.
pub(super) fn wrap(pointer: &str, schema: Value) -> Value {
    pointer.rsplit('/').filter(|token| !token.is_empty()).fold(schema, |inner, token| {
        let name = token.replace("~1", "/").replace("~0", "~");
        match name.parse::<usize>() {
            Ok(0) => json!({"type": "array", "items": inner, "minItems": 1}),
            _ => json!({"type": "object", "required": [name.clone()], "properties": {name: inner}}),
        }
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn schemas_are_wrapped_by_pointers() {
        assert_eq!(wrap("", json!(1)), json!(1));
        assert_eq!(
            wrap("/a~1b/c", json!(1)),
            json!({
                "type": "object",
                "required": ["a/b"],
                "properties": {
                    "a/b": {"type": "object", "required": ["c"], "properties": {"c": 1}},
                },
            })
        );
        let first = wrap("/0/id", json!(1));
        assert_eq!(
            (&first["type"], &first["items"]["required"][0]),
            (&json!("array"), &json!("id"))
        );
    }

    #[test]
    fn names_of_inner_enums_belong_to_the_outer_name() {
        assert!(is_within("issues.opened", "issues") && is_within("issues", "issues"));
        assert!(!is_within("issues2", "issues") && !is_within("push", "issues"));
    }

    #[test]
    fn an_outer_action_keeps_the_inner_variant_of_its_event() {
        for (name, outer, expected) in [
            ("issues.opened", "issues", Some("issues.opened")),
            ("issues", "issues.opened", Some("issues.opened")),
            ("issues.closed", "issues.opened", None),
            ("push", "issues", None),
        ] {
            assert_eq!(more_specific(name, outer), expected, "{name} in {outer}");
        }
    }
}
