//! The checks at start: secrets, paths, and the requirements of providers. All problems are
//! reported at once.

use std::{env, sync::Arc};

use http::Uri;

use super::{Webhooks, find_for};
use crate::{
    endpoint::Endpoint,
    receive::{Receiver, Secrets},
    support::{
        metrics::{EndpointMetrics, SourceMetrics},
        redact::shown_url,
    },
    verify::{
        Secret, SecretError,
        scheme::{Scheme, Verifier},
    },
    webhooks::problems::{StartError, StartProblem},
};

impl<S, const HAS_STATE: bool> Webhooks<S, HAS_STATE> {
    /// Reads the secrets and checks everything that spans endpoints.
    pub(super) fn receivers(&self) -> Result<Vec<Receiver>, StartError> {
        let mut problems = Vec::new();
        let public_url = self.checked_public_url(&mut problems);
        let mut paths = matchit::Router::new();
        let mut receivers = Vec::with_capacity(self.mounts.len());
        #[cfg(feature = "rate-limit")]
        let (peers, mut numbers) = (self.quotas.peer_limiter(), 0..);
        for endpoint in self.endpoints() {
            check_path(&mut paths, endpoint, &mut problems, |path| self.mounted_on(path));
            self.check_requirements(endpoint, &mut problems);
            let verify_token = self.verify_token_of(endpoint, &mut problems);
            let verifier = verifier_of(endpoint, &mut problems);
            let secrets = self.keys_of(endpoint, verifier.as_ref(), &mut problems);
            let (Some(verifier), Some(secrets)) = (verifier, secrets) else { continue };
            receivers.push(Receiver {
                metrics: Arc::new(EndpointMetrics::new(endpoint.name, endpoint.provider.name())),
                secret_metrics: SourceMetrics::of_secrets(endpoint.name),
                key_metrics: SourceMetrics::of_keys(endpoint.name),
                endpoint: endpoint.clone(),
                verifier,
                secrets,
                key_ring: self.key_ring.clone(),
                verify_token,
                allowed_cloudevents_origins: self.allowed_cloudevents_origins.clone(),
                public_url: public_url.clone(),
                clock: Arc::clone(&self.clock),
                body_limits: self.body_limits.clone(),
                peer_ip: self.peer_ip.clone(),
                #[cfg(feature = "rate-limit")]
                limiters: {
                    let number = numbers.next().unwrap_or_default();
                    self.quotas.limiters_of(endpoint, number, peers.as_ref())
                },
                #[cfg(not(feature = "rate-limit"))]
                limiters: crate::receive::rate_limit::Limiters,
            });
        }
        let secrets = self.secrets.iter().map(|(endpoint, _)| endpoint);
        let sources = self.secret_sources.iter().map(|(endpoint, _)| endpoint);
        let tokens = self.verify_tokens.iter().map(|(endpoint, _)| endpoint);
        let layers = self.layers.endpoints().chain(self.verified_layers.endpoints());
        let configured = secrets.chain(sources).chain(tokens).chain(layers);
        #[cfg(feature = "inbox")]
        let configured = configured
            .chain(self.inboxes.own.iter().map(|(endpoint, _)| endpoint))
            .chain(self.inboxes.options.iter().map(|(endpoint, _)| endpoint));
        #[cfg(feature = "rate-limit")]
        let configured =
            configured.chain(self.quotas.endpoints.iter().map(|(endpoint, _)| endpoint));
        #[cfg(feature = "rate-limit")]
        problems.extend(self.empty_quotas());
        for endpoint in configured {
            if !self.endpoints().any(|mounted| mounted.is(endpoint)) {
                problems.push(StartProblem::NotMounted { endpoint: endpoint.function });
            }
        }
        if problems.is_empty() { Ok(receivers) } else { Err(StartError { problems }) }
    }

