//! The body of a sample, with the provider's event name, action and id.

use std::time::SystemTime;

use serde_json::{Map, Value};

use super::fill;
use crate::verify::{BatchLayout, Field, Provider, scheme::RequestToSign};

/// The content type of forms.
pub(crate) const FORM: &str = "application/x-www-form-urlencoded";

/// The body of a sample before the provider's fields are written into it.
#[derive(Clone, Default)]
pub(crate) enum Content {
    /// The smallest body that the provider would send.
    #[default]
    Minimal,
    /// JSON. Event, action, id and time are written into it.
    Json(Vec<u8>),
    /// The events of a batch.
    Items(Vec<Value>),
    /// A form.
    Form(String),
    /// Bytes that are sent unchanged.
    Raw(Vec<u8>),
}

/// The event name, action and id of a delivery.
#[derive(Clone, Default)]
pub(crate) struct EventFields {
    pub(crate) event: Option<String>,
    pub(crate) action: Option<String>,
    pub(crate) id: Option<String>,
}

impl EventFields {
    /// The text after the first dot of the event is the action, if the provider has actions.
    pub(crate) fn with_split_action(mut self, provider: &Provider) -> Self {
        let has_action = provider.action().is_some()
            || provider.batch().is_some_and(|items| BatchLayout::action(items).is_some());
        if let (Some(event), None, true) = (&self.event, &self.action, has_action)
            && let Some((event, action)) = event.split_once('.')
        {
            (self.event, self.action) = (Some(event.to_owned()), Some(action.to_owned()));
        }
        self
    }
}

/// A body that is ready to be signed.
pub(crate) struct BuiltBody {
    pub(crate) body: Vec<u8>,
    pub(crate) content_type: &'static str,
    /// The headers with event, action or id.
    pub(crate) headers: Vec<(&'static str, String)>,
}

impl Content {
    /// Builds the body, and writes event, action and id into the fields of the provider.
    pub(crate) fn write(
        &self,
        provider: &Provider,
        words: &EventFields,
        at: SystemTime,
        at_is_given: bool,
    ) -> Result<BuiltBody, String> {
        let mut headers = Vec::new();
        let mut pointers = Vec::new();
        let items = provider.batch();
        for (name, word, whole, in_items) in [
            ("event", &words.event, provider.event(), items.and_then(BatchLayout::event)),
            ("action", &words.action, provider.action(), items.and_then(BatchLayout::action)),
            ("id", &words.id, provider.id(), items.and_then(BatchLayout::id)),
        ] {
            let Some(word) = word else { continue };
            match (in_items, whole) {
                (Some(pointer), _) => pointers.push((name, Some(pointer), pointer, word)),
                (None, Some(Field::Header(header))) => headers.push((header, word.clone())),
                (None, Some(Field::Pointer(pointer))) => {
                    pointers.push((name, None, pointer, word));
                }
                // Some schemes sign an id that is not among the provider's fields.
                (None, None) if name == "id" && says_id(provider) => {}
                (None, None) => {
                    let provider = provider.name();
                    return Err(format!(
                        "{provider} has no field for the {name}: write it into the body"
                    ));
                }
            }
        }
        let time = self.time(provider, at, at_is_given)?;
        let (body, content_type) = match self {
            Self::Raw(body) => (body.clone(), "application/json"),
            Self::Form(form) => (form.clone().into_bytes(), FORM),
            // JSON that nothing is written into is sent byte for byte.
            Self::Json(json)
                if pointers.is_empty() && time.is_none() && !provider.signs_forms_only() =>
            {
                (json.clone(), "application/json")
            }
            Self::Json(_) | Self::Items(_) | Content::Minimal => {
                let mut json = self.json(provider)?;
                for (name, in_items, pointer, word) in &pointers {
                    match (items, in_items) {
                        (Some(items), Some(_)) => {
                            write_into_items(&mut json, items, name, pointer, word)?;
                        }
                        _ => fill::put(&mut json, pointer, Value::from(word.as_str()))?,
                    }
                }
                if let Some((pointer, time)) = time {
                    fill::put(&mut json, pointer, time)?;
                }
                return encode_for_provider(self, provider, &json, headers);
            }
        };
        if let Some((name, _, pointer, _)) = pointers.first() {
            let provider = provider.name();
            return Err(format!(
                "{provider} sends the {name} in the body, at `{pointer}`. It is only written into JSON: \
                 write it there yourself, or set the body with `.json(…)`"
            ));
        }
        Ok(BuiltBody { body, content_type, headers })
    }

