//! Sample bodies: what a provider sends for an event, with id, event and time in their places.

mod bodies;
mod discord;
mod events;
mod fill;
mod keys;
mod linear;
mod paddle;
mod vendors;
mod whatsapp;

pub(crate) use events::meant;
pub(crate) use fill::put;
pub(crate) use keys::{private_key, secret};

use serde_json::{Map, Value};
use webhook_runtime::{BatchLayout, Field, Provider};

pub(crate) const JSON: &str = "application/json";
pub(crate) const FORM: &str = "application/x-www-form-urlencoded";

const XML: &str = "application/xml";

/// The wishes for a sample.
#[derive(Clone, Debug, Default)]
pub(crate) struct Wishes {
    pub(crate) event: Option<String>,
    pub(crate) id: String,
    /// The whole body.
    pub(crate) data: Option<Vec<u8>>,
    /// Values at JSON pointers.
    pub(crate) set: Vec<(String, Value)>,
    /// The time of signing, in milliseconds since 1970.
    pub(crate) unix_millis: u64,
}

/// A body that is not signed yet, and the headers that belong to it.
#[derive(Clone, Debug)]
pub(crate) struct Sample {
    pub(crate) content_type: &'static str,
    pub(crate) headers: Vec<(&'static str, String)>,
    pub(crate) body: Vec<u8>,
    /// The name of the event.
    pub(crate) event: String,
}

/// Builds the sample of a provider.
pub(crate) fn build(provider: &Provider, wishes: &Wishes) -> Result<Sample, String> {
    let event = wishes.event.clone().unwrap_or_else(|| bodies::default_event(provider).to_owned());
    let (name, action) = split(provider, &event);
    let mut headers = Vec::new();
    for (field, value) in [(provider.event(), name), (provider.id(), wishes.id.as_str())] {
        if let Some(Field::Header(header)) = field {
            headers.push((header, value.to_owned()));
        }
    }
    headers.extend(vendors::headers(provider).iter().map(|(name, value)| (*name, (*value).into())));
    let is_form = provider.signs_forms_only();
    // Data that nothing is written into is sent byte for byte.
    if let Some(data) = &wishes.data
        && wishes.set.is_empty()
        && wishes.event.is_none()
    {
        let is_json = serde_json::from_slice::<serde::de::IgnoredAny>(data).is_ok();
        let field = provider.json_form_field().filter(|_| is_form && is_json);
        let body = field.map_or_else(|| data.clone(), |field| form(field, data));
        let content_type = if is_json && field.is_none() { JSON } else { FORM };
        return Ok(Sample { content_type, headers, body, event });
    }
    if is_form && provider.json_form_field().is_none() {
        let body = fields(provider, name, wishes)?;
        return Ok(Sample { content_type: FORM, headers, body, event });
    }
    if let Some(xml) = bodies::xml(provider, name, wishes).filter(|_| wishes.data.is_none()) {
        if !wishes.set.is_empty() {
            return Err("the sample is XML, which no value can be set in".to_owned());
        }
        return Ok(Sample { content_type: XML, headers, body: xml.into_bytes(), event });
    }
    let mut json = match &wishes.data {
        Some(data) => serde_json::from_slice(data).map_err(|error| format!("the data: {error}"))?,
        None => bodies::body(provider, name, action, wishes),
    };
    write(provider, &mut json, (name, action), wishes)?;
    let body = json.to_string().into_bytes();
    Ok(match provider.json_form_field().filter(|_| is_form) {
        Some(field) => Sample { content_type: FORM, headers, body: form(field, &body), event },
        None => Sample { content_type: JSON, headers, body, event },
    })
}

/// The body of a sample, before anything is written into it.
pub(crate) fn body(provider: &Provider) -> Value {
    bodies::body(provider, bodies::default_event(provider), None, &Wishes::default())
}

/// Splits the action off an event, for providers that have it in a place of its own.
fn split<'e>(provider: &Provider, event: &'e str) -> (&'e str, Option<&'e str>) {
    let action =
        provider.action().is_some() || provider.batch().and_then(BatchLayout::action).is_some();
    match event.split_once('.') {
        Some((name, rest)) if action => (name, Some(rest)),
        _ => (event, None),
    }
}

