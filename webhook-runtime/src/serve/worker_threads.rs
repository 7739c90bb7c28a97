//! The threads that answer connections.
//!
//! Each thread has a runtime of its own: it wakes no other thread to answer, and steals no work. The
//! acceptor gives each new connection to the thread with the fewest. `SO_REUSEPORT` would let the
//! kernel assign connections by a hash, and would let a second program listen on the same port
//! unnoticed.

use std::{
    io,
    num::NonZeroUsize,
    sync::{
        Arc,
        atomic::{AtomicUsize, Ordering},
    },
    thread,
    time::Duration,
};

use tokio::{
    runtime::{Builder, Handle},
    sync::watch,
};

/// The interval at which a thread that is to end checks for tasks that still run on it.
const POLL_INTERVAL: Duration = Duration::from_millis(20);

/// The worker threads. After a drop they end as soon as no task runs on them.
pub(crate) struct WorkerThreads {
    all: Vec<Worker>,
    _running: watch::Sender<()>,
}

#[derive(Clone)]
pub(crate) struct Worker {
    runtime: Handle,
    connections: Arc<AtomicUsize>,
}

impl WorkerThreads {
    /// Starts `count` threads, or as many as the current runtime has. A single worker is the current
    /// runtime itself.
    pub(crate) fn start(count: Option<NonZeroUsize>, name: &str) -> io::Result<Self> {
        let current = Handle::current();
        let count = count.map_or_else(|| current.metrics().num_workers(), NonZeroUsize::get);
        let (running, stopped) = watch::channel(());
        let all = if count > 1 {
            (0..count)
                .map(|index| Worker::start(format!("{name}-{index}"), stopped.clone()))
                .collect::<io::Result<_>>()?
        } else {
            vec![Worker::new(current)]
        };
        Ok(Self { all, _running: running })
    }

    /// The worker with the fewest connections.
    pub(crate) fn least_loaded(&self) -> Option<&Worker> {
        self.all.iter().min_by_key(|worker| worker.connections.load(Ordering::Relaxed))
    }
}

impl Worker {
    fn new(runtime: Handle) -> Self {
        Self { runtime, connections: Arc::default() }
    }

    fn start(name: String, mut stopped: watch::Receiver<()>) -> io::Result<Self> {
        let runtime = Builder::new_current_thread().enable_all().build()?;
        let worker = Self::new(runtime.handle().clone());
        let run = async move {
            // It fails once the sender is dropped: that is the sign to stop.
            while stopped.changed().await.is_ok() {}
            // Tasks that handlers have spawned run to their end, as on any runtime.
            while Handle::current().metrics().num_alive_tasks() > 0 {
                tokio::time::sleep(POLL_INTERVAL).await;
            }
        };
        thread::Builder::new().name(name).spawn(move || runtime.block_on(run))?;
        Ok(worker)
    }

    /// True if this worker is the current runtime.
    pub(crate) fn is_current(&self) -> bool {
        self.runtime.id() == Handle::current().id()
    }

    /// Answers a connection on this worker.
    pub(crate) fn spawn(&self, connection: impl Future<Output = ()> + Send + 'static) {
        let count = Arc::clone(&self.connections);
        count.fetch_add(1, Ordering::Relaxed);
        let counted = CountedConnection(count);
        self.runtime.spawn(async move {
            connection.await;
            drop(counted);
        });
    }
}

/// Counts one connection until it is dropped.
struct CountedConnection(Arc<AtomicUsize>);

impl Drop for CountedConnection {
    fn drop(&mut self) {
        self.0.fetch_sub(1, Ordering::Relaxed);
    }
}
