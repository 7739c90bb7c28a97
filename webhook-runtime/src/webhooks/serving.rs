//! Webhooks on the server of this crate: its limits, its start and its end.

use std::{num::NonZeroUsize, pin::Pin, time::Duration};

use tokio::{
    net::ToSocketAddrs,
    time::{Instant, timeout_at},
};

use super::{HealthCheck, Webhooks, error::Error};
#[cfg(feature = "inbox")]
use crate::inbox::Inbox;
use crate::{
    dispatch::background::BackgroundHandlers,
    serve::{BackgroundWork, Listener, ServeError, Server, count},
    webhooks::problems::{StartError, StartProblem},
};

/// The settings of the [`Server`] on which [`serve`](Self::serve) runs.
impl<S, const HAS_STATE: bool> Webhooks<S, HAS_STATE> {
    /// Sets [`Server::header_timeout`], 10 seconds by default.
    pub fn header_timeout(mut self, timeout: Duration) -> Self {
        self.server = self.server.header_timeout(timeout);
        self
    }

    /// Sets [`Server::idle_timeout`], 75 seconds by default.
    pub fn idle_timeout(mut self, timeout: Duration) -> Self {
        self.server = self.server.idle_timeout(timeout);
        self
    }

    /// Sets [`Server::max_connection_age`], one hour by default.
    pub fn max_connection_age(mut self, age: Duration) -> Self {
        self.server = self.server.max_connection_age(age);
        self
    }

    /// Sets [`Server::max_connections`], 900 by default.
    pub fn max_connections(mut self, max: usize) -> Self {
        self.server = self.server.max_connections(max);
        self
    }

    /// Sets [`Server::max_concurrent_streams`], 128 by default.
    #[cfg(feature = "http2")]
    pub fn max_concurrent_streams(mut self, max: u32) -> Self {
        self.server = self.server.max_concurrent_streams(max);
        self
    }

    /// Sets [`Server::worker_threads`], by default as many as the runtime has.
    pub fn worker_threads(mut self, threads: NonZeroUsize) -> Self {
        self.server = self.server.worker_threads(threads);
        self
    }

    /// Sets [`Server::tls`].
    #[cfg(feature = "tls")]
    pub fn tls(mut self, tls: crate::serve::Tls) -> Self {
        self.server = self.server.tls(tls);
        self
    }

    /// Sets [`Server::shutdown_timeout`], 30 seconds by default.
    pub fn shutdown_timeout(mut self, timeout: Duration) -> Self {
        self.server = self.server.shutdown_timeout(timeout);
        self
    }
}

/// Webhooks that can be served: those with a state, and those whose router has none. The latter tell
/// the compiler that the state is `()` if nothing else does.
#[diagnostic::on_unimplemented(
    message = "these webhooks need a state before they can be served",
    label = "the state is missing",
    note = "add `.with_state(...)` before `.serve(...)`"
)]
#[doc(hidden)]
pub trait Servable {}

impl Servable for Webhooks<(), false> {}

impl<S> Servable for Webhooks<S, true> {}

