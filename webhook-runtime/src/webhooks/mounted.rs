//! The mounted functions, for programs that print or document it.

use std::fmt;

use super::Webhooks;
use crate::{endpoint::Endpoint, verify::Provider};

/// One mounted function, as [`Webhooks::mounted`] returns it.
///
/// As a text, it is the row that [`Webhooks::serve`] prints:
/// `POST /webhook  order_paid  (hmac-sha256-hex)`.
#[derive(Clone, Copy, Debug)]
pub struct MountedWebhook<'a>(&'a Endpoint);

impl MountedWebhook<'_> {
    /// The name of the endpoint in traces and in the inbox: that of the function, unless the attribute
    /// has a `name`.
    #[must_use]
    pub fn name(&self) -> &'static str {
        self.0.name
    }

    /// The name of the function.
    #[must_use]
    pub fn function(&self) -> &'static str {
        self.0.function
    }

    /// The path as the attribute has it, with its parameters in braces. The prefix of a nested router
    /// comes before it.
    #[must_use]
    pub fn path(&self) -> &'static str {
        self.0.path
    }

    /// The methods that the endpoint accepts, such as `POST` or `GET, POST`.
    #[must_use]
    pub fn methods(&self) -> &'static str {
        self.0.provider.methods()
    }

    /// The provider.
    #[must_use]
    pub fn provider(&self) -> &'static Provider {
        self.0.provider
    }
}

impl fmt::Display for MountedWebhook<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let (methods, provider) = (self.methods(), self.provider().name());
        write!(f, "{methods} {}  {}  ({provider})", self.path(), self.name())
    }
}

impl<S, const HAS_STATE: bool> Webhooks<S, HAS_STATE> {
    /// The mounted functions in the order in which they were mounted, to print or document them.
    ///
    /// ```
    /// # use webhook_runtime::{Delivery, Webhooks, webhook};
    /// #[webhook(path = "/webhook")]
    /// async fn paid(_: &Delivery) {}
    ///
    /// let hooks: Webhooks = Webhooks::new().mount::<paid>();
    /// let table: Vec<String> = hooks.mounted().map(|mounted| mounted.to_string()).collect();
    /// assert_eq!(table, ["POST /webhook  paid  (hmac-sha256-hex)"]);
    /// ```
    pub fn mounted(&self) -> impl Iterator<Item = MountedWebhook<'_>> {
        self.endpoints().map(MountedWebhook)
    }
}