    /// The name of the endpoint that was mounted on a path first.
    fn mounted_on(&self, path: &str) -> &'static str {
        self.endpoints().find(|endpoint| endpoint.path == path).map_or("", |first| first.function)
    }

    /// Checks the requirements of the provider, except secrets.
    fn check_requirements(&self, endpoint: &Endpoint, problems: &mut Vec<StartProblem>) {
        let (name, provider) = (endpoint.function, endpoint.provider);
        let scheme = provider.scheme_info();
        if provider.needs_public_url() && self.public_url.is_none() {
            let provider = provider.name();
            problems.push(StartProblem::MissingPublicUrl { endpoint: name, provider });
        }
        #[cfg(feature = "inbox")]
        let has_inbox = self.inboxes.of(endpoint).is_some();
        #[cfg(not(feature = "inbox"))]
        let has_inbox = false;
        if endpoint.inbox && !has_inbox {
            problems.push(StartProblem::MissingInbox { endpoint: name });
        }
        if endpoint.max_in_flight == Some(0) {
            problems.push(StartProblem::ZeroMaxInFlight { endpoint: name });
        }
        if scheme.fetches_keys && self.key_ring.is_none() {
            let provider = provider.name();
            problems.push(StartProblem::MissingKeySource { endpoint: name, provider });
        }
    }

    /// The verify token of an endpoint, from code or a variable.
    fn verify_token_of(
        &self,
        endpoint: &Endpoint,
        problems: &mut Vec<StartProblem>,
    ) -> Option<Secret> {
        let (name, provider) = (endpoint.function, endpoint.provider);
        let is_required = provider.needs_verify_token();
        let token = match (find_for(&self.verify_tokens, endpoint), endpoint.verify_token_env) {
            (Some(token), _) => Some(token.clone()),
            (None, Some(variable)) => {
                if let Ok(text) = env::var(variable) {
                    Some(Secret::new(text).with_name(variable))
                } else {
                    problems.push(StartProblem::MissingVariable { endpoint: name, variable });
                    return None;
                }
            }
            (None, None) => None,
        };
        match &token {
            None if is_required => {
                let provider = provider.name();
                problems.push(StartProblem::MissingVerifyToken { endpoint: name, provider });
            }
            Some(token) if token.is_blank() || token.has_surrounding_newline() => {
                let error = if token.is_blank() {
                    SecretError::Blank
                } else {
                    SecretError::SurroundingWhitespace
                };
                let secret = token.name_cow();
                problems.push(StartProblem::InvalidSecret { endpoint: name, secret, error });
            }
            _ => {}
        }
        token
    }

    fn keys_of(
        &self,
        endpoint: &Endpoint,
        verifier: Option<&Verifier>,
        problems: &mut Vec<StartProblem>,
    ) -> Option<Secrets> {
        let mut sources = self.secret_sources.iter().filter(|(known, _)| known.is(endpoint));
        let is_ambiguous = sources.next().is_some()
            && (sources.next().is_some() || find_for(&self.secrets, endpoint).is_some());
        if is_ambiguous {
            problems.push(StartProblem::AmbiguousSecrets { endpoint: endpoint.function });
        }
        if let Some(source) = find_for(&self.secret_sources, endpoint) {
            return Some(Secrets::ByTenant(Arc::clone(source)));
        }
        let secrets = if endpoint.provider.scheme_info().needs_secret {
            self.secrets_of(endpoint, problems)
        } else {
            Vec::new()
        };
        let max = endpoint.provider.scheme().and_then(Scheme::max_secrets);
        if let Some(max) = max.filter(|max| secrets.len() > *max) {
            problems.push(StartProblem::TooManySecrets { endpoint: endpoint.function, max });
        }
        match verifier?.prepare(&secrets) {
            Ok(keys) => Some(Secrets::Fixed(Arc::new(keys))),
            Err(errors) => {
                problems.extend(errors.into_iter().map(|(secret, error)| {
                    StartProblem::InvalidSecret { endpoint: endpoint.function, secret, error }
                }));
                None
            }
        }
    }

    fn secrets_of(&self, endpoint: &Endpoint, problems: &mut Vec<StartProblem>) -> Vec<Secret> {
        let before = problems.len();
        let secrets = match find_for(&self.secrets, endpoint) {
            Some(secrets) => secrets.clone(),
            None => secrets_from_env(endpoint, problems),
        };
        if secrets.is_empty() && problems.len() == before {
            problems.push(StartProblem::MissingSecret { endpoint: endpoint.function });
        }
        let padded =
            secrets.iter().filter(|secret| !secret.is_blank() && secret.has_surrounding_newline());
        problems.extend(padded.map(|secret| {
            let (endpoint, secret) = (endpoint.function, secret.name_cow());
            StartProblem::InvalidSecret {
                endpoint,
                secret,
                error: SecretError::SurroundingWhitespace,
            }
        }));
        secrets
    }

    fn checked_public_url(&self, problems: &mut Vec<StartProblem>) -> Option<Arc<str>> {
        let url = self.public_url.as_deref()?;
        let is_origin = url.parse::<Uri>().is_ok_and(|uri| {
            matches!(uri.scheme_str(), Some("http" | "https")) && uri.query().is_none()
        });
        if !is_origin || url.contains('#') {
            problems.push(StartProblem::InvalidPublicUrl { url: shown_url(url) });
        }
        Some(url.trim_end_matches('/').into())
    }
}

