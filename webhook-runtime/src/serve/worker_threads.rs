//! On which threads the connections are.
//!
//! A thread of its own runtime wakes nobody else to answer, and takes no work from another. The
//! connections are dealt out by whoever takes them in, to the thread that has the fewest: the kernel,
//! by `SO_REUSEPORT`, would deal them by a hash, and would let a second program listen on the
//! same port unnoticed.

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

/// How often a thread that is to end looks whether anything still runs on it.
const AGAIN: Duration = Duration::from_millis(20);

/// The threads that answer, until it is dropped; they end when nothing runs on them any more.
pub(crate) struct Cores {
    all: Vec<Core>,
    _running: watch::Sender<()>,
}

#[derive(Clone)]
pub(crate) struct Core {
    runtime: Handle,
    connections: Arc<AtomicUsize>,
}

impl Cores {
    /// As many as were asked for, else as many as the runtime has that this is called on; with one,
    /// that is the runtime itself.
    pub(crate) fn start(threads: Option<NonZeroUsize>) -> io::Result<Self> {
        let here = Handle::current();
        let count = threads.map_or_else(|| here.metrics().num_workers(), NonZeroUsize::get);
        let (running, until) = watch::channel(());
        let all = if count > 1 {
            (0..count).map(|nth| Core::start(nth, until.clone())).collect::<io::Result<_>>()?
        } else {
            vec![Core::new(here)]
        };
        Ok(Self { all, _running: running })
    }

    /// The one that has the fewest connections.
    pub(crate) fn freest(&self) -> Option<&Core> {
        self.all.iter().min_by_key(|core| core.connections.load(Ordering::Relaxed))
    }
}

impl Core {
    fn new(runtime: Handle) -> Self {
        Self { runtime, connections: Arc::default() }
    }

    fn start(nth: usize, mut until: watch::Receiver<()>) -> io::Result<Self> {
        let runtime = Builder::new_current_thread().enable_all().build()?;
        let core = Self::new(runtime.handle().clone());
        let run = async move {
            // It fails when the sender is gone, which is what is waited for.
            while until.changed().await.is_ok() {}
            // What handlers have spawned runs to its end, as it would on any runtime.
            while Handle::current().metrics().num_alive_tasks() > 0 {
                tokio::time::sleep(AGAIN).await;
            }
        };
        let thread = thread::Builder::new().name(format!("webhooks-{nth}"));
        thread.spawn(move || runtime.block_on(run))?;
        Ok(core)
    }

    /// Whether it is the runtime that this is called on.
    pub(crate) fn is_here(&self) -> bool {
        self.runtime.id() == Handle::current().id()
    }

    /// Has a connection be answered there.
    pub(crate) fn run(&self, connection: impl Future<Output = ()> + Send + 'static) {
        let count = Arc::clone(&self.connections);
        count.fetch_add(1, Ordering::Relaxed);
        let counted = Counted(count);
        self.runtime.spawn(async move {
            connection.await;
            drop(counted);
        });
    }
}

/// A connection that counts, until it is dropped.
struct Counted(Arc<AtomicUsize>);

impl Drop for Counted {
    fn drop(&mut self) {
        self.0.fetch_sub(1, Ordering::Relaxed);
    }
}
