//! The endpoint that a test sends deliveries to: its URL and its secrets.

use std::{sync::Arc, time::Duration};

use percent_encoding::{AsciiSet, CONTROLS, NON_ALPHANUMERIC, utf8_percent_encode};

use super::keys::{KeyOwner, KeyPair};
use crate::{
    delivery::Tenant,
    endpoint::{Endpoint, fill_path},
    receive::secret_source::TenantSecrets,
    verify::{Provider, Secret},
};

/// The characters that are not escaped in a path segment (RFC 3986).
const SEGMENT: &AsciiSet = &NON_ALPHANUMERIC.remove(b'-').remove(b'.').remove(b'_').remove(b'~');

/// The characters that clients escape in a path: those that no URL has (RFC 3986).
const PATH: &AsciiSet = &CONTROLS
    .add(b' ')
    .add(b'"')
    .add(b'<')
    .add(b'>')
    .add(b'^')
    .add(b'`')
    .add(b'{')
    .add(b'|')
    .add(b'}');

/// One endpoint, as its provider sees it.
#[derive(Clone)]
pub(crate) struct TestEndpoint {
    pub(crate) name: &'static str,
    pub(crate) function: &'static str,
    pub(crate) module: &'static str,
    pub(crate) provider: &'static Provider,
    /// The path, with its parameters in braces.
    pub(crate) path: String,
    pub(crate) origin: String,
    pub(crate) signing: Signing,
    /// The older secrets of a rotation.
    pub(crate) older: Vec<Secret>,
    pub(crate) verify_token: Option<Secret>,
    pub(crate) tolerance: Option<Duration>,
    pub(crate) max_body: usize,
    /// Deliveries are stored, and handled after the response.
    pub(crate) is_stored: bool,
}

/// The key that signs deliveries.
#[derive(Clone)]
pub(crate) enum Signing {
    /// A secret, or a private key.
    Secret(Secret),
    /// The endpoint has a public key, and the private key is unknown.
    PublicKey,
    /// The tenant's first secret in a source.
    Source(Arc<TenantSecrets>),
}

impl TestEndpoint {
    pub(crate) fn new(
        endpoint: &Endpoint,
        origin: &str,
        signing: Signing,
        verify_token: Option<Secret>,
    ) -> Self {
        Self {
            name: endpoint.name,
            function: endpoint.function,
            module: endpoint.module,
            provider: endpoint.provider,
            path: endpoint.path.to_owned(),
            origin: origin.trim_end_matches('/').to_owned(),
            signing,
            older: Vec::new(),
            verify_token,
            tolerance: endpoint.tolerance,
            max_body: endpoint.max_body,
            is_stored: endpoint.inbox,
        }
    }

    /// Fills the parameters into the path. Returns the path and the tenant.
    pub(crate) fn locate(&self, given: &[(String, String)]) -> Result<(String, Tenant), String> {
        let mut params = Vec::new();
        let path = fill_path(&self.path, |name, is_rest| {
            let (_, value) = given
                .iter()
                .find(|(known, _)| known == name)
                .ok_or_else(|| format!("its path is {}: add `.param(\"{name}\", …)`", self.path))?;
            params.push((name.to_owned(), value.clone()));
            let segments = value.split('/').map(|it| utf8_percent_encode(it, SEGMENT).to_string());
            Ok::<_, String>(if is_rest {
                segments.collect::<Vec<_>>().join("/")
            } else {
                utf8_percent_encode(value, SEGMENT).to_string()
            })
        })?;
        let unknown = given.iter().find(|(name, _)| params.iter().all(|(known, _)| known != name));
        if let Some((name, _)) = unknown {
            return Err(format!("its path is {}, which has no `{name}`", self.path));
        }
        Ok((as_sent(&path), Tenant::new(self.name, params)))
    }

