//! The tenant whose secrets verify a delivery.

/// The owner of secrets: the endpoint, and the parameters of its path.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub struct Tenant {
    endpoint: &'static str,
    params: Vec<(String, String)>,
}

impl Tenant {
    pub(crate) fn new(endpoint: &'static str, params: Vec<(String, String)>) -> Self {
        Self { endpoint, params }
    }

    /// The name of the endpoint.
    #[must_use]
    pub fn endpoint(&self) -> &'static str {
        self.endpoint
    }

    /// All path parameters, in the order of the path.
    #[cfg(feature = "inbox")]
    pub(crate) fn params(&self) -> &[(String, String)] {
        &self.params
    }

    /// A parameter of the path: for `/hooks/{tenant}`, `param("tenant")`.
    #[must_use]
    pub fn param(&self, name: &str) -> Option<&str> {
        self.params.iter().find(|(known, _)| known == name).map(|(_, value)| value.as_str())
    }
}
