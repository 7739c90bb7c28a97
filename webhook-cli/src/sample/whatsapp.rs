//! A message to a phone number at WhatsApp, in Meta's entry.

use serde_json::{Value, json};

pub(super) fn body(time: u64) -> Value {
    json!({"entry": [{"id": "100", "changes": [{
        "field": "messages",
        "value": {
            "messaging_product": "whatsapp",
            "metadata": {"display_phone_number": "15005550006", "phone_number_id": "200"},
            "contacts": [{"profile": {"name": "Jane"}, "wa_id": "15005550001"}],
            "messages": [{
                "id": "wamid.1",
                "from": "15005550001",
                "timestamp": time.to_string(),
                "type": "text",
                "text": {"body": "Hello there"},
            }],
        },
    }]}]})
}
