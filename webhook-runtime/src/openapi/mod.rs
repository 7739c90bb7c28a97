//! The mounted endpoints as an [`OpenAPI`](https://spec.openapis.org/oas/v3.1.1.html) 3.1 document.
//!
//! The guide's chapter `openapi` says what is in it.

mod answers;
mod body;
mod components;
mod curl;
mod document;
mod events;
mod example;
mod handshakes;
mod operation;
mod parameters;
mod path;
mod security;
mod words;
mod x_webhook;

use serde_json::Value;

use crate::webhooks::Webhooks;

/// A document about mounted endpoints, with a title and more. [`Webhooks::openapi`] is the same with
/// everything by default.
///
/// ```
/// use webhook_runtime::{Delivery, Webhooks, openapi::OpenApi, webhook};
///
/// /// Takes paid orders.
/// #[webhook(path = "/orders", secret_env = "ORDERS_SECRET")]
/// async fn paid(_: &Delivery) {}
///
/// let hooks: Webhooks = Webhooks::new().mount::<paid>();
/// let document = OpenApi::new()
///     .title("Shop")
///     .version("2.1.0")
///     .server("https://hooks.example.com")
///     .document(&hooks);
/// assert_eq!(document["info"]["title"], "Shop");
/// assert_eq!(document["paths"]["/orders"]["post"]["summary"], "Takes paid orders");
/// ```
#[derive(Clone, Debug)]
#[must_use]
pub struct OpenApi {
    title: String,
    version: String,
    description: String,
    servers: Vec<String>,
    prefix: String,
}

impl Default for OpenApi {
    fn default() -> Self {
        Self::new()
    }
}

impl OpenApi {
    /// A document with the title `Webhooks` and the version `0.0.0`.
    pub fn new() -> Self {
        Self {
            title: "Webhooks".to_owned(),
            version: "0.0.0".to_owned(),
            description: "The webhooks that this program takes, and how each of them is signed."
                .to_owned(),
            servers: Vec::new(),
            prefix: String::new(),
        }
    }

    /// Sets the title of the API.
    pub fn title(mut self, title: impl Into<String>) -> Self {
        self.title = title.into();
        self
    }

    /// Sets the version of the API, which is not that of `OpenAPI`.
    pub fn version(mut self, version: impl Into<String>) -> Self {
        self.version = version.into();
        self
    }

    /// Sets the description of the API, in Markdown.
    pub fn description(mut self, text: impl Into<String>) -> Self {
        self.description = text.into();
        self
    }

    /// Adds the URL of a server, such as `https://hooks.example.com`. The default is the
    /// [public URL](Webhooks::public_url), or else the origin that the document is read from.
    pub fn server(mut self, url: impl Into<String>) -> Self {
        self.servers.push(url.into());
        self
    }

    /// Sets the prefix under which the router is nested, such as `/hooks`. It comes before every path.
    pub fn nest(mut self, prefix: impl Into<String>) -> Self {
        self.prefix = prefix.into();
        self
    }

    /// Makes the document.
    ///
    /// Mistakes that [`Webhooks::into_router`] reports, such as a missing secret, do not matter here.
    #[must_use]
    pub fn document<S, const HAS_STATE: bool>(&self, hooks: &Webhooks<S, HAS_STATE>) -> Value {
        document::document(self, &hooks.described(), hooks.public_url.as_deref())
    }
}

impl<S, const HAS_STATE: bool> Webhooks<S, HAS_STATE> {
    /// Returns the mounted endpoints as an `OpenAPI` 3.1 document: what to send, how to sign it, and
    /// every answer. [`OpenApi`](crate::openapi::OpenApi) sets its title, version and servers.
    ///
    /// A payload type with `schemars::JsonSchema` has its schema in it, and any other type has none.
    ///
    /// ```
    /// use webhook_runtime::{Delivery, Webhooks, providers::GITHUB, webhook};
    ///
    /// #[webhook(path = "/github", provider = GITHUB, secret_env = "GITHUB_SECRET")]
    /// async fn github(_: &Delivery) {}
    ///
    /// let hooks: Webhooks = Webhooks::new().mount::<github>();
    /// let document = hooks.openapi();
    /// assert_eq!(document["openapi"], "3.1.0");
    /// assert_eq!(document["paths"]["/github"]["post"]["operationId"], "github");
    /// ```
    #[must_use]
    pub fn openapi(&self) -> Value {
        OpenApi::new().document(self)
    }
}
