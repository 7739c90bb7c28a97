//! The bodies of some events, in the shape that their providers document.

use std::time::{Duration, UNIX_EPOCH};

use serde_json::{Value, json};
use webhook_runtime::Provider;

use super::{Wishes, discord, linear, paddle, vendors, whatsapp};
use crate::clock::rfc3339;

/// The event of a sample that names none.
pub(super) fn default_event(provider: &Provider) -> &'static str {
    match provider.name() {
        "stripe" => "payment_intent.succeeded",
        "github" | "github-sha1" | "gitea" | "forgejo" | "gogs" => "push",
        "gitlab-token" | "gitlab-signing" => "Push Hook",
        "shopify" => "orders/create",
        "slack" => "message",
        "standard-webhooks" | "svix" | "clerk" => "user.created",
        "paddle" => "transaction.completed",
        "zoom" => "meeting.started",
        "twitch" => "channel.follow",
        "linear" => "Issue",
        "meta" => "page",
        "discord" => "2",
        "alipay" => "TRADE_SUCCESS",
        "braintree" => "subscription_charged_successfully",
        "dropbox-sign" => "signature_request_signed",
        "pandadoc" => "document_state_changed",
        _ => "test",
    }
}

/// The body of an event, without what is written into it later.
pub(super) fn body(
    provider: &Provider,
    event: &str,
    action: Option<&str>,
    wishes: &Wishes,
) -> Value {
    match provider.name() {
        "stripe" => stripe(event, wishes),
        "github" | "github-sha1" => github(event, action),
        "shopify" => shopify(),
        "slack" => slack(event, wishes),
        "discord" => discord::body(event),
        "linear" => linear::body(event, action),
        "paddle" => paddle::body(event),
        "meta" if event == "whatsapp_business_account" => whatsapp::body(wishes.unix_millis / 1000),
        "standard-webhooks" | "svix" | "clerk" | "resend" | "polar" | "openai" => {
            json!({"type": event, "timestamp": "2025-10-09T08:53:20Z", "data": {"id": "obj_1"}})
        }
        "pandadoc" => {
            json!([{"data": {"id": "doc_1", "name": "A sample", "status": "document.completed"}}])
        }
        // Its places are made when something is written into them.
        _ => match provider.batch() {
            Some(batch) if batch.array().is_empty() => json!([{}]),
            _ => vendors::body(provider, event, wishes.unix_millis / 1000),
        },
    }
}

/// The body of a provider whose payload is XML.
pub(super) fn xml(provider: &Provider, event: &str, wishes: &Wishes) -> Option<String> {
    if provider.name() != "braintree" {
        return None;
    }
    let event = event.replace('&', "&amp;").replace('<', "&lt;");
    let time =
        rfc3339(UNIX_EPOCH + Duration::from_secs(wishes.unix_millis / 1000)).replace(".000", "");
    Some(format!(
        "<?xml version=\"1.0\" encoding=\"UTF-8\"?>\n<notification>\n  \
         <timestamp type=\"datetime\">{time}</timestamp>\n  <kind>{event}</kind>\n  \
         <subject>\n    <subscription>\n      <id>sub_1</id>\n    </subscription>\n  </subject>\n\
         </notification>\n"
    ))
}

/// The fields of a form, without what is written into it later: of a payment, or a message.
pub(super) fn fields(provider: &Provider, wishes: &Wishes) -> Vec<(String, String)> {
    let number = format!("{:0>32}", wishes.unix_millis);
    let fields = match provider.name() {
        "alipay" => [
            ("notify_type", "trade_status_sync".to_owned()),
            ("app_id", "2021000000000000".to_owned()),
            ("charset", "utf-8".to_owned()),
            ("out_trade_no", number),
            ("total_amount", "12.80".to_owned()),
            ("subject", "A sample".to_owned()),
        ]
        .to_vec(),
        _ => [
            ("MessageSid", format!("SM{number}")),
            ("From", "+15005550006".to_owned()),
            ("To", "+15005550001".to_owned()),
            ("Body", "Hello there".to_owned()),
        ]
        .to_vec(),
    };
    fields.into_iter().map(|(name, value)| (name.to_owned(), value)).collect()
}

fn stripe(event: &str, wishes: &Wishes) -> Value {
    let (about, happened) = event.rsplit_once('.').unwrap_or((event, ""));
    let object = stripe_object(about);
    let mut data = json!({
        "id": format!("{}_1", stripe_prefix(object)),
        "object": object,
        "created": wishes.unix_millis / 1000,
        "livemode": false,
        "metadata": {},
    });
    let amount = match object {
        "payment_intent" | "charge" | "refund" | "payout" | "dispute" => Some("amount"),
        "invoice" => Some("amount_paid"),
        "checkout.session" => Some("amount_total"),
        _ => None,
    };
    if let (Some(amount), Value::Object(members)) = (amount, &mut data) {
        members.insert(amount.into(), json!(2000));
        members.insert("currency".into(), json!("usd"));
        members.extend(stripe_status(object, happened).map(|it| ("status".into(), json!(it))));
    }
    json!({
        "id": wishes.id,
        "object": "event",
        "api_version": "2025-09-30.clover",
        "created": wishes.unix_millis / 1000,
        "data": {"object": data},
        "livemode": false,
        "pending_webhooks": 1,
        "request": {"id": null, "idempotency_key": null},
        "type": event,
    })
}

/// The object that an event is about: `customer.subscription.updated` is about a `subscription`, but
/// `checkout.session.completed` about a `checkout.session`.
fn stripe_object(about: &str) -> &str {
    match about.split_once('.') {
        Some(("charge" | "customer" | "account", child)) => child,
        _ => about,
    }
}

