//! A hand-written receiver.

mod verify;

use std::{
    collections::HashSet,
    sync::{
        Arc, Mutex,
        atomic::{AtomicUsize, Ordering},
    },
};

use axum::{
    Router,
    body::{Body, to_bytes},
    extract::{Request, State},
    response::{Html, IntoResponse, Response},
};
use http::{HeaderMap, Method, StatusCode, header};
use serde_json::Value;
use webhook_runtime::testing::TestClock;

use No::Unauthorized;

use crate::{
    flaw::Flaw::{self, self as F},
    style::Style,
};

pub(crate) const SECRET: &str = "MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw";
pub(crate) const OLD: &str = "the secret before that";
pub(crate) const GLOBEX: &str = "the secret of another tenant";
pub(crate) const TOKEN: &str = "the verify token";
pub(crate) const MAX_BODY: usize = 16 * 1024;

#[derive(Clone)]
pub(crate) struct Receiver {
    style: Style,
    flaw: Flaw,
    clock: TestClock,
    /// How many deliveries were handled.
    pub(crate) effects: Arc<AtomicUsize>,
    /// Signatures and ids that were accepted before.
    known: Arc<Mutex<HashSet<String>>>,
    /// How many requests were refused.
    refused: Arc<AtomicUsize>,
}

/// Why a request is refused.
enum No {
    Unauthorized(&'static str),
    Is(StatusCode),
}

impl Receiver {
    pub(crate) fn new(style: Style, flaw: Flaw, clock: TestClock) -> Self {
        let (effects, known, refused) = (Arc::default(), Arc::default(), Arc::default());
        Self { style, flaw, clock, effects, known, refused }
    }

    pub(crate) fn router(self) -> Router {
        Router::new().fallback(receive).with_state(self)
    }

    fn has(&self, flaw: Flaw) -> bool {
        self.flaw == flaw
    }

    /// Answers a request.
    async fn receive(&self, request: Request) -> Result<Response, No> {
        let (parts, body) = request.into_parts();
        // Other paths than `/hooks` do not exist here. Receivers that verify by the path have a
        // router that reads it differently.
        let (path, is_here) = (parts.uri.path(), self.is_here(parts.uri.path()));
        if !is_here && !self.has(F::VerifiesOnePathOnly) {
            return Err(No::Is(StatusCode::NOT_FOUND));
        }
        let is_post = parts.method == Method::POST
            || self.has(F::BelievesMethodOverrides)
                && parts.headers.get("x-http-method-override").is_some_and(|it| it == "POST");
        if let Some(answer) = self.answer_get(&parts.method, parts.uri.query())? {
            return Ok(answer);
        }
        if !is_post && !self.has(F::VerifiesPostsOnly) {
            return Err(No::Is(StatusCode::METHOD_NOT_ALLOWED));
        }
        if parts.headers.contains_key(header::CONTENT_ENCODING) && !self.has(F::IgnoresTheEncoding)
        {
            return Err(No::Is(StatusCode::UNSUPPORTED_MEDIA_TYPE));
        }
        let body = self.read(body).await?;
        if self.has(F::ParsesFirst) && serde_json::from_slice::<Value>(&body).is_err() {
            return Err(No::Is(StatusCode::BAD_REQUEST));
        }
        if self.has(F::EchoesUnsignedChallenges)
            && let Some(challenge) = challenge(&body)
        {
            return Ok(challenge.into_response());
        }
        if self.has(F::HandlesBeforeItVerifies) {
            let receiver = self.clone();
            let body = body.clone();
            tokio::spawn(async move { receiver.handle(&body).map(drop) });
        }
        if parts.method == Method::POST && is_here && !self.skips(&parts.headers, &body) {
            let verdict = self.verify(path, parts.uri.query(), &parts.headers, &body);
            if verdict.is_err() && self.has(F::LeavesForgeriesToAThread) {
                let effects = Arc::clone(&self.effects);
                std::thread::spawn(move || effects.fetch_add(1, Ordering::SeqCst));
            }
            let is_tired = self.has(F::FailsOpenInTheEnd)
                && verdict.is_err()
                && self.refused.fetch_add(1, Ordering::SeqCst) >= 200;
            if !self.has(F::IgnoresTheVerdict) && !is_tired {
                verdict?;
            }
        }
        if self.has(F::HandlesBeforeItVerifies) {
            return Ok("taken".into_response());
        }
        if self.has(F::RemembersUnsignedIds) {
            let header = |name| Some(parts.headers.get(name)?.to_str().ok()?.to_owned());
            let id = header("svix-id").or_else(|| header("webhook-id")).unwrap_or_default();
            if !self.known.lock().expect("nobody panicked").insert(id) {
                return Ok("known".into_response());
            }
        }
        if self.has(F::HandlesLater) {
            let receiver = self.clone();
            tokio::spawn(async move {
                tokio::time::sleep(std::time::Duration::from_millis(3)).await;
                receiver.handle(&body).map(drop)
            });
            return Ok("queued".into_response());
        }
        if self.style == Style::Slack
            && let Some(challenge) = challenge(&body)
        {
            return Ok(challenge.into_response());
        }
        self.handle(&body)
    }

    /// Tells whether the path is that of the webhook.
    fn is_here(&self, path: &str) -> bool {
        match self.style {
            Style::Tenants => {
                path.strip_prefix("/hooks/").is_some_and(|tenant| !tenant.contains('/'))
            }
            _ => path == "/hooks",
        }
    }