fn verifier_of(endpoint: &Endpoint, problems: &mut Vec<StartProblem>) -> Option<Verifier> {
    let verifier = endpoint.provider.endpoint_verifier(endpoint.tolerance);
    if verifier.is_none() {
        let (endpoint, provider) = (endpoint.function, endpoint.provider.name());
        problems.push(StartProblem::UnusedTolerance { endpoint, provider });
    }
    // Only the inbox has to know copies.
    if endpoint.inbox { verifier.map(Verifier::with_identity) } else { verifier }
}

fn secrets_from_env(endpoint: &Endpoint, problems: &mut Vec<StartProblem>) -> Vec<Secret> {
    let mut secrets = Vec::new();
    for (at, &variable) in endpoint.secret_env.iter().enumerate() {
        let problem = |error| StartProblem::InvalidSecret {
            endpoint: endpoint.function,
            secret: variable.into(),
            error,
        };
        match env::var(variable) {
            Err(env::VarError::NotPresent) if at == 0 => {
                problems
                    .push(StartProblem::MissingVariable { endpoint: endpoint.function, variable });
            }
            Err(env::VarError::NotPresent) => {}
            Err(env::VarError::NotUnicode(_)) => {
                problems.push(StartProblem::NotUnicode { endpoint: endpoint.function, variable });
            }
            Ok(text) if text.trim().is_empty() => problems.push(problem(SecretError::Blank)),
            Ok(text) if text.trim() != text && !text.starts_with("-----BEGIN") => {
                problems.push(problem(SecretError::SurroundingWhitespace));
            }
            Ok(text) => secrets.push(Secret::new(text).with_name(variable)),
        }
    }
    secrets
}

fn check_path(
    paths: &mut matchit::Router<()>,
    endpoint: &Endpoint,
    problems: &mut Vec<StartProblem>,
    mounted_on: impl Fn(&str) -> &'static str,
) {
    let (name, path) = (endpoint.function, endpoint.path);
    if !path.starts_with('/') {
        problems.push(StartProblem::InvalidPath {
            endpoint: name,
            path,
            detail: "a path starts with `/`".to_owned(),
        });
        return;
    }
    match paths.insert(path, ()) {
        Ok(()) => {}
        Err(matchit::InsertError::Conflict { with }) => {
            let taken_by = mounted_on(&with);
            problems.push(StartProblem::PathTaken { endpoint: name, path, taken_by });
        }
        Err(error) => {
            problems.push(StartProblem::InvalidPath {
                endpoint: name,
                path,
                detail: error.to_string(),
            });
        }
    }
}
