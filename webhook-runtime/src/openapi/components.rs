//! The parts that operations refer to by name: schemas of payload types, and security schemes.

use std::collections::{BTreeMap, BTreeSet};

use schemars::{Schema, SchemaGenerator, generate::SchemaSettings};
use serde_json::{Map, Value, json};

use super::words::key;

/// The beginning of every reference to a schema.
const SCHEMAS: &str = "#/components/schemas/";

/// The new name for each name that changes.
type Names = BTreeMap<String, String>;

/// The schemas and security schemes of the document.
pub(super) struct Components {
    schemas: Map<String, Value>,
    security: Map<String, Value>,
}

impl Components {
    /// The components that every document has.
    pub(super) fn new() -> Self {
        let mut schemas = Map::new();
        schemas.insert("Problem".to_owned(), problem());
        Self { schemas, security: Map::new() }
    }

    /// Makes the schema of a type, and keeps what it refers to.
    ///
    /// Each type has a generator of its own: one generator tells types apart by module and name only,
    /// and would take two types of two functions for one.
    pub(super) fn add_schema(&mut self, make: fn(&mut SchemaGenerator) -> Schema) -> Value {
        let settings = SchemaSettings::draft2020_12().with(|settings| {
            settings.definitions_path = "/components/schemas".into();
            settings.meta_schema = None;
        });
        let mut generator = settings.into_generator();
        let mut schema = make(&mut generator).to_value();
        let found = generator.take_definitions(true);
        let names = self.new_names(&found);
        rename(&mut schema, &names);
        for (name, definition) in &found {
            let new = names.get(name).unwrap_or(name);
            self.schemas.insert(new.clone(), renamed(definition, &names));
        }
        schema
    }

    /// Keeps a security scheme, and returns its name: the wanted one, with a number if another scheme has
    /// it already.
    pub(super) fn add_security(&mut self, wanted: &str, scheme: Value) -> String {
        let wanted = key(wanted);
        let names = std::iter::once(wanted.clone());
        let mut names = names.chain((2_u32..).map(|number| format!("{wanted}{number}")));
        let is_free = |name: &String| self.security.get(name).is_none_or(|known| *known == scheme);
        let name = names.find(is_free).unwrap_or(wanted);
        self.security.insert(name.clone(), scheme);
        name
    }

    /// The schema that a reference leads to.
    pub(super) fn resolve(&self, reference: &str) -> Option<&Value> {
        self.schemas.get(reference.strip_prefix(SCHEMAS)?)
    }

    /// The components as a part of the document.
    pub(super) fn into_value(self) -> Value {
        let mut all = Map::new();
        all.insert("schemas".to_owned(), Value::Object(self.schemas));
        if !self.security.is_empty() {
            all.insert("securitySchemes".to_owned(), Value::Object(self.security));
        }
        Value::Object(all)
    }

    /// The new names of definitions whose own name is taken by another one, or has characters that are
    /// not allowed. The same definitions always get the same names.
    fn new_names(&self, found: &Map<String, Value>) -> Names {
        let moved = self.moved(found);
        if moved.is_empty() {
            return Names::new();
        }
        let numbered = |number: u32| -> Names {
            let new = |name: &str| match number {
                1 => key(name),
                _ => format!("{}{number}", key(name)),
            };
            moved.iter().map(|name| ((*name).clone(), new(name))).collect()
        };
        let is_free = |names: &Names| {
            let distinct: BTreeSet<&String> = names.values().collect();
            distinct.len() == names.len()
                && names.iter().all(|(name, new)| {
                    let known = self.schemas.get(new);
                    let stays = found.contains_key(new) && !names.contains_key(new);
                    !stays && known.is_none_or(|known| *known == renamed(&found[name], names))
                })
        };
        // There are more numbers than definitions, so one of them is free.
        (1..=u32::MAX).map(numbered).find(is_free).unwrap_or_default()
    }

    /// The definitions that cannot keep their names.
    fn moved<'f>(&self, found: &'f Map<String, Value>) -> BTreeSet<&'f String> {
        let is_taken =
            |name: &String| self.schemas.get(name).is_some_and(|known| *known != found[name]);
        let mut moved: BTreeSet<&String> =
            found.keys().filter(|name| key(name) != **name || is_taken(name)).collect();
        // A definition is another one if what it refers to is.
        loop {
            let refers = |name: &&String| {
                let is_known = self.schemas.contains_key(*name);
                is_known && !moved.contains(*name) && refers_to(&found[*name], &moved)
            };
            let more: Vec<&String> = found.keys().filter(refers).collect();
            if more.is_empty() {
                return moved;
            }
            moved.extend(more);
        }
    }
}

