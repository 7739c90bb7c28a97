//! A delivery at `webhook listen`: verified, recorded, shown, forwarded.

mod line;
mod recorder;

use std::{
    sync::{
        Arc,
        atomic::{AtomicBool, Ordering},
    },
    time::{Instant, SystemTime},
};

use axum::{
    body::{Body, to_bytes},
    http::{HeaderMap, HeaderName, HeaderValue, Request, Response, StatusCode},
};
use tokio::sync::Notify;
use webhook_runtime::{
    Provider, Secret,
    handshake::{HandshakeError, HandshakeStep},
    scheme::SignedRequest,
};

use crate::{
    capture::Capture,
    client::{Answer, Client, joined},
    explain::{self, Question, Verdict},
    output::Output,
};
pub(crate) use line::Line;
pub(crate) use recorder::Recorder;

/// The largest body that is taken, in bytes.
const MAX_BODY: usize = 64 * 1024 * 1024;

/// The treatment of each delivery.
pub(crate) struct Tap {
    providers: Vec<&'static Provider>,
    secrets: Vec<Secret>,
    verify_token: Option<Secret>,
    public_url: Option<String>,
    forward_to: Option<String>,
    recorder: Option<Recorder>,
    output: Output,
    client: Client,
    closed: Notify,
    is_closed: AtomicBool,
}

/// The verdict about a delivery, and the cause if it is refused.
#[derive(Clone, Debug, Default)]
pub(crate) struct Judged {
    pub(crate) provider: Option<&'static Provider>,
    pub(crate) verdict: Option<Verdict>,
    pub(crate) cause: Option<&'static str>,
    /// The next step, if it is a handshake.
    pub(crate) handshake: Option<Result<HandshakeStep, HandshakeError>>,
}

impl Tap {
    pub(crate) fn new(
        providers: Vec<&'static Provider>,
        secrets: Vec<Secret>,
        verify_token: Option<Secret>,
        public_url: Option<String>,
        forward_to: Option<String>,
        recorder: Option<Recorder>,
        output: Output,
    ) -> Self {
        Self {
            providers,
            secrets,
            verify_token,
            public_url,
            forward_to,
            recorder,
            output,
            client: Client::new(),
            closed: Notify::new(),
            is_closed: AtomicBool::new(false),
        }
    }

    /// Waits until nobody reads the lines any more.
    pub(crate) async fn closed(&self) {
        self.closed.notified().await;
    }

    /// True if nobody reads the lines any more.
    pub(crate) fn is_closed(&self) -> bool {
        self.is_closed.load(Ordering::Relaxed)
    }

    /// Takes a delivery, and answers it.
    pub(crate) async fn take(self: Arc<Self>, request: Request<Body>) -> Response<Body> {
        let (parts, body) = request.into_parts();
        let Ok(body) = to_bytes(body, MAX_BODY).await else {
            return status(StatusCode::PAYLOAD_TOO_LARGE);
        };
        let target = parts.uri.path_and_query().map_or("/", |target| target.as_str());
        let headers = parts.headers.iter();
        let capture = Capture {
            method: parts.method.to_string(),
            target: target.to_owned(),
            headers: headers
                .map(|(name, value)| (name.to_string(), value.as_bytes().into()))
                .collect(),
            body: body.to_vec(),
            promised_length: None,
        };
        let handled = tokio::task::spawn_blocking(move || self.handle(&capture)).await;
        handled.unwrap_or_else(|_| status(StatusCode::INTERNAL_SERVER_ERROR))
    }

    fn handle(&self, capture: &Capture) -> Response<Body> {
        let begun = Instant::now();
        let judged = self.judge(capture);
        let mut line = Line::new(capture, &judged);
        if let Some(recorder) = &self.recorder {
            match recorder.record(capture, &self.providers) {
                Ok(file) => line.file = Some(file.display().to_string()),
                Err(error) => line.error = Some(format!("not recorded: {error}")),
            }
        }
        let response = match &self.forward_to {
            None => match judged.handshake {
                Some(Ok(step)) => answered(step),
                Some(Err(error)) => {
                    line.error = Some(error.to_string());
                    status(match error {
                        HandshakeError::WrongToken => StatusCode::FORBIDDEN,
                        _ => StatusCode::BAD_REQUEST,
                    })
                }
                None if judged.verdict == Some(Verdict::Refused) => {
                    status(StatusCode::UNAUTHORIZED)
                }
                None => status(StatusCode::OK),
            },
            Some(url) => match self.client.forward(capture, &joined(url, &capture.target)) {
                Ok(answer) => {
                    line.status = Some(answer.status);
                    relayed(answer)
                }
                Err(error) => {
                    line.error = Some(error);
                    status(StatusCode::BAD_GATEWAY)
                }
            },
        };
        line.millis = begun.elapsed().as_millis();
        if line.write(self.output).is_err() {
            self.is_closed.store(true, Ordering::Relaxed);
            self.closed.notify_one();
        }
        response
    }

