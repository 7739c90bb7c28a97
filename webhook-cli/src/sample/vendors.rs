//! The members and headers that the SDKs of vendors look for, beside the signature.

use serde_json::{Value, json};
use webhook_runtime::Provider;

/// The headers that every delivery of a provider has.
pub(super) fn headers(provider: &Provider) -> &'static [(&'static str, &'static str)] {
    match provider.name() {
        "shopify" => &[
            ("x-shopify-shop-domain", "sample.myshopify.com"),
            ("x-shopify-api-version", "2025-10"),
            ("x-shopify-triggered-at", "2025-10-09T08:53:20.000000000Z"),
        ],
        "twitch" => &[
            ("twitch-eventsub-message-type", "notification"),
            ("twitch-eventsub-subscription-version", "1"),
        ],
        "github" | "github-sha1" => &[("x-github-hook-id", "1")],
        _ => &[],
    }
}

/// The body of a provider, with the members that are always there.
pub(super) fn body(provider: &Provider, event: &str, time: u64) -> Value {
    match provider.name() {
        "gitlab-token" | "gitlab-signing" => {
            // `Push Hook` is of the kind `push`.
            let kind = event.trim_end_matches(" Hook").to_lowercase().replace(' ', "_");
            json!({
                "object_kind": kind,
                "event_name": kind,
                "ref": "refs/heads/main",
                "project": {"id": 1, "name": "sample", "path_with_namespace": "octo/sample"},
                "commits": [],
                "total_commits_count": 0,
            })
        }
        "dropbox-sign" => json!({
            "event": {"event_metadata": {"related_signature_id": "sig_1"}},
            "signature_request": {"signature_request_id": "req_1", "title": "A sample"},
        }),
        "line" => json!({
            "destination": "U0001",
            "events": [{
                "mode": "active",
                "timestamp": time * 1000,
                "source": {"type": "user", "userId": "U0002"},
                "replyToken": "0001",
                "deliveryContext": {"isRedelivery": false},
                "message": {"id": "1", "type": "text", "text": "Hello there", "quoteToken": "0001"},
            }],
        }),
        "meta" => json!({"entry": [{"id": "1", "time": time, "changes": []}]}),
        "square" => json!({
            "merchant_id": "M0001",
            "created_at": "2025-10-09T08:53:20Z",
            "data": {"type": event.split('.').next(), "id": "obj_1", "object": {}},
        }),
        "telegram" => json!({
            "update_id": 1,
            "message": {
                "message_id": 1,
                "date": time,
                "chat": {"id": 1, "type": "private", "first_name": "Jane"},
                "from": {"id": 1, "is_bot": false, "first_name": "Jane"},
                "text": "Hello there",
            },
        }),
        "twitch" => json!({
            "subscription": {
                "id": "sub_1", "type": event, "version": "1", "status": "enabled", "cost": 0,
                "condition": {"broadcaster_user_id": "1"},
                "transport": {"method": "webhook", "callback": "https://example.com/webhook"},
                "created_at": "2025-10-09T08:53:20Z",
            },
            "event": {"user_id": "2", "user_login": "jane", "broadcaster_user_id": "1"},
        }),
        "zoom" => json!({
            "event_ts": time * 1000,
            "payload": {"account_id": "A0001", "object": {"id": "1", "topic": "A sample"}},
        }),
        _ => json!({}),
    }
}
