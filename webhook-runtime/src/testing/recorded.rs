//! Recorded deliveries, sent to endpoints of a test at the time at which they were signed.

use std::{fs, future::IntoFuture, path::Path, pin::Pin, time::SystemTime};

use http::{HeaderName, HeaderValue, header};
use percent_encoding::percent_decode_str;

use super::{
    clock::TestClock,
    hooks::{TestContext, TestHooks},
    recording::Recording,
    request::{RawRequest, UnsignedRequest},
    response::{TestResponse, send_request},
    target::TestEndpoint,
};
use crate::{
    delivery::Tenant,
    verify::{
        Provider, Secret,
        scheme::{SignError, SignedRequest, SignedValue},
    },
};

/// The ending of the names of recordings.
const ENDING: &str = ".http";

/// A recorded delivery. [`TestHooks::deliver_recorded`] creates it, and `.await` sends it.
///
/// Path and method choose the endpoint, as they do in a server. The clock of the test is at the time
/// of the recording while it is handled: at the signed time, or else at the time in the name of the
/// file. The delivery is signed anew with the secret of the test, and everything else is sent as it was
/// recorded.
///
/// `.await` panics if the file is missing or is no recording, if it fits no endpoint, or if it cannot
/// be signed. The message names the file.
#[derive(Clone)]
#[must_use = "a delivery is only sent when it is awaited"]
pub struct RecordedDelivery<'h> {
    context: &'h TestContext,
    clock: &'h TestClock,
    endpoints: &'h [TestEndpoint],
    file: String,
    recording: Result<Recording, String>,
    secret: Option<Secret>,
    keeps_signature: bool,
}

impl<'h> RecordedDelivery<'h> {
    pub(crate) fn new<S>(
        hooks: &'h TestHooks<S>,
        file: &str,
        recording: Result<Recording, String>,
    ) -> Self {
        let (context, clock, endpoints) = hooks.parts();
        let file = file.to_owned();
        let (secret, keeps_signature) = (None, false);
        Self { context, clock, endpoints, file, recording, secret, keeps_signature }
    }

    /// Sends the recorded signature instead of a new one. The endpoint then needs the secret that
    /// signed it, by [`Webhooks::secrets`](crate::Webhooks::secrets).
    pub fn keep_signature(mut self) -> Self {
        self.keeps_signature = true;
        self
    }

    /// Signs with this secret (or private key) instead of the endpoint's.
    pub fn signed_with(mut self, secret: Secret) -> Self {
        self.secret = Some(secret);
        self
    }

    async fn send(self) -> TestResponse {
        let (request, time) = match self.request().await {
            Ok(request) => request,
            Err(problem) => panic!("cannot deliver the recording `{}`: {problem}", self.file),
        };
        let now = self.clock.now();
        self.clock.set(time.unwrap_or(now));
        let response = send_request(&self.context.router, request.to_http()).await;
        self.clock.set(now);
        response
    }

    /// The request, and the time at which it is sent.
    async fn request(&self) -> Result<(RawRequest, Option<SystemTime>), String> {
        let Recording { request, arrived_at } = self.recording.clone()?;
        let (endpoint, tenant) = self.endpoint_of(&request)?;
        let provider = endpoint.provider;
        check_provider(provider, &request)?;
        let url = format!("{}{}", endpoint.origin, request.path_and_query);
        let time = claimed_time(provider, &request, &url).or(arrived_at);
        if self.keeps_signature {
            return Ok((request, time));
        }
        let secret = match &self.secret {
            Some(secret) => secret.clone(),
            None => endpoint.secret(&tenant).await?,
        };
        let at = time.unwrap_or_else(|| self.context.now());
        let signed = unsigned(request, endpoint, self.context.next_id()).sign(&secret, at);
        let mut signed = signed.map_err(|error| match error {
            SignError::Unsupported => format!(
                "only {} can sign it: add `.keep_signature()`, and give the provider's key with \
                 `Webhooks::key_source`",
                provider.name()
            ),
            error => error.to_string(),
        })?;
        if signed.headers.contains_key(header::CONTENT_LENGTH) {
            signed.headers.insert(header::CONTENT_LENGTH, HeaderValue::from(signed.body.len()));
        }
        Ok((signed, time))
    }

    /// The endpoint on the path of a request, and the tenant in the path.
    fn endpoint_of(&self, request: &RawRequest) -> Result<(&'h TestEndpoint, Tenant), String> {
        let path = request.path_and_query.split('?').next().unwrap_or_default();
        let mut paths = matchit::Router::new();
        for endpoint in self.endpoints {
            // The paths were checked when the webhooks started.
            let _ = paths.insert(endpoint.path.as_str(), endpoint);
        }
        let Ok(found) = paths.at(path) else {
            let known: Vec<_> = self.endpoints.iter().map(|it| format!("`{}`", it.path)).collect();
            return Err(format!(
                "no endpoint has its path, `{path}`: there is {}",
                known.join(", ")
            ));
        };
        let endpoint: &'h TestEndpoint = found.value;
        let methods = endpoint.provider.methods();
        if !methods.split(", ").any(|method| method == request.method.as_str()) {
            return Err(format!(
                "it is a {}, and deliveries to `{}` are {methods}: send a handshake with `send`",
                request.method, endpoint.function
            ));
        }
        let decoded = |value: &str| percent_decode_str(value).decode_utf8_lossy().into_owned();
        let params = found.params.iter().map(|(name, value)| (name.to_owned(), decoded(value)));
        Ok((endpoint, Tenant::new(endpoint.name, params.collect())))
    }
}

