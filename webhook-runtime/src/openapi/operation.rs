//! The operations of an endpoint: one for each method of its path, and one for each event that is sent to
//! it.

use serde_json::{Map, Value, json};

use super::{
    answers,
    body::{Body, body},
    components::Components,
    curl,
    events::{Event, events},
    handshakes, parameters, path, security,
    words::{place, summary_and_rest, time},
    x_webhook,
};
use crate::{endpoint::Endpoint, verify::Provider, webhooks::DescribedEndpoint};

/// One endpoint, ready to be written as operations.
pub(super) struct Operations<'d> {
    described: &'d DescribedEndpoint,
    /// The beginning of the ids of all its operations.
    id: String,
    /// The URL that examples are sent to.
    url: String,
    events: Vec<Event>,
    /// The name of the security scheme of the verify token, if the provider sends one.
    verify_token: Option<String>,
    security: Value,
    responses: Value,
    extension: Value,
}

impl<'d> Operations<'d> {
    pub(super) fn new(
        described: &'d DescribedEndpoint,
        id: String,
        url: String,
        components: &mut Components,
    ) -> Self {
        let endpoint = &described.endpoint;
        let provider = endpoint.provider;
        let events = events(provider, endpoint.payload_shape, components);
        let verify_token = handshakes::verify_token(endpoint);
        Self {
            verify_token: verify_token.map(|(name, scheme)| components.add_security(&name, scheme)),
            security: security::requirements(provider, components),
            responses: answers::responses(described),
            extension: x_webhook::x_webhook(described, &events),
            described,
            id,
            url,
            events,
        }
    }

    /// The path with an operation for each method, behind a prefix.
    pub(super) fn path_item(&self, prefix: &str, components: &mut Components) -> Value {
        let endpoint = &self.described.endpoint;
        let mut item = Map::new();
        let has_tenants = self.described.has_secret_source;
        let parameters = path::parameters(prefix, endpoint.path, has_tenants);
        if !parameters.is_empty() {
            item.insert("parameters".to_owned(), Value::Array(parameters));
        }
        let methods = methods(endpoint.provider);
        for (at, method) in methods.iter().enumerate() {
            let id = if at == 0 { self.id.clone() } else { self.id_of_method(method) };
            item.insert(method.clone(), self.operation(&id, method, None, components));
        }
        let verify_token = self.verify_token.as_deref();
        let id = |method: &str| self.id_of_method(method);
        item.extend(handshakes::operations(endpoint, id, &methods, verify_token));
        Value::Object(item)
    }

    /// The id of the operation of a further method. An event can have the name of a method.
    fn id_of_method(&self, method: &str) -> String {
        let mut name = method.to_owned();
        while self.events.iter().any(|event| event.name == name) {
            name.insert_str(0, "method.");
        }
        format!("{}.{name}", self.id)
    }

    /// The deliveries of the provider: an operation for each event, or one for all.
    pub(super) fn sent(&self, components: &mut Components) -> Vec<(String, Value)> {
        let named = |name: &str| format!("{}.{name}", self.id);
        let methods = methods(self.described.endpoint.provider);
        let method = methods.iter().find(|method| *method != "get").map_or("post", String::as_str);
        if self.events.is_empty() {
            let operation = self.operation(&named("sent"), method, None, components);
            return vec![(self.id.clone(), json!({method: operation}))];
        }
        self.events
            .iter()
            .map(|event| {
                let id = named(event.name);
                let operation = self.operation(&id, method, Some(event), components);
                (id.clone(), json!({method: operation}))
            })
            .collect()
    }