    /// The secret that signs deliveries.
    pub(crate) async fn secret(&self, tenant: &Tenant) -> Result<Secret, String> {
        match &self.signing {
            Signing::Secret(secret) => Ok(secret.clone()),
            Signing::PublicKey => Err(format!(
                "it has the public key of {}: add `.signed_with(private_key)`, or set no \
                 secret, and the test kit makes a pair of keys",
                self.provider.name()
            )),
            Signing::Source(tenants) => match tenants.secrets(tenant).await {
                Ok(secrets) => secrets.into_iter().next().ok_or("there is no secret".to_owned()),
                Err(error) => Err(error.to_string()),
            }
            .map_err(|error| {
                format!("its secret source failed: {error}; to sign anyway, add `.signed_with(…)`")
            }),
        }
    }

    /// The older secrets of a rotation.
    pub(crate) async fn older(&self, tenant: &Tenant) -> Vec<Secret> {
        match &self.signing {
            Signing::Source(tenants) => {
                let secrets = tenants.secrets(tenant).await.unwrap_or_default();
                secrets.into_iter().skip(1).collect()
            }
            _ => self.older.clone(),
        }
    }

    /// A secret of the right form that does not belong to the endpoint.
    pub(crate) fn other_secret(&self) -> Secret {
        KeyPair::new(self.provider, &self.secret_name(), KeyOwner::Stranger).signing
    }

    /// The name that secrets of this endpoint are derived from.
    pub(crate) fn secret_name(&self) -> String {
        format!("{}::{}", self.module, self.function)
    }
}

/// The path as a client sends it: escaped, with `/` for `\`, and without `.` and `..`. An endpoint on a
/// path that no client sends is then as deaf in a test as it is in production.
fn as_sent(path: &str) -> String {
    let escaped = utf8_percent_encode(&path.replace('\\', "/"), PATH).to_string();
    let mut segments: Vec<&str> = Vec::new();
    let last = escaped.split('/').count() - 1;
    for (i, segment) in escaped.split('/').enumerate() {
        let dots = segment.to_ascii_lowercase().replace("%2e", ".");
        match dots.as_str() {
            ".." if segments.len() > 1 => drop(segments.pop()),
            "." | ".." => {}
            _ => {
                segments.push(segment);
                continue;
            }
        }
        if i == last {
            segments.push("");
        }
    }
    segments.join("/")
}

#[cfg(test)]
mod tests {
    use super::*;

    fn located(path: &'static str, given: &[(&str, &str)]) -> Result<String, String> {
        let endpoint = Endpoint::new("hook", "", path);
        let target = TestEndpoint::new(&endpoint, "", Signing::PublicKey, None);
        let given: Vec<_> =
            given.iter().map(|(name, value)| ((*name).to_owned(), (*value).to_owned())).collect();
        target.locate(&given).map(|(path, _)| path)
    }

    #[test]
    fn parameters_are_filled_into_the_path() {
        assert_eq!(located("/a/{x}/{{b}}", &[("x", "é/1")]), Ok("/a/%C3%A9%2F1/%7Bb%7D".into()));
        assert_eq!(located("/a/{*rest}", &[("rest", "b/c d")]), Ok("/a/b/c%20d".into()));
        assert!(located("/a/{x}", &[]).is_err());
        assert!(located("/a", &[("x", "1")]).is_err());
    }

    #[test]
    fn paths_are_sent_as_clients_send_them() {
        for (path, sent) in [
            ("/", "/"),
            ("/webhook/", "/webhook/"),
            ("/a//b/...", "/a//b/..."),
            ("/%C3%BC%2f", "/%C3%BC%2f"),
            ("/ü", "/%C3%BC"),
            ("/a b", "/a%20b"),
            ("/{id}", "/%7Bid%7D"),
            ("/a/../b", "/b"),
            ("/a/%2e%2E/b", "/b"),
            ("/d/./b", "/d/b"),
            ("/a/..", "/"),
            ("/../..", "/"),
            ("/a/.", "/a/"),
            ("/a\\b", "/a/b"),
        ] {
            assert_eq!(as_sent(path), sent, "{path}");
        }
    }
}
