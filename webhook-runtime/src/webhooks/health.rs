//! The health of webhooks, for probes.

use std::{
    fmt,
    sync::{
        Arc,
        atomic::{AtomicBool, AtomicU8, Ordering},
    },
};
#[cfg(feature = "inbox")]
use std::{sync::PoisonError, time::Duration};

use axum::{
    Router,
    response::{IntoResponse, Response},
    routing::get,
};
use http::{StatusCode, header};
use serde_json::json;

use super::Webhooks;
#[cfg(feature = "inbox")]
use crate::inbox::{Inbox, InboxError};

/// Checks the health of webhooks in this process. [`Webhooks::health_check`] returns it.
#[derive(Clone, Debug, Default)]
pub struct HealthCheck {
    shared: Arc<Shared>,
}

#[derive(Debug, Default)]
struct Shared {
    phase: AtomicU8,
    /// True if the last trace says that they are not ready.
    is_traced: AtomicBool,
    #[cfg(feature = "inbox")]
    inboxes: std::sync::OnceLock<Vec<Inbox>>,
    #[cfg(feature = "inbox")]
    max_lag: std::sync::Mutex<Option<Duration>>,
}

/// The phases of a process, in their order.
const STARTING: u8 = 0;
const SERVING: u8 = 1;
const DRAINING: u8 = 2;

/// A reason why webhooks are not ready, or not live.
#[derive(Clone, Debug, PartialEq)]
#[non_exhaustive]
pub enum Unhealthy {
    /// The router is not built yet.
    Starting,
    /// The process is being stopped.
    Draining,
    /// An inbox cannot be written to.
    #[cfg(feature = "inbox")]
    Store(InboxError),
    /// An inbox has no room for more.
    #[cfg(feature = "inbox")]
    QueueFull,
    /// The oldest due delivery has been waiting for longer than [`Webhooks::max_ready_lag`].
    #[cfg(feature = "inbox")]
    Lag {
        /// The time for which it has been waiting.
        lag: Duration,
        /// The longest time.
        max: Duration,
    },
    /// The thread of an inbox has ended. Only a restart helps.
    #[cfg(feature = "inbox")]
    Stopped,
}

impl Unhealthy {
    /// A short name, which does not change.
    #[must_use]
    pub const fn name(&self) -> &'static str {
        match self {
            Self::Starting => "starting",
            Self::Draining => "draining",
            #[cfg(feature = "inbox")]
            Self::Store(_) => "store",
            #[cfg(feature = "inbox")]
            Self::QueueFull => "queue_full",
            #[cfg(feature = "inbox")]
            Self::Lag { .. } => "lag",
            #[cfg(feature = "inbox")]
            Self::Stopped => "stopped",
        }
    }
}

/// Leaves out errors of a store, which may name files and hosts: anybody may read a probe.
impl fmt::Display for Unhealthy {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Starting => f.write_str("the router is not built yet"),
            Self::Draining => f.write_str("the process is being stopped"),
            #[cfg(feature = "inbox")]
            Self::Store(_) => f.write_str("the inbox cannot be written to"),
            #[cfg(feature = "inbox")]
            Self::QueueFull => f.write_str("the inbox has no room for more"),
            #[cfg(feature = "inbox")]
            Self::Lag { lag, max } => {
                let [lag, max] = [lag, max].map(Duration::as_secs);
                write!(f, "the oldest due delivery has been waiting for {lag} s, more than {max} s")
            }
            #[cfg(feature = "inbox")]
            Self::Stopped => f.write_str("the inbox has ended: restart the process"),
        }
    }
}

impl HealthCheck {
    /// The reasons to restart this process; none if it is live. It does not ask the database: a restart
    /// does not bring a database back.
    #[must_use]
    pub fn live(&self) -> Vec<Unhealthy> {
        #[cfg(feature = "inbox")]
        if self.inboxes().iter().any(Inbox::has_ended) {
            return vec![Unhealthy::Stopped];
        }
        Vec::new()
    }

    /// The reasons not to send requests to this process; none if it is ready. It takes two seconds at most,
    /// and writes to each inbox at most once a second.
    pub async fn ready(&self) -> Vec<Unhealthy> {
        let reasons = match self.shared.phase.load(Ordering::SeqCst) {
            STARTING => vec![Unhealthy::Starting],
            SERVING => self.inbox_problems().await,
            _ => vec![Unhealthy::Draining],
        };
        self.trace(&reasons);
        reasons
    }