    fn operation(
        &self,
        id: &str,
        method: &str,
        only: Option<&Event>,
        components: &mut Components,
    ) -> Value {
        let endpoint = &self.described.endpoint;
        let provider = endpoint.provider;
        let mut names: Vec<&str> = self.events.iter().map(|event| event.base).collect();
        names.dedup();
        let only_name = only.map(|event| (event.base, event.action));
        let (summary, description) = self.words(only);
        let mut operation = Map::new();
        let mut add = |name: &str, value: Value| operation.insert(name.to_owned(), value);
        add("operationId", json!(id));
        add("summary", json!(summary));
        add("description", json!(description));
        add("tags", json!([provider.name()]));
        let parameters = parameters::parameters(provider, &names, only_name);
        if !parameters.is_empty() {
            add("parameters", Value::Array(parameters));
        }
        add("security", self.security.clone());
        add("responses", self.responses.clone());
        add("x-webhook", self.extension.clone());
        if method != "get" {
            let shape = endpoint.payload_shape;
            let Body { request_body, example } =
                body(provider, shape, &self.events, only, components);
            add("requestBody", request_body);
            let shown = only.or(self.events.first());
            let method = method.to_ascii_uppercase();
            let samples = curl::samples(provider, &method, &self.url, shown, &example);
            if samples != json!([]) {
                add("x-codeSamples", samples);
            }
        }
        Value::Object(operation)
    }

    /// The summary and the description.
    fn words(&self, only: Option<&Event>) -> (String, String) {
        let endpoint = &self.described.endpoint;
        let (summary, rest) = match only {
            Some(event) if !event.description.is_empty() => summary_and_rest(event.description),
            Some(event) => (format!("The event `{}`", event.name), ""),
            None => summary_and_rest(endpoint.description),
        };
        let summary = match summary.as_str() {
            "" => format!("Takes deliveries of {}", endpoint.provider.name()),
            _ => summary,
        };
        let mut paragraphs = Vec::new();
        if !rest.is_empty() {
            paragraphs.push(rest.to_owned());
        }
        paragraphs.push(self.facts(endpoint.provider));
        (summary, paragraphs.join("\n\n"))
    }

    /// The facts that everybody who sends has to know.
    fn facts(&self, provider: &Provider) -> String {
        let described = self.described;
        let endpoint = &described.endpoint;
        let name = match provider.docs_url() {
            "" => format!("`{}`", provider.name()),
            url => format!("[{}]({url})", provider.name()),
        };
        let info = provider.scheme_info();
        let mut words = vec![format!("Sent by {name}.")];
        words.push(match provider.scheme() {
            Some(scheme) if scheme.is_credential() => format!(
                "The secret itself is sent as `{}`, and nothing of the request is signed.",
                scheme.signature_pattern()
            ),
            Some(scheme) => format!(
                "`{}` is signed with {}, and sent as `{}`.",
                scheme.signed_template(),
                scheme.algorithm(),
                scheme.signature_pattern()
            ),
            None if info.signature_header.is_empty() => {
                format!("The signature is in the body: {}.", info.summary)
            }
            None => format!("The signature is in `{}`: {}.", info.signature_header, info.summary),
        });
        if info.signs_url {
            words.push("The public URL is signed, too.".to_owned());
        }
        let window = x_webhook::replay_window(endpoint);
        let during =
            if window.starts_with(|first: char| first.is_ascii_digit()) { "for " } else { "" };
        words.push(format!("A recorded delivery stays genuine {during}{window}."));
        if let Some(field) = provider.event() {
            words.push(format!("The name of the event is in {}.", place(field)));
        }
        if described.inbox.is_some() {
            words.push("It is stored before the answer, and handled later.".to_owned());
        } else if let Some(limit) = endpoint.respond_within {
            words.push(format!("The answer comes within {}.", time(limit)));
        }
        words.push(x_webhook::duplicates(described));
        words.push(x_webhook::retries(described));
        words.join(" ")
    }
}

/// The methods of deliveries, in lower case.
fn methods(provider: &Provider) -> Vec<String> {
    provider.methods().split(", ").map(str::to_ascii_lowercase).collect()
}

/// The id of an endpoint's operations: its name, with a number if another endpoint has it already.
pub(super) fn unique_id(endpoint: &Endpoint, taken: &[String]) -> String {
    let names = std::iter::once(endpoint.name.to_owned());
    let mut names = names.chain((2_u32..).map(|number| format!("{}{number}", endpoint.name)));
    names.find(|name| !taken.contains(name)).unwrap_or_default()
}
