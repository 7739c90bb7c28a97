//! The whole document.

use serde_json::{Map, Value, json};

use super::{
    OpenApi,
    components::Components,
    operation::{Operations, unique_id},
    path,
};
use crate::{verify::Provider, webhooks::DescribedEndpoint};

/// The version of `OpenAPI`.
const OPENAPI: &str = "3.1.0";

pub(super) fn document(
    asked: &OpenApi,
    endpoints: &[DescribedEndpoint],
    public_url: Option<&str>,
) -> Value {
    let mut components = Components::new();
    let servers = servers(asked, public_url);
    let (mut paths, mut webhooks) = (Map::new(), Map::new());
    let mut ids: Vec<String> = Vec::new();
    for described in endpoints {
        let id = unique_id(&described.endpoint, &ids);
        ids.push(id.clone());
        let template = path::template(&asked.prefix, described.endpoint.path);
        let url = path::example_url(first_server(&servers), &template);
        let operations = Operations::new(described, id, url, &mut components);
        paths.insert(template, operations.path_item(&asked.prefix, &mut components));
        webhooks.extend(operations.sent(&mut components));
    }
    json!({
        "openapi": OPENAPI,
        "info": {
            "title": asked.title,
            "version": asked.version,
            "description": asked.description,
        },
        "servers": servers,
        "tags": tags(endpoints),
        "paths": paths,
        "webhooks": webhooks,
        "components": components.into_value(),
    })
}

/// The servers. Without any, it is the one that the document is read from.
fn servers(asked: &OpenApi, public_url: Option<&str>) -> Value {
    let prefix = asked.prefix.trim_matches('/');
    let without_slash = |url: &str| {
        let url = url.trim_end_matches('/');
        // The paths have the prefix already.
        let shorter = url.strip_suffix(prefix).filter(|_| !prefix.is_empty());
        shorter.and_then(|url| url.strip_suffix('/')).unwrap_or(url).to_owned()
    };
    let urls: Vec<String> = match (&asked.servers[..], public_url) {
        ([], Some(url)) => vec![without_slash(url)],
        ([], None) => vec!["/".to_owned()],
        (urls, _) => urls.iter().map(|url| without_slash(url)).collect(),
    };
    urls.into_iter().map(|url| json!({"url": url})).collect()
}

/// The first server that has a host, or the one that a program has on its own machine.
fn first_server(servers: &Value) -> &str {
    let urls = servers.as_array().into_iter().flatten().filter_map(|server| server["url"].as_str());
    let mut absolute = urls.filter(|url| url.contains("://"));
    absolute.next().unwrap_or("http://127.0.0.1:3000")
}

/// A tag for each provider.
fn tags(endpoints: &[DescribedEndpoint]) -> Value {
    let mut tags: Vec<Value> = Vec::new();
    for provider in endpoints.iter().map(|described| described.endpoint.provider) {
        if !tags.iter().any(|tag| tag["name"] == provider.name()) {
            tags.push(tag(provider));
        }
    }
    Value::Array(tags)
}

fn tag(provider: &Provider) -> Value {
    let mut tag = json!({
        "name": provider.name(),
        "description": format!("Deliveries of `{}`.", provider.name()),
    });
    if !provider.docs_url().is_empty() {
        tag["externalDocs"] = json!({"url": provider.docs_url()});
    }
    tag
}
