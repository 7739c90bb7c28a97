//! The running server: it accepts connections and assigns them to worker threads.

use std::{
    future::poll_fn,
    io,
    pin::{Pin, pin},
    sync::Arc,
    task::Poll,
    time::Duration,
};

use axum::Router;
use tokio::{task::JoinSet, time::Instant};

use super::{
    config::ServerConfig,
    connection::serve_connection,
    connections::{Admission, Connections},
    error::ServeError,
    guard::{ConnectionGuard, Signal},
    listener::{Accepted, Listener},
    metrics::{Shed, accept_failed, shed},
    shutdown,
    worker_threads::WorkerThreads,
};
use crate::support::{console, peer::Peer};

/// The time that a client has, after the server was asked to stop, to send the rest of its request and to
/// read its response: as long as most providers wait for a whole delivery.
const CLIENT_PATIENCE: Duration = Duration::from_secs(5);

/// The time to wait after the operating system has refused a connection.
const RETRY_PAUSE: Duration = Duration::from_millis(50);

/// The same, if connections are being closed for it.
const CLOSING_PAUSE: Duration = Duration::from_millis(5);

/// A router, its listeners and its configuration, ready to run.
pub(crate) struct BoundServer {
    app: Arc<App>,
    listeners: Vec<Listener>,
}

/// Everything that connections share.
struct App {
    router: Router,
    config: ServerConfig,
}

impl BoundServer {
    /// Fails if there is no listener.
    pub(crate) fn new(
        router: Router,
        config: ServerConfig,
        listeners: Vec<Listener>,
    ) -> Result<Self, ServeError> {
        if listeners.is_empty() {
            let source = io::Error::new(io::ErrorKind::InvalidInput, "no socket was given");
            return Err(ServeError::Listen { address: None, source });
        }
        Ok(Self { app: Arc::new(App { router, config }), listeners })
    }

    /// The URLs of the listeners.
    pub(crate) fn urls(&self) -> Vec<String> {
        let scheme = "http";
        #[cfg(feature = "tls")]
        let scheme = if self.app.config.tls.is_some() { "https" } else { scheme };
        self.listeners.iter().map(|listener| listener.url(scheme)).collect()
    }

    /// Accepts connections until `shutdown` completes.
    pub(crate) async fn run(
        self,
        shutdown: impl Future<Output = ()>,
    ) -> Result<OpenConnections, ServeError> {
        let config = &self.app.config;
        let workers = WorkerThreads::start(config.worker_threads, config.thread_name)
            .map_err(ServeError::Stopped)?;
        let workers = Arc::new(workers);
        let open = OpenConnections {
            connections: Connections::new(config.max_connections),
            _workers: Arc::clone(&workers),
        };
        let mut tasks: Vec<Pin<Box<dyn Future<Output = ()> + Send>>> = Vec::new();
        for listener in self.listeners {
            let (app, connections) = (Arc::clone(&self.app), Arc::clone(&open.connections));
            tasks.push(Box::pin(accept_from(listener, app, connections, Arc::clone(&workers))));
        }
        #[cfg(feature = "tls")]
        if let Some(tls) = self.app.config.tls.clone() {
            tasks.push(Box::pin(tls.keep_reloading()));
        }
        let mut shutdown = pin!(shutdown);
        poll_fn(|context| {
            for task in &mut tasks {
                // They run for ever.
                let _ = task.as_mut().poll(context);
            }
            shutdown.as_mut().poll(context)
        })
        .await;
        Ok(open)
    }
}

/// The open connections of a server that accepts no more. A drop closes them.
pub(crate) struct OpenConnections {
    connections: Arc<Connections>,
    // Last: connections need their thread to close.
    _workers: Arc<WorkerThreads>,
}

impl OpenConnections {
    /// The number of requests that have no complete response yet.
    pub(crate) fn requests_in_flight(&self) -> usize {
        self.connections.requests_in_flight()
    }

    /// The number of responses that their clients have not taken yet.
    pub(crate) fn responses_not_taken(&self) -> usize {
        self.connections.responses_not_taken()
    }

    /// Waits until the requests in flight have their response, and every connection is closed. After
    /// [`CLIENT_PATIENCE`], it waits for no client any more.
    pub(crate) async fn finish(&self) {
        self.connections.signal_all(Signal::Finish);
        let without_waiting = async {
            tokio::time::sleep(CLIENT_PATIENCE).await;
            loop {
                let closed = self.connections.close_waiting();
                shutdown::say_closed(closed);
                tokio::time::sleep(RETRY_PAUSE).await;
            }
        };
        let (mut without_waiting, mut closed) =
            (pin!(without_waiting), pin!(self.connections.all_closed()));
        poll_fn(|context| {
            let _: Poll<()> = without_waiting.as_mut().poll(context);
            closed.as_mut().poll(context)
        })
        .await;
    }
}

