//! Discord's interactions, by the number of their type.

use serde_json::{Value, json};

pub(super) fn body(event: &str) -> Value {
    let data = match event {
        "2" => command(&json!([{"name": "animal", "type": 3, "value": "cat"}])),
        "3" => json!({"custom_id": "sample", "component_type": 2}),
        "4" => command(&json!([{"name": "animal", "type": 3, "value": "ca", "focused": true}])),
        "5" => json!({"custom_id": "sample", "components": [{
            "type": 18, "id": 1,
            "component": {"type": 4, "id": 2, "custom_id": "text", "value": "Hello there"},
        }]}),
        // The ping, and what is not known.
        _ => return json!({"type": 0, "application_id": "2", "token": "sample", "version": 1}),
    };
    json!({
        // The number is written over this one.
        "type": 0,
        "application_id": "2",
        "data": data,
        "guild_id": "10",
        "channel_id": "20",
        "member": {
            "user": {"id": "30", "username": "jane", "global_name": "Jane"},
            "roles": [],
            "permissions": "2147483647",
            "joined_at": "2025-10-09T08:53:20.000000+00:00",
        },
        "token": "sample",
        "version": 1,
        "app_permissions": "442368",
        "locale": "en-GB",
        "guild_locale": "en-GB",
        "entitlements": [],
        "context": 0,
    })
}

fn command(options: &Value) -> Value {
    json!({"id": "40", "name": "sample", "type": 1, "options": options})
}
