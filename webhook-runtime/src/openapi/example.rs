//! An example of a value, from its JSON schema.

use serde_json::{Map, Value, json};

use super::components::Components;

/// The depth at which values that may be missing are left out, so that types that contain themselves end.
const MAX_DEPTH: usize = 6;

/// An example of what a schema describes.
pub(super) fn of_schema(schema: &Value, components: &Components) -> Value {
    value(schema, components, 0).unwrap_or_else(|| json!({}))
}

/// An example, or `None` where the type goes too deep.
fn value(schema: &Value, components: &Components, depth: usize) -> Option<Value> {
    if depth > MAX_DEPTH {
        return None;
    }
    let Value::Object(schema) = schema else { return Some(json!({})) };
    let given = [schema.get("const"), schema.get("default").filter(|it| !it.is_null())];
    let listed = ["examples", "enum"].map(|name| schema.get(name).and_then(|list| list.get(0)));
    if let Some(given) = given.into_iter().chain(listed).flatten().next() {
        return Some(given.clone());
    }
    if let Some(Value::String(reference)) = schema.get("$ref") {
        return value(components.resolve(reference)?, components, depth + 1);
    }
    if let Some(Value::Array(parts)) = schema.get("allOf") {
        return all_of(schema, parts, components, depth);
    }
    let one_of = ["oneOf", "anyOf"].into_iter().find_map(|name| schema.get(name)?.as_array());
    if let Some(choices) = one_of {
        let chosen = chosen(choices, components, depth);
        let Some(Value::Object(chosen)) = chosen else { return chosen };
        // An enum with a tag has fields beside its variants.
        return Some(Value::Object(merged(chosen, object(schema, components, depth))));
    }
    match type_of(schema) {
        "null" => Some(Value::Null),
        "boolean" => Some(json!(true)),
        "integer" | "number" => Some(number(schema)),
        "string" => Some(json!(text(schema))),
        "array" => Some(Value::Array(items(schema, components, depth))),
        _ => missing_none(schema, components, depth),
    }
}

/// The object, or `None` if a field that has to be there goes too deep.
fn missing_none(
    schema: &Map<String, Value>,
    components: &Components,
    depth: usize,
) -> Option<Value> {
    let members = object(schema, components, depth);
    let required = schema.get("required").and_then(Value::as_array);
    let has_all = required
        .into_iter()
        .flatten()
        .filter_map(Value::as_str)
        .all(|name| members.contains_key(name));
    has_all.then_some(Value::Object(members))
}

/// The first type that is not `null`.
fn type_of(schema: &Map<String, Value>) -> &str {
    match schema.get("type") {
        Some(Value::String(name)) => name,
        Some(Value::Array(names)) => {
            let mut names = names.iter().filter_map(Value::as_str);
            names.find(|name| *name != "null").unwrap_or("null")
        }
        _ => "object",
    }
}

fn all_of(
    schema: &Map<String, Value>,
    parts: &[Value],
    components: &Components,
    depth: usize,
) -> Option<Value> {
    let mut whole = object(schema, components, depth);
    for part in parts {
        match value(part, components, depth)? {
            Value::Object(members) => whole = merged(whole, members),
            // A value of another type has one part that says all.
            other => return Some(other),
        }
    }
    Some(Value::Object(whole))
}

/// The first choice that has an example, and `null` only if no other has.
fn chosen(choices: &[Value], components: &Components, depth: usize) -> Option<Value> {
    let examples: Vec<Value> =
        choices.iter().filter_map(|choice| value(choice, components, depth)).collect();
    let first = examples.iter().find(|example| !example.is_null()).or(examples.first());
    first.cloned()
}

fn object(
    schema: &Map<String, Value>,
    components: &Components,
    depth: usize,
) -> Map<String, Value> {
    let properties = schema.get("properties").and_then(Value::as_object);
    let members = properties.into_iter().flatten().filter_map(|(name, property)| {
        Some((name.clone(), value(property, components, depth + 1)?))
    });
    members.collect()
}

/// Both objects in one. Objects under the same name become one, too.
fn merged(mut one: Map<String, Value>, other: Map<String, Value>) -> Map<String, Value> {
    for (name, value) in other {
        let value = match (one.remove(&name), value) {
            (Some(Value::Object(known)), Value::Object(more)) => Value::Object(merged(known, more)),
            (_, value) => value,
        };
        one.insert(name, value);
    }
    one
}

fn items(schema: &Map<String, Value>, components: &Components, depth: usize) -> Vec<Value> {
    let first = schema.get("prefixItems").and_then(Value::as_array);
    let mut all: Vec<Value> =
        first.into_iter().flatten().filter_map(|item| value(item, components, depth + 1)).collect();
    if let Some(item) = schema.get("items").filter(|_| all.is_empty()) {
        let least = schema.get("minItems").and_then(Value::as_u64).unwrap_or(1).clamp(1, 16);
        if let Some(example) = value(item, components, depth + 1) {
            all.extend((0..least).map(|_| example.clone()));
        }
    }
    all
}