/// Writes event, action, id and time to where the provider has them.
fn write(
    provider: &Provider,
    json: &mut Value,
    (event, action): (&str, Option<&str>),
    wishes: &Wishes,
) -> Result<(), String> {
    let is_given = wishes.data.is_none() || wishes.event.is_some();
    if let Some(batch) = provider.batch() {
        let start = format!("{}/0{}", batch.array(), batch.inner().unwrap_or_default());
        if wishes.data.is_none() && json.pointer(&start).is_none() {
            fill::put(json, &start, Value::Object(Map::new()))?;
        }
        for (pointer, value) in [
            (batch.id().filter(|_| wishes.data.is_none()), Some(wishes.id.as_str())),
            (batch.event().filter(|_| is_given), Some(event)),
            (batch.action().filter(|_| is_given), action),
        ] {
            if let (Some(pointer), Some(value)) = (pointer, value) {
                put_text(json, &format!("{start}{pointer}"), value)?;
            }
        }
    }
    let names_items = provider.batch().is_some_and(|batch| batch.event().is_some());
    for (field, value) in [
        (provider.id().filter(|_| wishes.data.is_none()), Some(wishes.id.as_str())),
        (provider.event().filter(|_| is_given && !names_items), Some(event)),
        (provider.action().filter(|_| is_given), action),
    ] {
        if let (Some(Field::Pointer(pointer)), Some(value)) = (field, value) {
            // A pointer with a star names the items of a batch.
            if !pointer.contains('*') {
                put_text(json, pointer, value)?;
            }
        }
    }
    if let Some(scheme) = provider.scheme()
        && let (Some(pointer), Some(time)) = (scheme.timestamp_pointer(), scheme.signed_timestamp())
    {
        let text = time.format(wishes.unix_millis);
        fill::put(json, pointer, text.parse::<u64>().map_or(Value::from(text), Value::from))?;
    }
    for (pointer, value) in &wishes.set {
        fill::put(json, pointer, value.clone())?;
    }
    Ok(())
}

/// Writes a text, or a number where the sample has one.
fn put_text(json: &mut Value, pointer: &str, text: &str) -> Result<(), String> {
    let is_number = json.pointer(pointer).is_some_and(Value::is_number);
    let value = match text.parse::<u64>() {
        Ok(number) if is_number => Value::from(number),
        _ if is_number => return Ok(()),
        _ => Value::from(text),
    };
    fill::put(json, pointer, value)
}

/// A form of one field.
fn form(field: &str, value: &[u8]) -> Vec<u8> {
    let value: String = form_urlencoded::byte_serialize(value).collect();
    format!("{field}={value}").into_bytes()
}

/// The form of a provider that sends no JSON, with event, id and the wished values.
fn fields(provider: &Provider, event: &str, wishes: &Wishes) -> Result<Vec<u8>, String> {
    let mut fields: Vec<(String, String)> = match &wishes.data {
        Some(data) => form_urlencoded::parse(data).into_owned().collect(),
        None => bodies::fields(provider, wishes),
    };
    let is_given = wishes.data.is_none() || wishes.event.is_some();
    let own = [
        (provider.event().filter(|_| is_given), event),
        (provider.id().filter(|_| wishes.data.is_none()), &wishes.id),
    ];
    let own = own.iter().filter_map(|(field, text)| match field {
        Some(Field::Pointer(pointer)) => Some((*pointer, Value::from(*text))),
        _ => None,
    });
    let set = wishes.set.iter().map(|(pointer, value)| (pointer.as_str(), value.clone()));
    for (pointer, value) in own.chain(set) {
        let name = pointer.strip_prefix('/').filter(|name| !name.contains('/'));
        let name =
            name.ok_or_else(|| format!("{pointer}: the body is a form, and has no depth"))?;
        let value = value.as_str().map_or_else(|| value.to_string(), str::to_owned);
        fields.retain(|(known, _)| known != name);
        fields.push((name.to_owned(), value));
    }
    let form = form_urlencoded::Serializer::new(String::new()).extend_pairs(fields).finish();
    Ok(form.into_bytes())
}

#[cfg(test)]
mod tests {
    use serde_json::json;
    use webhook_runtime::{
        payloads::{
            discord, github, linear, paddle, shopify, slack, standard_webhooks, stripe, whatsapp,
        },
        providers,
        providers::{
            DISCORD, GITHUB, LINEAR, META, PADDLE, SHOPIFY, SLACK, STANDARD_WEBHOOKS, STRIPE, SVIX,
        },
        scheme::{RequestToSign, SignedRequest},
    };

