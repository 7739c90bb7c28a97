//! Bodies that the providers can sign.

use std::time::{SystemTime, UNIX_EPOCH};

use serde_json::{Value, json};
use webhook_runtime::{Provider, scheme::Timestamp};

use crate::runner::random::Random;

pub(crate) const JSON: &str = "application/json";
pub(crate) const FORM: &str = "application/x-www-form-urlencoded";

/// Bodies with their content types: JSON, and a form if the provider sends forms.
pub(crate) fn all(provider: &Provider, random: &mut Random) -> Vec<(&'static str, String)> {
    let (word, other) = (random.word(12), random.word(6));
    match provider.name() {
        "adyen" => vec![(JSON, adyen(&word, &other).to_string())],
        "mailgun" => vec![
            (JSON, json!({"event-data": {"event": word, "id": other}}).to_string()),
            (FORM, format!("sender={word}%40a.example&subject=a+b%26c&event={other}")),
        ],
        "mandrill" => {
            let events =
                json!([{"event": "send", "_id": word, "ts": 1, "msg": {"subject": other}}]);
            vec![(FORM, form(&[("mandrill_events", &events.to_string())]))]
        }
        "alipay" | "plivo" | "twilio" => vec![(
            FORM,
            form(&[
                ("AccountSid", &word),
                ("Body", "a b & c=d: ?x"),
                ("From", "+14155550100"),
                ("To", &other),
            ]),
        )],
        name => {
            let json = document(&word, &other);
            let is_list = ["hubspot-v1", "hubspot-v2", "hubspot-v3", "sendgrid"].contains(&name);
            let json = if is_list { json!([json]) } else { json };
            let mut bodies = vec![(JSON, json.to_string())];
            match name {
                "github" | "github-sha1" | "gitea" | "forgejo" | "gogs" => {
                    bodies.push((FORM, form(&[("payload", &json.to_string())])));
                }
                "slack" => bodies.push((FORM, form(&[("command", "/a"), ("text", &word)]))),
                _ => {}
            }
            bodies
        }
    }
}

/// A document with ids, names and lists where the providers have them.
fn document(word: &str, other: &str) -> Value {
    let now = SystemTime::now().duration_since(UNIX_EPOCH).expect("later").as_millis();
    let now = u64::try_from(now).expect("64 bits");
    let written = Timestamp::pointer("/a").rfc3339().format(now);
    let item = json!({
        "id": format!("i-{word}"), "eventId": 7, "webhookEventId": word, "type": "message",
        "subscriptionType": "contact.creation", "text": "a:b & c=d",
    });
    json!({
        "id": word, "type": "order.paid", "event": "paid", "action": "opened", "name": other,
        "note": "a:b & c=d? \u{e4}", "n": 1, "amount": {"value": 10, "currency": "EUR"},
        "data": {"id": other, "object": {"id": word}}, "webhookTimestamp": now, "timestamp": now,
        "webhookMetadata": {"webhookDeliveryAttemptTimestamp": written},
        "events": [item], "entry": [item], "value": [item],
    })
}

fn adyen(word: &str, other: &str) -> Value {
    json!({"live": "false", "notificationItems": [{"NotificationRequestItem": {
        "pspReference": word, "originalReference": other, "merchantAccountCode": "ShopA",
        "merchantReference": "order:4711", "amount": {"value": 1000, "currency": "EUR"},
        "eventCode": "AUTHORISATION", "success": "true", "reason": "a",
    }}]})
}

pub(crate) fn form(fields: &[(&str, &str)]) -> String {
    form_urlencoded::Serializer::new(String::new()).extend_pairs(fields).finish()
}
