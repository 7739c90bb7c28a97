//! Writes values into JSON and forms: events, ids and times, at the provider's pointers.

use serde_json::{Map, Value};

/// Sets the value at a pointer (RFC 6901), and creates missing objects and arrays on the way.
///
/// # Errors
/// If the pointer leads through a value without members.
pub(crate) fn put(json: &mut Value, pointer: &str, value: Value) -> Result<(), String> {
    let mut place = json;
    for token in pointer.split('/').skip(1) {
        let name = token.replace("~1", "/").replace("~0", "~");
        let index = name.parse::<usize>().ok();
        if place.is_null() {
            *place = match index {
                Some(_) => Value::Array(Vec::new()),
                None => Value::Object(Map::new()),
            };
        }
        place = match (place, index) {
            (Value::Object(members), _) => members.entry(name).or_insert(Value::Null),
            (Value::Array(items), Some(index)) => {
                if items.len() <= index {
                    items.resize(index + 1, Value::Null);
                }
                &mut items[index]
            }
            _ => return Err(format!("the body has no place for `{pointer}`")),
        };
    }
    *place = value;
    Ok(())
}

/// Encodes a map, a struct or a list of pairs as a form.
pub(crate) fn form(fields: &Value) -> Result<String, String> {
    let mut form = form_urlencoded::Serializer::new(String::new());
    match fields {
        Value::Object(members) => {
            for (name, value) in members {
                field(&mut form, name, value)?;
            }
        }
        Value::Array(pairs) => {
            for pair in pairs {
                match pair.as_array().map(Vec::as_slice) {
                    Some([Value::String(name), value]) => field(&mut form, name, value)?,
                    _ => return Err("a form is a map, or a list of pairs".to_owned()),
                }
            }
        }
        Value::Null => {}
        _ => return Err("a form is a map, or a list of pairs".to_owned()),
    }
    Ok(form.finish())
}

fn field(
    form: &mut form_urlencoded::Serializer<'_, String>,
    name: &str,
    value: &Value,
) -> Result<(), String> {
    match value {
        Value::Null => {}
        Value::String(text) => {
            form.append_pair(name, text);
        }
        Value::Bool(_) | Value::Number(_) => {
            form.append_pair(name, &value.to_string());
        }
        Value::Array(values) => {
            for value in values {
                field(form, name, value)?;
            }
        }
        Value::Object(_) => return Err(format!("the field `{name}` of a form is a map")),
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    #[test]
    fn missing_parents_are_created() {
        let mut body = Value::Null;
        put(&mut body, "/items/0/a~1b/id", json!("7")).expect("a place");
        put(&mut body, "/items/1", json!(8)).expect("a place");
        assert_eq!(body, json!({"items":[{"a/b":{"id":"7"}}, 8]}));
        put(&mut body, "", json!({"x":1})).expect("a place");
        put(&mut body, "/x/y", json!(1)).expect_err("a number has no members");
    }

    #[test]
    fn forms_are_maps_or_pairs() {
        assert_eq!(form(&json!({"a":"b c","n":[1,true],"z":null})), Ok("a=b+c&n=1&n=true".into()));
        assert_eq!(form(&json!([["b", "1"], ["a", "&"]])), Ok("b=1&a=%26".into()));
        assert!(form(&json!("text")).is_err());
        assert!(form(&json!({"a":{"b":1}})).is_err());
    }
}