    /// The time, if the scheme reads it in the body.
    fn time(
        &self,
        provider: &Provider,
        at: SystemTime,
        at_is_given: bool,
    ) -> Result<Option<(&'static str, Value)>, String> {
        let millis = RequestToSign::new(b"").at(at).unix_millis();
        let Some((pointer, time)) = signed_time(provider, millis) else { return Ok(None) };
        let is_there = || self.json(provider).map(|json| json.pointer(pointer).is_some());
        match self {
            Self::Raw(_) | Self::Form(_) => return Ok(None),
            _ if !at_is_given && is_there()? => return Ok(None),
            _ => {}
        }
        Ok(Some((pointer, time)))
    }

    fn json(&self, provider: &Provider) -> Result<Value, String> {
        let batch = |items: &[Value]| {
            let Some(says) = provider.batch() else {
                let provider = provider.name();
                return Err(format!("{provider} sends one event at a time: use `.json(…)`"));
            };
            let mut json = Value::Null;
            let items = items.iter().map(|item| {
                let mut wrapped = Value::Null;
                let inside = says.inner().unwrap_or_default();
                fill::put(&mut wrapped, inside, item.clone()).map(|()| wrapped)
            });
            let items = items.collect::<Result<Vec<_>, _>>()?;
            fill::put(&mut json, says.array(), Value::Array(items))?;
            Ok(json)
        };
        match self {
            Self::Json(json) => serde_json::from_slice(json).map_err(|error| error.to_string()),
            Self::Items(items) => batch(items),
            _ if provider.batch().is_some() => batch(&[Value::Object(Map::new())]),
            _ => Ok(Value::Object(Map::new())),
        }
    }
}

/// The pointer to the time in the body and its value, if the scheme reads it there.
pub(crate) fn signed_time(provider: &Provider, millis: u64) -> Option<(&'static str, Value)> {
    let scheme = provider.scheme()?;
    let text = scheme.signed_timestamp()?.format(millis);
    Some((scheme.timestamp_pointer()?, text.parse::<u64>().map_or(Value::from(text), Value::from)))
}

/// Returns whether a delivery may have an id that only the scheme uses.
fn says_id(provider: &Provider) -> bool {
    provider.scheme().is_none_or(|scheme| scheme.signed_id_header().is_some())
}

/// Writes one value into every event of a batch. Ids get a number, so that they differ.
fn write_into_items(
    json: &mut Value,
    says: &BatchLayout,
    name: &str,
    pointer: &str,
    word: &str,
) -> Result<(), String> {
    let Some(Value::Array(items)) = json.pointer_mut(says.array()) else {
        return Err(format!(
            "the body has no events at `{}`; give them with `.items([...])`",
            says.array()
        ));
    };
    for (index, item) in items.iter_mut().enumerate() {
        let word = match (name, index) {
            ("id", 1..) => format!("{word}-{}", index + 1),
            _ => word.to_owned(),
        };
        let pointer = format!("{}{pointer}", says.inner().unwrap_or_default());
        fill::put(item, &pointer, Value::from(word))?;
    }
    Ok(())
}

/// Encodes JSON as the provider sends it: as JSON, or in a form.
fn encode_for_provider(
    content: &Content,
    provider: &Provider,
    json: &Value,
    headers: Vec<(&'static str, String)>,
) -> Result<BuiltBody, String> {
    let text = json.to_string();
    let (body, content_type) = match (provider.json_form_field(), content) {
        _ if !provider.signs_forms_only() => (text, "application/json"),
        (Some(field), _) => (fill::form(&Value::from_iter([(field, Value::from(text))]))?, FORM),
        (None, Content::Minimal) => (fill::form(json)?, FORM),
        // The URL also decides whether it can be signed.
        (None, _) => (text, "application/json"),
    };
    Ok(BuiltBody { body: body.into(), content_type, headers })
}