fn stripe_prefix(object: &str) -> &str {
    match object {
        "account" => "acct",
        "charge" => "ch",
        "checkout.session" => "cs_test",
        "customer" => "cus",
        "dispute" => "dp",
        "invoice" => "in",
        "payment_intent" => "pi",
        "payment_method" => "pm",
        "payout" => "po",
        "price" => "price",
        "product" => "prod",
        "refund" => "re",
        "setup_intent" => "seti",
        "subscription" => "sub",
        _ => "obj",
    }
}

/// The status that an object has after an event, for those that have one.
fn stripe_status<'e>(object: &str, happened: &'e str) -> Option<&'e str> {
    Some(match (object, happened) {
        ("payment_intent", "payment_failed" | "created") => "requires_payment_method",
        ("charge", "captured" | "refunded") => "succeeded",
        ("invoice", "finalized" | "payment_failed") => "open",
        ("invoice", "created" | "upcoming") => "draft",
        ("invoice", "payment_succeeded") => "paid",
        ("checkout.session", "completed") => "complete",
        ("dispute", "created") => "needs_response",
        _ => Some(happened).filter(|it| !it.is_empty())?,
    })
}

fn slack(event: &str, wishes: &Wishes) -> Value {
    let time = wishes.unix_millis / 1000;
    json!({
        "type": "event_callback",
        "team_id": "T0001",
        "api_app_id": "A0001",
        "event": {
            "type": event,
            "channel": "C0001",
            "channel_type": "channel",
            "user": "U0001",
            "text": "Hello there",
            "ts": format!("{time}.000100"),
            "event_ts": format!("{time}.000100"),
        },
        "event_id": wishes.id,
        "event_time": time,
        "authorizations": [],
    })
}

fn shopify() -> Value {
    json!({
        "id": 5_501_234_567_890_u64,
        "name": "#1001",
        "order_number": 1001,
        "test": true,
        "currency": "USD",
        "total_price": "20.00",
        "subtotal_price": "20.00",
        "financial_status": "paid",
        "fulfillment_status": null,
        "created_at": "2025-10-09T08:53:20Z",
        "email": "buyer@example.com",
        "line_items": [{
            "id": 13_901_234_567_u64, "title": "A sample", "quantity": 1, "price": "20.00", "sku": "sample",
        }],
        "shipping_lines": [],
        "discount_codes": [],
    })
}

fn github(event: &str, action: Option<&str>) -> Value {
    let user = json!({"login": "octocat", "id": 1, "type": "User", "site_admin": false,
        "html_url": "https://github.com/octocat"});
    let url = "https://github.com/octocat/hello";
    let repository = json!({
        "id": 1, "name": "hello", "full_name": "octocat/hello", "private": false, "owner": user,
        "html_url": url, "default_branch": "main",
        "clone_url": format!("{url}.git"),
    });
    let commit = "0a1b2c3d4e5f60718293a4b5c6d7e8f901234567";
    let mut body = match event {
        "push" => json!({
            "ref": "refs/heads/main",
            "before": "0000000000000000000000000000000000000000",
            "after": commit,
            "created": false, "deleted": false, "forced": false,
            "compare": format!("{url}/compare/main"),
            "commits": [],
            "head_commit": null,
            "pusher": {"name": "octocat", "email": "octocat@example.com"},
        }),
        "ping" => json!({
            "zen": "Keep it logically awesome.",
            "hook_id": 1,
            "hook": {"type": "Repository", "id": 1, "name": "web", "active": true, "events": ["push"],
                "config": {"content_type": "json", "insecure_ssl": "0", "url": "https://example.com/webhook"}},
        }),
        "issues" => json!({"issue": {
            "id": 1, "number": 1, "title": "A sample", "state": "open", "user": user, "labels": [],
            "assignees": [], "comments": 0, "body": "Hello there", "html_url": format!("{url}/issues/1"),
            "created_at": "2025-10-09T08:53:20Z", "updated_at": "2025-10-09T08:53:20Z",
        }}),
        "pull_request" => json!({"number": 1, "pull_request": {
            "id": 1, "number": 1, "title": "A sample", "state": "open", "user": user, "draft": false,
            "merged": false, "body": null, "html_url": format!("{url}/pull/1"), "labels": [],
            "head": {"ref": "sample", "sha": commit, "label": "octocat:sample"},
            "base": {"ref": "main", "sha": commit, "label": "octocat:main"},
            "created_at": "2025-10-09T08:53:20Z", "updated_at": "2025-10-09T08:53:20Z",
        }}),
        "release" => json!({"release": {
            "id": 1, "tag_name": "v1.0.0", "name": "1.0.0", "draft": false, "prerelease": false,
            "author": user, "assets": [], "html_url": format!("{url}/releases/tag/v1.0.0"),
            "created_at": "2025-10-09T08:53:20Z", "published_at": "2025-10-09T08:53:20Z",
        }}),
        "workflow_run" => json!({"workflow_run": {
            "id": 1, "name": "CI", "head_branch": "main", "head_sha": commit, "run_number": 1,
            "event": "push", "status": "completed", "conclusion": "success", "workflow_id": 1,
            "html_url": format!("{url}/actions/runs/1"),
        }}),
        _ => json!({}),
    };
    let default = match event {
        "issues" | "pull_request" => Some("opened"),
        "release" => Some("published"),
        "workflow_run" => Some("completed"),
        _ => None,
    };
    if let Value::Object(members) = &mut body {
        members.insert("repository".into(), repository);
        members.insert("sender".into(), user);
        if let Some(action) = action.or(default) {
            members.insert("action".into(), action.into());
        }
    }
    body
}