    /// A router with the paths `/live` and `/ready`, as [`Webhooks::health`].
    pub fn router<S: Clone + Send + Sync + 'static>(&self) -> Router<S> {
        let (live, ready) = (self.clone(), self.clone());
        Router::new().route("/live", get(async move || response(&live.live()))).route(
            "/ready",
            get(async move || {
                let reasons = ready.ready().await;
                response(&reasons)
            }),
        )
    }

    /// Makes [`ready`](Self::ready) return [`Unhealthy::Draining`], and tells the inboxes, so that open pages
    /// of the console end. It changes nothing else. [`Webhooks::serve`](crate::Webhooks) does this when it
    /// is told to end. A program with its own server calls it before that server stops.
    pub fn set_draining(&self) {
        self.shared.phase.store(DRAINING, Ordering::SeqCst);
        #[cfg(feature = "inbox")]
        self.inboxes().iter().for_each(Inbox::set_draining);
    }

    /// Notes that the router is built.
    pub(super) fn set_built(&self, #[cfg(feature = "inbox")] inboxes: Vec<Inbox>) {
        #[cfg(feature = "inbox")]
        let _ = self.shared.inboxes.set(inboxes);
        let phase = &self.shared.phase;
        let _ = phase.compare_exchange(STARTING, SERVING, Ordering::SeqCst, Ordering::SeqCst);
    }

    #[cfg(feature = "inbox")]
    fn inboxes(&self) -> &[Inbox] {
        self.shared.inboxes.get().map_or(&[], Vec::as_slice)
    }

    #[cfg(not(feature = "inbox"))]
    #[allow(clippy::unused_async, clippy::unused_self, reason = "an inbox waits")]
    async fn inbox_problems(&self) -> Vec<Unhealthy> {
        Vec::new()
    }

    /// Checks all inboxes at the same time.
    #[cfg(feature = "inbox")]
    async fn inbox_problems(&self) -> Vec<Unhealthy> {
        let check = |inbox: &Inbox| {
            let inbox = inbox.clone();
            tokio::spawn(async move { inbox.health().await })
        };
        let checks: Vec<_> = self.inboxes().iter().map(check).collect();
        let max_lag = *self.shared.max_lag.lock().unwrap_or_else(PoisonError::into_inner);
        let mut reasons = Vec::new();
        for check in checks {
            let Ok(health) = check.await else {
                // A custom store has panicked.
                reasons.push(Unhealthy::Store(InboxError::Closed));
                continue;
            };
            if health.draining && !reasons.contains(&Unhealthy::Draining) {
                reasons.push(Unhealthy::Draining);
            }
            if let Err(error) = health.store {
                reasons.push(Unhealthy::Store(error));
            }
            if health.queue_fullness >= 1.0 {
                reasons.push(Unhealthy::QueueFull);
            }
            if let Some(max) = max_lag.filter(|max| health.lag > *max) {
                reasons.push(Unhealthy::Lag { lag: health.lag, max });
            }
        }
        reasons
    }

    /// Traces each change from ready to not ready, and back.
    fn trace(&self, reasons: &[Unhealthy]) {
        let is_ready = reasons.is_empty();
        if self.shared.is_traced.swap(!is_ready, Ordering::SeqCst) == is_ready {
            if is_ready {
                tracing::info!("the webhooks are ready again");
            } else {
                tracing::warn!(?reasons, "the webhooks are not ready");
            }
        }
    }
}

fn response(reasons: &[Unhealthy]) -> Response {
    let (code, status) = if reasons.is_empty() {
        (StatusCode::OK, "ok")
    } else {
        (StatusCode::SERVICE_UNAVAILABLE, "unavailable")
    };
    let reasons =
        reasons.iter().map(|reason| json!({ "name": reason.name(), "detail": reason.to_string() }));
    let body = json!({ "status": status, "reasons": reasons.collect::<Vec<_>>() }).to_string();
    let headers = [(header::CONTENT_TYPE, "application/json"), (header::CACHE_CONTROL, "no-store")];
    (code, headers, body).into_response()
}

impl<S: Clone + Send + Sync + 'static, const HAS_STATE: bool> Webhooks<S, HAS_STATE> {
    /// A router with the paths `/live` and `/ready` for probes. It is behind no layer and no quota: mount it
    /// where the orchestrator reaches it, by [`merge`](Self::merge) or on a port of its own.
    ///
    /// Both answer 200 or 503, with the reasons as JSON. `/live` is 503 only if a restart helps.
    /// `/ready` is 503 until the router is built, while the process is being stopped, and while an
    /// inbox cannot be written to, has no room, or [lags](Self::max_ready_lag).
    ///
    /// ```
    /// # use webhook_runtime::{Secret, Webhooks, webhook};
    /// # #[webhook(path = "/webhook")]
    /// # async fn order_paid(order: serde_json::Value) -> &'static str { "OK" }
    /// let hooks: Webhooks =
    ///     Webhooks::new().mount::<order_paid>().secrets::<order_paid>([Secret::new("for this test")]);
    /// let health = axum::Router::new().nest("/health", hooks.health());
    /// let router = hooks.merge(health).into_router()?;
    /// # Ok::<(), webhook_runtime::StartError>(())
    /// ```
    pub fn health(&self) -> Router<S> {
        self.health.router()
    }
}

impl<S, const HAS_STATE: bool> Webhooks<S, HAS_STATE> {
    /// Returns the check behind [`health`](Self::health), for use without HTTP.
    pub fn health_check(&self) -> HealthCheck {
        self.health.clone()
    }

    /// Makes `/ready` of [`health`](Self::health) answer 503 while the oldest due delivery of an inbox has
    /// been waiting for longer than this. By default there is no limit: all processes share the backlog, so
    /// a limit can make all of them unready at once.
    #[cfg(feature = "inbox")]
    pub fn max_ready_lag(self, max: Duration) -> Self {
        let limit = &self.health.shared.max_lag;
        *limit.lock().unwrap_or_else(PoisonError::into_inner) = Some(max);
        self
    }
}