fn number(schema: &Map<String, Value>) -> Value {
    let limit = |name: &str| schema.get(name).and_then(Value::as_f64);
    let least = limit("minimum").or(limit("exclusiveMinimum").map(|limit| limit + 1.0));
    let most = limit("maximum").or(limit("exclusiveMaximum").map(|limit| limit - 1.0));
    let number = 1.0_f64.max(least.unwrap_or(f64::MIN)).min(most.unwrap_or(f64::MAX));
    match schema.get("multipleOf").and_then(Value::as_f64) {
        Some(step) if step > 0.0 => whole((number / step).ceil() * step),
        _ => whole(number),
    }
}

/// A number, without a fraction if it has none.
#[allow(clippy::cast_possible_truncation, reason = "the limit is within both types")]
fn whole(number: f64) -> Value {
    const LIMIT: f64 = 9_007_199_254_740_991.0;
    if number.fract() == 0.0 && number.abs() <= LIMIT {
        json!(number as i64)
    } else {
        json!(number)
    }
}

fn text(schema: &Map<String, Value>) -> String {
    let text = match schema.get("format").and_then(Value::as_str) {
        Some("date-time") => "2025-10-09T08:53:20Z",
        Some("date") => "2025-10-09",
        Some("time" | "partial-time") => "08:53:20Z",
        Some("duration") => "PT1H",
        Some("email" | "idn-email") => "user@example.com",
        Some("hostname" | "idn-hostname") => "example.com",
        Some("ipv4" | "ip") => "192.0.2.1",
        Some("ipv6") => "2001:db8::1",
        Some("uri" | "url" | "iri") => "https://example.com",
        Some("uuid") => "0199c8f5-2a40-7c3e-8f6b-3d1a5b7c9e02",
        Some("char") => "a",
        _ => "text",
    };
    let limit = |name: &str| schema.get(name).and_then(Value::as_u64);
    let most = usize::try_from(limit("maxLength").unwrap_or(u64::MAX)).unwrap_or(usize::MAX);
    let least = usize::try_from(limit("minLength").unwrap_or(0)).unwrap_or(0).min(1024);
    let mut text: String = text.chars().take(most).collect();
    while text.chars().count() < least {
        text.push('x');
    }
    text
}

#[cfg(test)]
mod tests {
    use super::*;

    fn example(schema: &Value) -> Value {
        of_schema(schema, &Components::new())
    }

    #[test]
    fn every_type_has_an_example() {
        for (schema, expected) in [
            (json!({"type": "string"}), json!("text")),
            (json!({"type": "string", "maxLength": 2}), json!("te")),
            (json!({"type": "string", "minLength": 6}), json!("textxx")),
            (json!({"type": "string", "format": "date"}), json!("2025-10-09")),
            (json!({"type": "string", "enum": ["a", "b"]}), json!("a")),
            (json!({"type": "integer", "minimum": 5}), json!(5)),
            (json!({"type": "integer", "maximum": 0}), json!(0)),
            (json!({"type": "integer", "multipleOf": 7}), json!(7)),
            (json!({"type": "number", "minimum": 1.5}), json!(1.5)),
            (json!({"type": ["boolean", "null"]}), json!(true)),
            (json!({"type": "null"}), json!(null)),
            (json!({"type": "array", "items": {"const": 3}}), json!([3])),
            (json!({"type": "array", "items": {"const": 3}, "minItems": 2}), json!([3, 3])),
            (json!({"type": "array", "prefixItems": [{"const": 1}, {"const": 2}]}), json!([1, 2])),
            (json!({"anyOf": [{"type": "null"}, {"type": "string"}]}), json!("text")),
            (json!({"default": "x", "type": "string"}), json!("x")),
            (json!({"examples": [7], "type": "integer"}), json!(7)),
            (json!({"properties": {"a": {"type": "string"}}}), json!({"a": "text"})),
            (json!(true), json!({})),
            (
                json!({"allOf": [{"properties": {"a": {"const": 1}}}, {"properties": {"b": {"const": 2}}}]}),
                json!({"a": 1, "b": 2}),
            ),
            (
                json!({"oneOf": [{"properties": {"kind": {"const": "x"}}}], "properties": {"id": {"const": 1}}}),
                json!({"id": 1, "kind": "x"}),
            ),
        ] {
            assert_eq!(example(&schema), expected, "{schema}");
        }
    }

    #[test]
    fn types_that_contain_themselves_end() {
        let mut components = Components::new();
        let schema = components.add_schema(|generator| {
            let reference = json!({"$ref": "#/components/schemas/Node"});
            let node = json!({
                "type": "object",
                "required": ["id"],
                "properties": {
                    "id": {"type": "integer"},
                    "next": {"anyOf": [reference, {"type": "null"}]},
                },
            });
            generator.definitions_mut().insert("Node".to_owned(), node);
            schemars::json_schema!({"$ref": "#/components/schemas/Node"})
        });
        let example = of_schema(&schema, &components);
        let mut depth = 0;
        let mut at = &example;
        while at["next"].is_object() {
            assert_eq!(at["id"], 1);
            at = &at["next"];
            depth += 1;
        }
        assert!(at["next"].is_null() && (1..10).contains(&depth), "{example}");
    }
}
