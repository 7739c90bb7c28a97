//! Linear's changes of data, by the type of the object.

use serde_json::{Value, json};

const TIME: &str = "2025-10-09T08:53:20.000Z";

pub(super) fn body(event: &str, action: Option<&str>) -> Value {
    let user = json!({
        "id": "user_1", "name": "Jane", "email": "jane@example.com",
        "url": "https://linear.app/sample/profiles/jane",
    });
    let team = json!({"id": "team_1", "key": "SAM", "name": "Sample"});
    let url = "https://linear.app/sample/issue/SAM-1";
    let data = match event {
        "Issue" => json!({
            "id": "obj_1", "identifier": "SAM-1", "number": 1, "title": "A sample",
            "description": "Hello there", "url": url, "priority": 3, "priorityLabel": "Medium",
            "state": {"id": "state_1", "name": "Todo", "type": "unstarted", "color": "#e2e2e2"},
            "team": team, "labels": [], "creator": user, "createdAt": TIME, "updatedAt": TIME,
        }),
        "Comment" => json!({
            "id": "obj_1", "body": "Hello there", "user": user,
            "issue": {
                "id": "issue_1", "identifier": "SAM-1", "title": "A sample", "url": url, "team": team,
            },
            "createdAt": TIME, "updatedAt": TIME,
        }),
        _ => json!({"id": "obj_1", "createdAt": TIME, "updatedAt": TIME}),
    };
    let mut body = json!({
        "action": "create",
        "actor": {"id": "user_1", "type": "user", "name": "Jane", "email": "jane@example.com"},
        "data": data,
        "url": url,
        "createdAt": TIME,
        "organizationId": "org_1",
        "webhookId": "hook_1",
    });
    if action == Some("update") {
        body["updatedFrom"] = json!({"updatedAt": TIME});
    }
    body
}