    use super::*;

    const AT: u64 = 1_760_000_000_000;

    fn sample(provider: &Provider, event: Option<&str>) -> Sample {
        let wishes = Wishes {
            event: event.map(str::to_owned),
            id: "evt_1".to_owned(),
            unix_millis: AT,
            ..Wishes::default()
        };
        build(provider, &wishes).expect("a sample")
    }

    fn body(provider: &Provider, event: &str) -> String {
        String::from_utf8(sample(provider, Some(event)).body).expect("text")
    }

    #[test]
    fn ready_made_payloads_decode_their_samples() {
        let decoded = body(&STRIPE, "payment_intent.succeeded");
        let event: stripe::Event<'_, Value> = serde_json::from_str(&decoded).expect("an event");
        assert_eq!((&*event.id, &*event.kind), ("evt_1", "payment_intent.succeeded"));
        assert_eq!(event.data.object["object"], "payment_intent");
        assert_eq!(event.data.object["status"], "succeeded");
        let decoded = body(&STRIPE, "checkout.session.completed");
        let event: stripe::Event<'_, Value> = serde_json::from_str(&decoded).expect("an event");
        assert_eq!(event.data.object["object"], "checkout.session");
        let decoded = body(&SLACK, "message");
        let event: slack::EventCallback<'_, slack::Message<'_>> =
            serde_json::from_str(&decoded).expect("an event");
        assert_eq!(event.event_id.as_deref(), Some("evt_1"));
        let decoded = body(&SHOPIFY, "orders/create");
        let order: shopify::Order<'_> = serde_json::from_str(&decoded).expect("an order");
        assert_eq!(order.line_items.len(), 1);
        for provider in [&STANDARD_WEBHOOKS, &SVIX] {
            let decoded = body(provider, "user.created");
            let event: standard_webhooks::Event<'_, Value> =
                serde_json::from_str(&decoded).expect("an event");
            assert_eq!(event.kind, "user.created");
        }
    }

    fn decodes<'t, T: serde::Deserialize<'t>>(text: &'t str) -> T {
        serde_json::from_str(text).unwrap_or_else(|error| panic!("{error}: {text}"))
    }

    #[test]
    fn payloads_of_discord_decode_their_samples() {
        let text = body(&DISCORD, "2");
        let command = decodes::<discord::Interaction<'_, discord::Command<'_>>>(&text);
        assert_eq!((&*command.id, command.kind), ("evt_1", discord::InteractionKind::Command));
        assert!(command.data.option("animal").is_some());
        let text = body(&DISCORD, "3");
        decodes::<discord::Interaction<'_, discord::Component<'_>>>(&text);
        let text = body(&DISCORD, "4");
        let typing = decodes::<discord::Interaction<'_, discord::Command<'_>>>(&text);
        assert_eq!(typing.data.options[0].focused, Some(true));
        let text = body(&DISCORD, "5");
        let modal = decodes::<discord::Interaction<'_, discord::Modal<'_>>>(&text);
        assert!(modal.data.input("text").is_some());
        let ping: Value = decodes(&body(&DISCORD, "1"));
        assert_eq!((&ping["type"], ping.get("data")), (&json!(1), None));
    }