/// Checks that a request has a signature of the provider, whatever it is worth.
fn check_provider(provider: &Provider, request: &RawRequest) -> Result<(), String> {
    let name = provider.scheme_info().signature_header;
    let is_there = match provider.scheme() {
        Some(_) if name.is_empty() => true,
        Some(_) if provider.signature_parameter().is_some() => true,
        Some(scheme) => request.headers.keys().any(|it| scheme.is_signature_header(it.as_str())),
        None => name.is_empty() || request.headers.contains_key(name),
    };
    if is_there {
        return Ok(());
    }
    let provider = provider.name();
    Err(format!(
        "it has no header `{name}`, which {provider} sends: it is from another provider, or a \
         handshake, which is sent with `send`"
    ))
}

/// The time of signing that a request claims.
fn claimed_time(provider: &Provider, request: &RawRequest, url: &str) -> Option<SystemTime> {
    let query = request.path_and_query.split_once('?').map_or("", |(_, query)| query);
    let request = SignedRequest {
        method: request.method.as_str(),
        url,
        headers: &request.headers,
        query,
        body: &request.body,
    };
    provider.endpoint_verifier(None)?.claimed_time(&request)
}

/// The request without what signing writes, and with the id that it has.
fn unsigned(request: RawRequest, endpoint: &TestEndpoint, new_id: String) -> UnsignedRequest {
    let RawRequest { method, mut path_and_query, mut headers, body } = request;
    let provider = endpoint.provider;
    let scheme = provider.scheme();
    // Another signed header may stand for the id.
    let id_header = scheme.and_then(|scheme| {
        let values = scheme.signed_values().iter().find_map(SignedValue::header_name);
        scheme.signed_id_header().or(values)
    });
    let id = id_header.and_then(|name| headers.get(name));
    let id = id.and_then(|value| value.to_str().ok()).map_or(new_id, str::to_owned);
    let info = provider.scheme_info();
    let is_written = |name: &HeaderName| match scheme {
        Some(scheme) => scheme.writes_header(name.as_str()),
        None => name.as_str() == info.signature_header,
    };
    let written: Vec<_> = headers.keys().filter(|name| is_written(name)).cloned().collect();
    for name in written {
        headers.remove(name);
    }
    if let (Some(name), Some((path, query))) =
        (provider.signature_parameter(), path_and_query.split_once('?'))
    {
        let others = query.split('&').filter(|field| field.split('=').next() != Some(name));
        let others = others.collect::<Vec<_>>().join("&");
        let mark = if others.is_empty() { "" } else { "?" };
        path_and_query = format!("{path}{mark}{others}");
    }
    UnsignedRequest {
        provider,
        method,
        origin: endpoint.origin.clone(),
        path_and_query,
        id,
        headers,
        overrides: Vec::new(),
        body: body.into(),
    }
}

impl<'h> IntoFuture for RecordedDelivery<'h> {
    type Output = TestResponse;
    type IntoFuture = Pin<Box<dyn Future<Output = TestResponse> + Send + 'h>>;

    fn into_future(self) -> Self::IntoFuture {
        Box::pin(self.send())
    }
}

/// Reads a recording from a file.
pub(crate) fn read(file: &Path) -> Result<Recording, String> {
    let name = file.to_string_lossy();
    let content = fs::read(file).map_err(|error| {
        format!("{error}; `webhook listen --record DIRECTORY` records deliveries")
    })?;
    Recording::parse(&name, &content)
}

/// The body of each test that [`recorded!`](crate::testing::recorded!) generates.
///
/// # Panics
/// If the delivery is not accepted, or the handler fails.
#[doc(hidden)]
#[track_caller]
pub fn check_recording<S>(hooks: impl FnOnce() -> TestHooks<S>, file: &str, content: &[u8]) {
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build();
    let runtime = runtime.expect("a runtime for the test");
    let outcome = runtime.block_on(async {
        // An inbox is opened on a runtime.
        let hooks = hooks();
        let delivery = RecordedDelivery::new(&hooks, file, Recording::parse(file, content));
        let response = delivery.await;
        if !response.status().is_success() {
            return Err(format!("{response:?}"));
        }
        if let Some(error) = response.decode_error() {
            return Err(format!("the event does not fit the variant of its name: {error}"));
        }
        let failed = hooks.failed_in_inboxes().await;
        if failed == 0 { Ok(()) } else { Err("its handler failed after it was stored".to_owned()) }
    });
    if let Err(problem) = outcome {
        panic!("the recording `{file}`: {problem}");
    }
}

/// Checks that each recording in a directory is one of these, which have tests.
///
/// # Panics
/// If one is not: it came after the tests were compiled.
#[doc(hidden)]
#[track_caller]
pub fn check_directory(directory: &str, tested: &[&str], source: &str) {
    // Tests that run without their sources have nothing to compare.
    let Ok(entries) = fs::read_dir(directory) else { return };
    // The same files as those that the macro finds.
    let entries = entries.flatten().filter(|entry| entry.path().is_file());
    let names = entries.filter_map(|entry| entry.file_name().into_string().ok());
    let new: Vec<_> =
        names.filter(|name| name.ends_with(ENDING) && !tested.contains(&name.as_str())).collect();
    assert!(
        new.is_empty(),
        "there is no test of {}, which came later: run `touch {source}`, and test again",
        new.join(", ")
    );
}
