//! A command that signs the example and sends it, for a terminal.

use serde_json::{Value, json};

use super::{
    body::ExampleBody,
    events::Event,
    words::{EXAMPLE_ID, JSON},
};
use crate::{
    verify::{
        Field, Provider,
        scheme::{ShellBody, ShellRequest},
    },
    webhooks::FORM,
};

/// The variable with the secret.
const SECRET: &str = "SECRET";

/// The command as a list of samples. It is empty if the request cannot be signed in a terminal.
pub(super) fn samples(
    provider: &Provider,
    method: &str,
    url: &str,
    event: Option<&Event>,
    body: &ExampleBody,
) -> Value {
    let headers = headers(provider, event, body);
    let headers: Vec<(&str, &str)> =
        headers.iter().map(|(name, value)| (*name, value.as_str())).collect();
    let request = ShellRequest::new(url)
        .secret_env(SECRET)
        .method(method)
        .id(EXAMPLE_ID)
        .event(event.map(|event| event.name))
        .headers(&headers)
        .body(ShellBody::Text(&body.text));
    let sample =
        |label: &str, source: String| json!([{"lang": "Shell", "label": label, "source": source}]);
    if let Some(command) = provider.shell_command(&request) {
        sample("curl", command)
    } else if let Some(command) = provider.send_command(&request) {
        sample("webhook", command)
    } else {
        json!([])
    }
}

/// The headers that the provider sends beside those of the signature.
fn headers(
    provider: &Provider,
    event: Option<&Event>,
    body: &ExampleBody,
) -> Vec<(&'static str, String)> {
    let content_type = if body.is_form { FORM } else { JSON };
    let mut headers = vec![("content-type", content_type.to_owned())];
    let name = event.map_or("test", |event| event.base);
    let action = event.and_then(|event| event.action);
    for (field, value) in [
        (provider.event(), Some(name)),
        (provider.action(), action),
        (provider.id(), Some(EXAMPLE_ID)),
    ] {
        if let (Some(Field::Header(header)), Some(value)) = (field, value) {
            headers.push((header, value.to_owned()));
        }
    }
    headers
}