impl Drop for OpenConnections {
    fn drop(&mut self) {
        self.connections.signal_all(Signal::Close);
    }
}

/// Accepts the connections of one listener, for ever.
async fn accept_from(
    listener: Listener,
    app: Arc<App>,
    connections: Arc<Connections>,
    workers: Arc<WorkerThreads>,
) {
    // Those that wait for a place hold up nobody behind them. A drop closes them.
    let mut waiting = JoinSet::new();
    let mut last_error = None;
    loop {
        while waiting.try_join_next().is_some() {}
        match listener.accept().await {
            Ok(accepted) => {
                connections.metrics.accepted();
                let peer = Peer::new(accepted.peer());
                let admission = if peer.is_known() {
                    connections.admit(peer)
                } else {
                    // On this listener, everybody is one peer.
                    Admission::Admitted(connections.enter(peer).await)
                };
                match admission {
                    Admission::Admitted(guard) => assign(accepted, guard, &app, &workers),
                    Admission::Waiting(place) => {
                        let (app, workers) = (Arc::clone(&app), Arc::clone(&workers));
                        waiting.spawn(async move {
                            match place.enter().await {
                                Some(guard) => assign(accepted, guard, &app, &workers),
                                None => shed(Shed::Evicted),
                            }
                        });
                    }
                    Admission::Refused => {
                        shed(Shed::Refused);
                        tracing::debug!("too many connections of one peer");
                    }
                }
            }
            Err(error) => on_accept_error(&error, &connections, &mut last_error).await,
        }
    }
}

/// Assigns a connection to the worker with the fewest.
fn assign(accepted: Accepted, guard: ConnectionGuard, app: &Arc<App>, workers: &WorkerThreads) {
    if let Err(error) = try_assign(accepted, guard, app, workers) {
        tracing::debug!(%error, "a connection was lost");
    }
}

fn try_assign(
    accepted: Accepted,
    guard: ConnectionGuard,
    app: &Arc<App>,
    workers: &WorkerThreads,
) -> io::Result<()> {
    let Some(worker) = workers.least_loaded() else { return Ok(()) };
    let app = Arc::clone(app);
    guard.state.on_assigned();
    if worker.is_current() {
        worker.spawn(async move { serve(accepted, &guard, &app).await });
        return Ok(());
    }
    // A socket is registered with the runtime that accepted it, and has to move to the worker's.
    let detached = accepted.detach()?;
    worker.spawn(async move {
        match detached.attach() {
            Ok(accepted) => serve(accepted, &guard, &app).await,
            Err(error) => tracing::debug!(%error, "a connection was lost"),
        }
    });
    Ok(())
}

async fn serve(accepted: Accepted, guard: &ConnectionGuard, app: &App) {
    let (router, config) = (app.router.clone(), &app.config);
    guard.state.on_started();
    match accepted {
        #[cfg(feature = "tls")]
        Accepted::Tcp(stream, peer) if config.tls.is_some() => {
            let Some(tls) = &config.tls else { return };
            let handshake = tls.accept(stream);
            match super::connection::before_first_request(config, guard, handshake).await {
                Some(Ok(stream)) => {
                    serve_connection(router, config, guard, stream, Some(peer)).await;
                }
                Some(Err(error)) => tracing::debug!(%error, "a TLS handshake failed"),
                None => {}
            }
        }
        Accepted::Tcp(stream, peer) => {
            serve_connection(router, config, guard, stream, Some(peer)).await;
        }
        #[cfg(unix)]
        Accepted::Unix(stream) => serve_connection(router, config, guard, stream, None).await,
    }
}

/// Makes room, and says the error at most once a second.
async fn on_accept_error(
    error: &io::Error,
    connections: &Connections,
    last_said: &mut Option<Instant>,
) {
    use io::ErrorKind::{ConnectionAborted, ConnectionRefused, ConnectionReset};

    // The client has gone before its connection was accepted.
    if matches!(error.kind(), ConnectionAborted | ConnectionRefused | ConnectionReset) {
        return;
    }
    accept_failed();
    // Most likely, the process has too many open files.
    if last_said.is_none_or(|said| said.elapsed() >= Duration::from_secs(1)) {
        *last_said = Some(Instant::now());
        tracing::error!(%error, "no connection could be taken in");
        console::failure(format_args!("no connection could be taken in: {error}"));
    }
    let has_room = connections.make_room();
    tokio::time::sleep(if has_room { CLOSING_PAUSE } else { RETRY_PAUSE }).await;
}