impl<S: Clone + Send + Sync + 'static, const HAS_STATE: bool> Webhooks<S, HAS_STATE> {
    /// Serves the webhooks on `address` until the process gets SIGINT or SIGTERM. Then it finishes
    /// the running deliveries, within [`shutdown_timeout`](Self::shutdown_timeout). A second signal ends
    /// the process at once.
    ///
    /// It prints its address and the endpoints and, in a terminal, a command for each endpoint that
    /// sends it a signed sample. It speaks HTTP/1.1 and, with the feature `http2`,
    /// HTTP/2; with [`tls`](Self::tls), over TLS. Slow clients are limited by
    /// [`header_timeout`](Self::header_timeout), [`body_timeout`](Self::body_timeout),
    /// [`idle_timeout`](Self::idle_timeout), [`max_connection_age`](Self::max_connection_age) and
    /// [`max_connections`](Self::max_connections).
    ///
    /// Handlers run on as many threads as the runtime has, and each thread has a runtime of its own:
    /// see [`Server::worker_threads`]. Handlers with `State` need [`with_state`](Self::with_state), and
    /// other routes are added by [`merge`](Self::merge).
    ///
    /// While no subscriber of `tracing` is installed, it writes a line to standard error for each
    /// delivery that is refused or fails, and in a terminal for each response.
    ///
    /// # Errors
    /// If the webhooks cannot start (with every problem at once), or the server cannot listen on the
    /// address.
    pub async fn serve(self, address: impl ToSocketAddrs) -> Result<(), Error>
    where
        Self: Servable,
    {
        self.serve_from(async || Ok(vec![Listener::bind(address).await?])).await
    }

    /// Serves the webhooks as [`serve`](Self::serve) does, on existing listeners: several addresses,
    /// a socket in the file system, or sockets from systemd.
    ///
    /// ```no_run
    /// # use webhook_runtime::{Listener, Webhooks, webhook};
    /// # #[webhook(path = "/webhook", secret_env = "SECRET")]
    /// # async fn order_paid(order: serde_json::Value) -> &'static str { "OK" }
    /// # #[cfg(unix)]
    /// # async fn serve() -> Result<(), webhook_runtime::Error> {
    /// let hooks = Webhooks::new().mount::<order_paid>();
    /// let (tcp, unix) = (Listener::bind("[::]:3000").await?, Listener::bind_unix("hooks.sock")?);
    /// hooks.serve_on([tcp, unix]).await
    /// # }
    /// ```
    ///
    /// # Errors
    /// If the webhooks cannot start (with every problem at once), or there is no listener.
    pub async fn serve_on(self, listeners: impl IntoIterator<Item = Listener>) -> Result<(), Error>
    where
        Self: Servable,
    {
        let listeners: Vec<_> = listeners.into_iter().collect();
        self.serve_from(async || Ok(listeners)).await
    }

    /// Listens after everything else is checked: a failed start accepts no connection.
    async fn serve_from(
        self,
        listen: impl AsyncFnOnce() -> Result<Vec<Listener>, ServeError>,
    ) -> Result<(), Error> {
        let server = self.into_server()?;
        let listeners = listen().await?;
        Ok(server.serve_on(listeners).await?)
    }

    /// The server of the webhooks, which only has to listen.
    fn into_server(mut self) -> Result<Server, StartError> {
        if self.mounts.is_empty() {
            let mut problems = vec![StartProblem::NothingMounted];
            problems.extend(self.build().err().map(|error| error.problems).unwrap_or_default());
            return Err(StartError { problems });
        }
        let Some(state) = self.state_or_unit() else {
            let missing = |endpoint: &crate::endpoint::Endpoint| StartProblem::MissingState {
                endpoint: endpoint.function,
            };
            return Err(StartError { problems: self.endpoints().map(missing).collect() });
        };
        let table = self.start_table();
        let work = Work {
            health: self.health_check(),
            background: self.background_handlers(),
            #[cfg(feature = "inbox")]
            inboxes: self.inboxes.all(),
        };
        let server = std::mem::replace(&mut self.server, Server::new(axum::Router::new()));
        let router = self.into_router()?.with_state(state);
        Ok(server.with_router(router).with_title("webhooks", table).with_work(work))
    }
}

/// The work of webhooks beside their requests.
struct Work {
    health: HealthCheck,
    background: BackgroundHandlers,
    #[cfg(feature = "inbox")]
    inboxes: Vec<Inbox>,
}

impl BackgroundWork for Work {
    fn stop(&self) {
        self.health.set_draining();
    }

    fn running(&self) -> Vec<String> {
        let running = count(self.background.running(), "background handler").into_iter();
        #[cfg(feature = "inbox")]
        #[cfg(feature = "inbox")]
        let of_inboxes = self.inboxes.iter().map(Inbox::running).sum();
        #[cfg(feature = "inbox")]
        let running = running.chain(count(of_inboxes, "delivery of the inbox"));
        running.collect()
    }

    fn finish(self: Box<Self>, deadline: Instant) -> Pin<Box<dyn Future<Output = ()> + Send>> {
        Box::pin(async move {
            if timeout_at(deadline, self.background.wait()).await.is_err() {
                let running = self.background.running();
                tracing::warn!(running, "background handlers were still running at the deadline");
            }
            // Every delivery that was acknowledged is stored. The inboxes finish or release their
            // jobs, all at the same time.
            #[cfg(feature = "inbox")]
            {
                let left = deadline.saturating_duration_since(Instant::now());
                let ends = self.inboxes.into_iter().map(|inbox| tokio::spawn(inbox.end(left)));
                for end in ends.collect::<Vec<_>>() {
                    let _ = end.await;
                }
            }
        })
    }
}