    #[test]
    fn payloads_of_linear_decode_their_samples() {
        let text = body(&LINEAR, "Issue.update");
        let event = decodes::<linear::Event<'_, linear::Issue<'_>>>(&text);
        assert_eq!((event.action, &*event.kind), (linear::Action::Update, "Issue"));
        assert!(event.updated_from.is_some());
        assert_eq!(event.webhook_timestamp, Some(AT));
        let text = body(&LINEAR, "Comment");
        let event = decodes::<linear::Event<'_, linear::Comment<'_>>>(&text);
        assert_eq!(event.action, linear::Action::Create);
        let text = body(&LINEAR, "Project.remove");
        assert_eq!(decodes::<linear::Event<'_, Value>>(&text).data["id"], "obj_1");
    }

    #[test]
    fn payloads_of_paddle_decode_their_samples() {
        let text = body(&PADDLE, "transaction.payment_failed");
        let event = decodes::<paddle::Event<'_, paddle::Transaction<'_>>>(&text);
        assert_eq!((&*event.event_id, &*event.kind), ("evt_1", "transaction.payment_failed"));
        assert_eq!(event.data.status, Some(paddle::TransactionStatus::PastDue));
        let text = body(&PADDLE, "subscription.paused");
        let event = decodes::<paddle::Event<'_, paddle::Subscription<'_>>>(&text);
        assert_eq!(event.data.status, Some(paddle::SubscriptionStatus::Paused));
        decodes::<paddle::Event<'_, paddle::Customer<'_>>>(&body(&PADDLE, "customer.created"));
        decodes::<paddle::Event<'_, Value>>(&body(&PADDLE, "product.created"));
    }

    #[test]
    fn payloads_of_whatsapp_decode_their_samples() {
        let sample: Value = decodes(&body(&META, "whatsapp_business_account"));
        assert_eq!(sample["object"], "whatsapp_business_account");
        let text = sample["entry"][0].to_string();
        let entry: whatsapp::Entry<'_> = decodes(&text);
        let value = entry.changes[0].value.as_ref().expect("a value");
        assert_eq!(value.messages[0].kind, whatsapp::MessageKind::Text);
        let sample: Value = decodes(&body(&META, "page"));
        assert_eq!(sample["object"], "page");
    }

    #[test]
    fn payloads_of_github_decode_their_samples() {
        decodes::<github::Push<'_>>(&body(&GITHUB, "push"));
        decodes::<github::Ping<'_>>(&body(&GITHUB, "ping"));
        decodes::<github::IssuesEvent<'_>>(&body(&GITHUB, "issues.opened"));
        decodes::<github::PullRequestEvent<'_>>(&body(&GITHUB, "pull_request.closed"));
        decodes::<github::ReleaseEvent<'_>>(&body(&GITHUB, "release.published"));
        decodes::<github::WorkflowRunEvent<'_>>(&body(&GITHUB, "workflow_run.completed"));
        let action: Value = serde_json::from_str(&body(&GITHUB, "issues.opened")).expect("JSON");
        assert_eq!(action["action"], "opened");
    }

    /// A provider that can sign at all verifies its own sample.
    #[test]
    fn samples_verify() {
        let mut signed = 0;
        for provider in providers::ALL {
            let sample = sample(provider, None);
            let secret = secret(provider);
            let at = std::time::UNIX_EPOCH + std::time::Duration::from_millis(AT);
            let url = "https://example.com/webhook";
            let mut request = RequestToSign::new(&sample.body).url(url).id("evt_1").at(at);
            request.form = sample.content_type == FORM;
            let is_secret = provider.scheme().is_none_or(|scheme| {
                scheme.algorithm().starts_with("HMAC") || scheme.algorithm().starts_with("SHA-")
            });
            let Ok(parts) = provider.sign(&secret, &request) else { continue };
            let info = provider.scheme_info();
            if !is_secret || info.key_pair.is_some() || info.fetches_keys {
                continue;
            }
            signed += 1;
            let mut headers = parts.headers.clone();
            for (name, value) in &sample.headers {
                headers.insert(*name, value.parse().expect("a value"));
            }
            headers.insert("content-type", sample.content_type.parse().expect("a value"));
            let request = SignedRequest {
                method: "POST",
                url,
                headers: &headers,
                query: &parts.query,
                body: &parts.body,
            };
            let verified = provider.verify(&[secret], &request, None, at);
            assert!(verified.is_ok(), "{}: {verified:?}", provider.name());
        }
        assert!(signed > 60, "{signed}");
    }

    #[test]
    fn values_are_set_and_data_is_kept() {
        let wishes = Wishes {
            id: "evt_1".into(),
            set: vec![("/data/object/amount".into(), json!(5))],
            ..Wishes::default()
        };
        let body: Value =
            serde_json::from_slice(&build(&STRIPE, &wishes).expect("a sample").body).expect("JSON");
        assert_eq!(body["data"]["object"]["amount"], 5);
        let data = b"{ \"a\" : 1 }\n".to_vec();
        let wishes = Wishes { data: Some(data.clone()), ..Wishes::default() };
        assert_eq!(build(&STRIPE, &wishes).expect("a sample").body, data);
        let wishes = Wishes { data: Some(data), event: Some("a.b".into()), ..Wishes::default() };
        let body = build(&STRIPE, &wishes).expect("a sample").body;
        assert_eq!(body, br#"{"a":1,"type":"a.b"}"#);
    }
}