/// The body of a refusal (RFC 9457).
fn problem() -> Value {
    json!({
        "type": "object",
        "description": "A refusal (RFC 9457). It never says why a signature was refused.",
        "required": ["type", "title", "status"],
        "properties": {
            "type": {"type": "string", "const": "about:blank"},
            "title": {"type": "string", "description": "The name of the status."},
            "status": {"type": "integer", "minimum": 400, "maximum": 599},
            "detail": {"type": "string", "description": "What is wrong, in words."},
            "path": {
                "type": "string",
                "description": "The place of the value that does not fit, such as `items[2].price`.",
            },
            "failed": {"type": "integer", "description": "How many events of the batch failed."},
            "items": {
                "type": "array",
                "description": "The first hundred events that failed.",
                "items": {
                    "type": "object",
                    "required": ["index", "status"],
                    "properties": {
                        "index": {"type": "integer", "minimum": 0},
                        "status": {"type": "integer"},
                    },
                },
            },
        },
    })
}

/// A reference to the schema of a refusal.
pub(super) fn problem_reference() -> Value {
    json!({"$ref": format!("{SCHEMAS}Problem")})
}

/// Calls `visit` with every reference in a schema.
fn for_each_reference(schema: &mut Value, visit: &mut dyn FnMut(&mut String)) {
    match schema {
        Value::Object(members) => {
            for (name, member) in members {
                match member {
                    Value::String(reference) if name == "$ref" => visit(reference),
                    member => for_each_reference(member, visit),
                }
            }
        }
        Value::Array(items) => items.iter_mut().for_each(|item| for_each_reference(item, visit)),
        _ => {}
    }
}

/// A copy of a schema with other names in its references.
fn renamed(schema: &Value, names: &Names) -> Value {
    let mut schema = schema.clone();
    rename(&mut schema, names);
    schema
}

/// Replaces names in references. References to names with other characters are percent-encoded.
fn rename(schema: &mut Value, names: &Names) {
    for_each_reference(schema, &mut |reference| {
        if let Some(new) = referred_name(reference).and_then(|name| names.get(&name)) {
            *reference = format!("{SCHEMAS}{new}");
        }
    });
}

fn refers_to(schema: &Value, names: &BTreeSet<&String>) -> bool {
    let mut refers = false;
    for_each_reference(&mut schema.clone(), &mut |reference| {
        refers |= referred_name(reference).is_some_and(|name| names.contains(&name));
    });
    refers
}

/// The name in a reference to a schema.
fn referred_name(reference: &str) -> Option<String> {
    let name = reference.strip_prefix(SCHEMAS)?;
    let name = percent_encoding::percent_decode_str(name).decode_utf8_lossy();
    Some(name.replace("~1", "/").replace("~0", "~"))
}

#[cfg(test)]
mod tests {
    use schemars::json_schema;

    use super::*;

    fn order(generator: &mut SchemaGenerator) -> Schema {
        let price = json!({"type": "integer"});
        generator.definitions_mut().insert("Price".to_owned(), price);
        let order = json!({"properties": {"price": {"$ref": "#/components/schemas/Price"}}});
        generator.definitions_mut().insert("Order".to_owned(), order);
        json_schema!({"$ref": "#/components/schemas/Order"})
    }

    /// An order of the same text, with another price.
    fn other_order(generator: &mut SchemaGenerator) -> Schema {
        let schema = order(generator);
        let price = json!({"type": "string"});
        generator.definitions_mut().insert("Price".to_owned(), price);
        schema
    }

    fn odd_name(generator: &mut SchemaGenerator) -> Schema {
        generator.definitions_mut().insert("A <b>".to_owned(), json!({"type": "null"}));
        json_schema!({"$ref": "#/components/schemas/A%20%3Cb%3E"})
    }

    #[test]
    fn equal_types_are_one_and_others_are_not() {
        let mut components = Components::new();
        let first = components.add_schema(order);
        assert_eq!(first, json!({"$ref": "#/components/schemas/Order"}));
        assert_eq!(components.add_schema(order), first);
        let other = components.add_schema(other_order);
        assert_eq!(other, json!({"$ref": "#/components/schemas/Order2"}));
        assert_eq!(components.add_schema(other_order), other, "it has its name already");
        let order = components.resolve("#/components/schemas/Order2");
        let price = "#/components/schemas/Price2";
        assert_eq!(order, Some(&json!({"properties": {"price": {"$ref": price}}})));
        assert_eq!(components.resolve(price), Some(&json!({"type": "string"})));
        let names: Vec<_> = components.schemas.keys().cloned().collect();
        assert_eq!(names, ["Order", "Order2", "Price", "Price2", "Problem"]);
    }

    #[test]
    fn names_get_allowed_characters() {
        let mut components = Components::new();
        let schema = components.add_schema(odd_name);
        assert_eq!(schema, json!({"$ref": "#/components/schemas/A__b_"}));
        assert!(components.resolve("#/components/schemas/A__b_").is_some());
    }

    #[test]
    fn equal_security_schemes_are_one() {
        let mut components = Components::new();
        assert_eq!(components.add_security("a b", json!(1)), "a_b");
        assert_eq!(components.add_security("a b", json!(1)), "a_b");
        assert_eq!(components.add_security("a b", json!(2)), "a_b2");
    }
}
