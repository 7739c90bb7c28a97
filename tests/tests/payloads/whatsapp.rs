//! WhatsApp.

use std::borrow::Cow::Borrowed;

use serde_json::{Value, json};
use webhook_runtime::{Batch, Webhooks, payloads::whatsapp, providers::META, webhook};

use crate::{decode, vector};

fn entry(value: &Value) -> Value {
    json!({ "id": "100", "changes": [{ "field": "messages", "value": value }] })
}

fn messages(messages: &Value) -> Value {
    entry(&json!({
        "messaging_product": "whatsapp",
        "metadata": { "display_phone_number": "15550001111", "phone_number_id": "200" },
        "contacts": [{
            "profile": { "name": "Jo", "username": "jo.b" }, "wa_id": "15552223333",
            "user_id": "US.1", "identity_key_hash": "x",
        }],
        "messages": messages,
        "errors": [{ "code": 130_429, "title": "Rate limit hit" }],
    }))
}

fn message(kind: &str, content: Value) -> Value {
    let mut message = json!({
        "id": "wamid.1", "from": "15552223333", "from_user_id": "US.1", "group_id": "g1",
        "timestamp": "1767323045", "type": kind,
        "context": {
            "id": "wamid.0", "from": "15550001111", "forwarded": true, "frequently_forwarded": false,
        },
    });
    message[kind] = content;
    message
}

/// An entry with messages of all kinds, and one with all that is in a status.
pub(crate) fn entries() -> Vec<Value> {
    let media = json!({
        "id": "m1", "mime_type": "image/jpeg", "sha256": "x", "caption": "a view",
        "filename": "a.pdf", "voice": true, "animated": false,
    });
    let error = json!({
        "code": 131_051, "title": "Message type unknown", "message": "Message type unknown",
        "error_data": { "details": "Message type is currently not supported." },
        "href": "https://example.com/codes",
    });
    let mut text = message("text", json!({ "body": "Hello" }));
    text["referral"] = json!({
        "source_id": "ad1", "source_type": "ad", "source_url": "https://example.com/ad",
        "headline": "Buy", "body": "Now", "ctwa_clid": "c1", "media_type": "image",
    });
    let mut unsupported = message("unsupported", Value::Null);
    unsupported["errors"] = json!([error]);
    let reply = json!({ "id": "r1", "title": "Yes", "description": "of course" });
    let interactive = json!({
        "type": "list_reply", "list_reply": reply, "button_reply": reply,
        "nfm_reply": { "name": "flow", "body": "Sent", "response_json": "{\"a\":1}" },
    });
    let place = json!({
        "latitude": 37.44, "longitude": -122, "name": "Here", "address": "1 High Street", "url": "x",
    });
    let system = json!({
        "type": "user_changed_number", "body": "It changed", "wa_id": "15554445555", "user_id": "US.2",
    });
    let messages = messages(&json!([
        text,
        unsupported,
        message("audio", media.clone()),
        message("document", media.clone()),
        message("image", media.clone()),
        message("sticker", media.clone()),
        message("video", media),
        message("location", place),
        message("reaction", json!({ "message_id": "wamid.0", "emoji": "👍" })),
        message("interactive", interactive),
        message("button", json!({ "payload": "p1", "text": "Yes" })),
        message("system", system),
        message("contacts", json!([{ "name": { "formatted_name": "Al" }, "phones": [] }])),
    ]));
    let statuses = entry(&json!({
        "messaging_product": "whatsapp",
        "metadata": { "display_phone_number": "15550001111", "phone_number_id": "200" },
        "statuses": [{
            "id": "wamid.2", "status": "failed", "timestamp": "1767323045",
            "recipient_id": "15552223333", "recipient_user_id": "US.1", "recipient_type": "group",
            "biz_opaque_callback_data": "mine",
            "conversation": {
                "id": "c1", "expiration_timestamp": "1767409445", "origin": { "type": "service" },
            },
            "pricing": {
                "billable": true, "pricing_model": "PMP", "type": "regular", "category": "service",
            },
            "errors": [error],
        }],
    }));
    vec![messages, statuses]
}

#[test]
fn messages_have_their_content_by_kind() {
    let body = entries()[0].to_string();
    let entry: whatsapp::Entry<'_> = decode(&body);
    let change = &entry.changes[0];
    assert_eq!(change.field, "messages");
    let value = change.value.as_ref().expect("a value");
    let metadata = value.metadata.as_ref().expect("a number");
    assert!(matches!(metadata.phone_number_id, Some(Borrowed("200"))));
    assert_eq!(value.contacts[0].wa_id.as_deref(), Some("15552223333"));
    assert_eq!(value.messages.len(), 13);
    let of =
        |kind| value.messages.iter().find(|message| message.kind == kind).expect("one of them");
    let text = of(whatsapp::MessageKind::Text);
    assert_eq!(text.text.as_ref().and_then(|text| text.body.as_deref()), Some("Hello"));
    assert_eq!(text.referral.as_ref().and_then(|ad| ad.source_id.as_deref()), Some("ad1"));
    assert_eq!(text.context.as_ref().and_then(|context| context.forwarded), Some(true));
    let location = of(whatsapp::MessageKind::Location).location.as_ref().expect("a place");
    assert_eq!((location.latitude, location.longitude), (Some(37.44), Some(-122.0)));
    let choice = of(whatsapp::MessageKind::Interactive).interactive.as_ref().expect("a choice");
    assert_eq!(choice.kind, Some(whatsapp::InteractiveKind::ListReply));
    assert_eq!(choice.list_reply.as_ref().and_then(|reply| reply.id.as_deref()), Some("r1"));
    assert_eq!(of(whatsapp::MessageKind::Unsupported).errors[0].code, Some(131_051));
}

