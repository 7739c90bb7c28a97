//! The document about mounted endpoints says what the endpoints do.

#![allow(clippy::unwrap_used, reason = "a test fails by it")]

mod answers;
mod every_provider;
mod examples;
mod payloads;
mod samples;
mod validators;
mod words;

use serde_json::Value;

/// The operation of POST on a path.
fn post<'d>(document: &'d Value, path: &str) -> &'d Value {
    let operation = &document["paths"][path]["post"];
    assert!(operation.is_object(), "no POST on {path}: {document:#}");
    operation
}

/// The parameter of this name.
fn parameter<'o>(operation: &'o Value, name: &str) -> &'o Value {
    let parameters = operation["parameters"].as_array().unwrap();
    let named = parameters.iter().find(|parameter| parameter["name"] == name);
    named.unwrap_or_else(|| panic!("no parameter {name}: {parameters:#?}"))
}

/// The schema of the body of this content type.
fn body<'o>(operation: &'o Value, content_type: &str) -> &'o Value {
    &operation["requestBody"]["content"][content_type]["schema"]
}

/// The schema that a reference leads to.
fn resolved<'d>(document: &'d Value, schema: &'d Value) -> &'d Value {
    match schema["$ref"].as_str() {
        Some(reference) => {
            let found = document.pointer(reference.trim_start_matches('#'));
            found.unwrap_or_else(|| panic!("{reference} leads nowhere"))
        }
        None => schema,
    }
}

const JSON: &str = "application/json";
const FORM: &str = "application/x-www-form-urlencoded";