    /// Tells whether the flaw skips verification.
    fn skips(&self, headers: &HeaderMap, body: &[u8]) -> bool {
        let header =
            |name: &str| headers.get(name).and_then(|it| it.to_str().ok()).unwrap_or_default();
        let kind = header("content-type");
        match self.flaw {
            F::SkipsLargeBodies => body.len() > 100_000,
            F::SkipsForms => {
                kind.starts_with("application/x-www-form") || kind.contains("multipart")
            }
            F::SkipsWhatHasNoType => !headers.contains_key("content-type"),
            F::SkipsPings => {
                let json: Value = serde_json::from_slice(body).unwrap_or_default();
                header("x-github-event") == "ping" || json["type"] == "webhook.test"
            }
            F::TrustsTheUserAgent => {
                let agent = header("user-agent");
                agent.starts_with("GitHub-Hookshot/") || agent.starts_with("Stripe/")
            }
            F::TrustsForwardedAddresses => header("x-forwarded-for").starts_with("140.82."),
            F::TrustsAnyBearer => header("authorization").starts_with("Bearer "),
            F::TrustsAnyCookie => header("cookie").contains("session="),
            _ => false,
        }
    }

    fn answer_get(&self, method: &Method, query: Option<&str>) -> Result<Option<Response>, No> {
        if method != Method::GET {
            return Ok(None);
        }
        let find = |name: &str| {
            let mut pairs = form_urlencoded::parse(query.unwrap_or_default().as_bytes());
            pairs.find(|(found, _)| found == name).map(|(_, value)| value.into_owned())
        };
        let challenge = match self.style {
            Style::Meta => {
                let is_right = find("hub.verify_token").is_some_and(|token| token == TOKEN);
                if !is_right && !self.has(F::IgnoresTheVerifyToken) {
                    return Err(No::Is(StatusCode::FORBIDDEN));
                }
                find("hub.challenge")
            }
            Style::Dropbox => find("challenge"),
            _ => None,
        };
        let answer = challenge.map(|challenge| match self.flaw {
            F::EchoesMarkup => Html(challenge).into_response(),
            _ => challenge.into_response(),
        });
        Ok(answer)
    }

    async fn read(&self, body: Body) -> Result<Vec<u8>, No> {
        use http_body::Body as _;
        let declared = body.size_hint().exact().unwrap_or_default();
        let too_large = || No::Is(StatusCode::PAYLOAD_TOO_LARGE);
        let is_endless = self.has(F::HasNoLimit) || self.has(F::SkipsLargeBodies);
        if declared > MAX_BODY as u64 && !is_endless {
            return Err(too_large());
        }
        let is_endless = is_endless || self.has(F::TrustsTheDeclaredLength);
        if self.has(F::LimitsWhatItHasRead) {
            let body = to_bytes(body, usize::MAX).await.map_err(|_| too_large())?;
            return if body.len() > MAX_BODY { Err(too_large()) } else { Ok(body.into()) };
        }
        let limit = if is_endless { usize::MAX } else { MAX_BODY };
        to_bytes(body, limit).await.map(Vec::from).map_err(|_| too_large())
    }

    fn handle(&self, body: &[u8]) -> Result<Response, No> {
        if self.has(F::RefusesEscapes) && body.windows(2).any(|two| two == b"\\u") {
            return Err(No::Is(StatusCode::UNPROCESSABLE_ENTITY));
        }
        if self.has(F::RecursesIntoTheJson) {
            assert!(depth(body) < 500, "the stack has an end");
        }
        let json = serde_json::from_slice::<Value>(body);
        if self.has(F::UnwrapsTheJson) {
            json.as_ref().expect("JSON");
        }
        // These flaws accept a body that is not JSON.
        let is_lenient = matches!(
            self.flaw,
            F::VerifiesText
                | F::RemembersGoodSignatures
                | F::IgnoresTheVerdict
                | F::VerifiesPostsOnly
                | F::SkipsForms
        );
        if json.is_err() && !is_lenient {
            return Err(No::Is(StatusCode::BAD_REQUEST));
        }
        let times = if self.has(F::HandlesTwice) { 2 } else { 1 };
        let before = self.effects.fetch_add(times, Ordering::SeqCst);
        if self.has(F::AnswersTheSecondTimeByConflict) && before > 0 {
            return Err(No::Is(StatusCode::CONFLICT));
        }
        Ok("taken".into_response())
    }
}

/// The levels of nesting at the end of the opening brackets.
fn depth(body: &[u8]) -> usize {
    let mut depth: usize = 0;
    let mut most = 0;
    for byte in body {
        match byte {
            b'[' | b'{' => depth += 1,
            b']' | b'}' => depth = depth.saturating_sub(1),
            _ => {}
        }
        most = most.max(depth);
    }
    most
}

/// Slack's challenge.
fn challenge(body: &[u8]) -> Option<String> {
    let json: Value = serde_json::from_slice(body).ok()?;
    let is_challenge = json["type"] == "url_verification";
    json["challenge"].as_str().filter(|_| is_challenge).map(str::to_owned)
}

async fn receive(State(receiver): State<Receiver>, request: Request) -> Response {
    match receiver.receive(request).await {
        Ok(answer) => answer,
        Err(No::Is(status)) => status.into_response(),
        Err(Unauthorized(why)) if receiver.has(F::SaysWhatIsWrong) => {
            (StatusCode::UNAUTHORIZED, why).into_response()
        }
        Err(Unauthorized(_)) => StatusCode::UNAUTHORIZED.into_response(),
    }
}