#[test]
fn statuses() {
    let body = entries()[1].to_string();
    let entry: whatsapp::Entry<'_> = decode(&body);
    let value = entry.changes[0].value.as_ref().expect("a value");
    let status = &value.statuses[0];
    assert_eq!((&*status.id, &status.status), ("wamid.2", &whatsapp::DeliveryStatus::Failed));
    let conversation = status.conversation.as_ref().expect("a conversation");
    assert_eq!(conversation.expiration_timestamp.as_deref(), Some("1767409445"));
    assert_eq!(status.pricing.as_ref().and_then(|pricing| pricing.billable), Some(true));
    let details = status.errors[0].error_data.as_ref().and_then(|data| data.details.as_deref());
    assert_eq!(details, Some("Message type is currently not supported."));
}

/// WhatsApp hides the number of a person with a user name.
#[test]
fn senders_may_have_no_number() {
    let message = json!({
        "id": "wamid.1", "from_user_id": "US.1", "timestamp": 1_767_323_045, "type": "text",
        "text": { "body": "Hello" },
    });
    let mut body = messages(&json!([message]));
    body["changes"][0]["value"]["contacts"][0]["wa_id"] = Value::Null;
    let body = body.to_string();
    let entry: whatsapp::Entry<'_> = decode(&body);
    let value = entry.changes[0].value.as_ref().expect("a value");
    assert_eq!((&value.contacts[0].wa_id, &value.messages[0].from), (&None, &None));
    assert_eq!(value.contacts[0].user_id, value.messages[0].from_user_id);
    assert_eq!(value.messages[0].timestamp.as_deref(), Some("1767323045"));
}

/// An app has one endpoint for all fields, and Meta one kind of entry for all products.
#[test]
fn other_fields_and_other_products_decode() {
    for body in [
        json!({ "id": "1", "changes": [{ "field": "account_update", "value": { "event": "X" } }] }),
        json!({ "id": "1", "time": 1, "messaging": [{ "sender": { "id": "2" }, "message": {} }] }),
        json!({ "id": "1", "changes": [{
            "field": "flows",
            "value": { "event": "Y", "errors": [{ "error_type": "T", "error_rate": 0.5 }] },
        }] }),
    ] {
        let body = body.to_string();
        let entry: whatsapp::Entry<'_> = decode(&body);
        let values = entry.changes.iter().filter_map(|change| change.value.as_ref());
        assert!(values.into_iter().all(|value| value.messages.is_empty()));
    }
    let body: Value = decode(&vector("public/meta/accept-2"));
    let body = body["entry"][0].to_string();
    assert_eq!(decode::<whatsapp::Entry<'_>>(&body).changes, []);
}

#[tokio::test]
async fn handlers_run_for_each_entry() {
    #[webhook(path = "/webhook", provider = META)]
    async fn hook(entry: whatsapp::Entry<'_>) -> String {
        let values = entry.changes.iter().filter_map(|change| change.value.as_ref());
        let (mut messages, mut statuses) = (0, 0);
        for value in values {
            messages += value.messages.len();
            statuses += value.statuses.len();
        }
        format!("{messages} {statuses}")
    }
    #[webhook(path = "/all", provider = META)]
    async fn all(
        batch: Batch<'_, whatsapp::Entry<'_>>,
    ) -> Result<String, webhook_runtime::Rejection> {
        Ok(batch.all()?.len().to_string())
    }
    let hooks = Webhooks::new().mount::<hook>().mount::<all>().test(());
    let body = |entries: &[Value]| {
        json!({ "object": "whatsapp_business_account", "entry": entries }).to_string()
    };
    for (entry, told) in entries().into_iter().zip(["13 0", "0 1"]) {
        let answer = hooks.deliver::<hook>().body(body(&[entry])).await;
        assert_eq!((answer.status().as_u16(), &*answer.text()), (200, told));
    }
    let answer = hooks.deliver::<hook>().body(body(&entries())).await;
    assert_eq!((answer.status().as_u16(), answer.handler_runs()), (200, 2));
    let answer = hooks.deliver::<all>().body(body(&entries())).await;
    assert_eq!((answer.status().as_u16(), &*answer.text()), (200, "2"));
}