    /// Verifies a delivery as the provider that it seems to come from.
    fn judge(&self, capture: &Capture) -> Judged {
        let headers = capture.header_map();
        let is_own = |provider: &&&'static Provider| {
            let names = explain::signature_names(provider);
            names.iter().any(|name| headers.contains_key(name))
        };
        if self.providers.is_empty() {
            let known = webhook_runtime::providers::ALL.iter().find(is_own).copied();
            return Judged { provider: known, ..Judged::default() };
        }
        let url = self.public_url.as_ref().map(|url| joined(url, &capture.target));
        let question = |provider: &'static Provider| Question {
            provider,
            secrets: &self.secrets,
            public_url: url.as_deref(),
            capture,
            key: None,
            now: SystemTime::now(),
        };
        let handshake = self.providers.iter().find_map(|provider| {
            Some((*provider, self.handshake(provider, &headers, url.as_deref(), capture)?))
        });
        if let Some((provider, step)) = handshake {
            let provider = Some(provider);
            return Judged { provider, handshake: Some(step), ..Judged::default() };
        }
        // Each configured secret may be the right one.
        let verifies = |provider: &&&'static Provider| {
            let with =
                |secret| Question { secrets: std::slice::from_ref(secret), ..question(provider) };
            self.secrets.iter().any(|secret| explain::verifies(&with(secret)))
        };
        if let Some(provider) = self.providers.iter().find(verifies) {
            return Judged {
                provider: Some(provider),
                verdict: Some(Verdict::Genuine),
                ..Judged::default()
            };
        }
        let provider = self.providers.iter().find(is_own).unwrap_or(&self.providers[0]);
        let explanation = explain::explain(&question(provider));
        let cause = explanation.causes.first().map(|cause| cause.id);
        let verdict = Some(Verdict::Refused);
        Judged { provider: Some(provider), verdict, cause, handshake: None }
    }

    /// The next step, if a request is a handshake of a provider.
    fn handshake(
        &self,
        provider: &'static Provider,
        headers: &HeaderMap,
        url: Option<&str>,
        capture: &Capture,
    ) -> Option<Result<HandshakeStep, HandshakeError>> {
        if !provider.has_handshakes() {
            return None;
        }
        let request = SignedRequest {
            method: &capture.method,
            url: url.unwrap_or_default(),
            headers,
            query: capture.query().unwrap_or_default(),
            body: &capture.body,
        };
        let verifier = provider.verifier(&self.secrets).ok()?;
        let token = self.verify_token.as_ref();
        verifier.handshake(&request, None, token, SystemTime::now()).transpose()
    }
}

/// The answer to a handshake, if there is no target to give it.
fn answered(step: HandshakeStep) -> Response<Body> {
    match step {
        HandshakeStep::Reply(reply) => reply.map(Body::from),
        HandshakeStep::StoreSecret { reply, .. } => {
            eprintln!(
                "the provider chose a secret: --record DIR keeps it, in the body or a header of the recording"
            );
            reply.map(Body::from)
        }
        // Its key is fetched, and the program does not verify such providers.
        _ => status(StatusCode::OK),
    }
}

fn status(status: StatusCode) -> Response<Body> {
    let mut response = Response::new(Body::empty());
    *response.status_mut() = status;
    response
}

/// The answer of the target, for the sender.
fn relayed(answer: Answer) -> Response<Body> {
    let mut response = Response::new(Body::from(answer.body));
    *response.status_mut() = StatusCode::from_u16(answer.status).unwrap_or(StatusCode::BAD_GATEWAY);
    for (name, value) in answer.headers {
        if let (Ok(name), Ok(value)) = (HeaderName::try_from(name), HeaderValue::from_bytes(&value))
        {
            response.headers_mut().append(name, value);
        }
    }
    response
}
