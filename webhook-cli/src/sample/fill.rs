//! Writes values into JSON.

use serde_json::{Map, Value};

/// Sets the value at a pointer (RFC 6901), and creates missing objects and lists on the way.
pub(crate) fn put(json: &mut Value, pointer: &str, value: Value) -> Result<(), String> {
    let mut place = json;
    for token in pointer.split('/').skip(1) {
        let name = token.replace("~1", "/").replace("~0", "~");
        let index = name.parse::<usize>().ok();
        if place.is_null() {
            *place =
                if index == Some(0) { Value::Array(Vec::new()) } else { Value::Object(Map::new()) };
        }
        place = match (place, index) {
            (Value::Object(members), _) => members.entry(name).or_insert(Value::Null),
            // One behind the last is a new item.
            (Value::Array(items), Some(index)) if index <= items.len() => {
                if index == items.len() {
                    items.push(Value::Null);
                }
                &mut items[index]
            }
            _ => return Err(format!("the body has no place for `{pointer}`")),
        };
    }
    *place = value;
    Ok(())
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    #[test]
    fn places_are_created() {
        let mut body = Value::Null;
        put(&mut body, "/items/0/a~1b", json!("7")).expect("a place");
        put(&mut body, "/items/1", json!(8)).expect("a place");
        assert_eq!(body, json!({"items": [{"a/b": "7"}, 8]}));
        put(&mut body, "/items/9", json!(1)).expect_err("too far behind");
        put(&mut body, "/items/1/x", json!(1)).expect_err("a number has no members");
        put(&mut body, "", json!({})).expect("the whole");
        assert_eq!(body, json!({}));
    }
}
