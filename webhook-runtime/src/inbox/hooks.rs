//! Hooks for deliveries that fail: beside the attempts, and never in their way.

use std::{
    pin::Pin,
    sync::{
        Arc,
        atomic::{AtomicBool, AtomicU64, AtomicUsize, Ordering},
    },
    time::{Duration, SystemTime},
};

use tokio::runtime::Handle;

use crate::{
    inbox::{
        record::{AttemptResult, Filter, Record},
        store::{InboxStore, Window},
    },
    support::{
        metrics::{Series, table::INBOX_HOOKS_DROPPED},
        panic::catch_panic,
    },
};

/// The most hooks that run at a time.
const MAX_RUNNING: usize = 64;

/// The longest time of a hook.
const HOOK_TIMEOUT: Duration = Duration::from_secs(30);

type HookFuture = Pin<Box<dyn Future<Output = ()> + Send>>;

type Hook = Arc<dyn Fn(Record) -> HookFuture + Send + Sync>;

/// The hooks of an inbox. All clones are one.
#[derive(Clone, Default)]
pub(crate) struct Hooks {
    on_failure: Option<Hook>,
    on_dead_letter: Option<Hook>,
    /// The runtime in which their futures find timers and sockets.
    runtime: Option<Handle>,
    running: Arc<Running>,
}

#[derive(Default)]
struct Running {
    count: AtomicUsize,
    dropped: AtomicU64,
    /// True if it was told that hooks are dropped, and there has been no room since.
    is_told: AtomicBool,
}

/// The place of a hook that runs.
struct Place(Arc<Running>);

impl Place {
    fn take(running: &Arc<Running>) -> Option<Self> {
        let more = |count| (count < MAX_RUNNING).then_some(count + 1);
        running.count.fetch_update(Ordering::SeqCst, Ordering::SeqCst, more).ok()?;
        Some(Self(Arc::clone(running)))
    }
}

impl Drop for Place {
    fn drop(&mut self) {
        if self.0.count.fetch_sub(1, Ordering::SeqCst) <= MAX_RUNNING / 2 {
            self.0.is_told.store(false, Ordering::SeqCst);
        }
    }
}

/// Makes a hook of a function.
pub(crate) fn hook<F>(call: impl Fn(Record) -> F + Send + Sync + 'static) -> Hook
where
    F: Future<Output = ()> + Send + 'static,
{
    Arc::new(move |record| Box::pin(call(record)))
}

impl Hooks {
    pub(crate) fn set_on_failure(&mut self, hook: Hook) {
        self.on_failure = Some(hook);
    }

    pub(crate) fn set_on_dead_letter(&mut self, hook: Hook) {
        self.on_dead_letter = Some(hook);
    }

    /// Runs hooks on the runtime of the program.
    pub(crate) fn run_here(&mut self) {
        self.runtime = Handle::try_current().ok();
    }

    /// The number of hooks that were dropped because too many ran.
    pub(crate) fn dropped(&self) -> u64 {
        self.running.dropped.load(Ordering::Relaxed)
    }

    /// An attempt has ended like this, and its end is stored.
    pub(crate) fn ended(
        &self,
        store: &Arc<dyn InboxStore>,
        (id, attempt): (i64, u32),
        result: &AttemptResult,
        now: SystemTime,
    ) {
        let hook = match result {
            AttemptResult::Retry { .. } => &self.on_failure,
            AttemptResult::Dead { .. } | AttemptResult::Expired { .. } => &self.on_dead_letter,
            AttemptResult::Completed | AttemptResult::Snoozed { .. } | AttemptResult::Released => {
                return;
            }
        };
        let Some(hook) = hook.clone() else { return };
        let (store, result) = (Arc::clone(store), result.clone());
        self.run(async move {
            let listed = store.list(&Filter::all().ids([id]), Window::oldest_first(1)).await;
            let Some(mut record) = listed.ok().and_then(|mut listed| listed.records.pop()) else {
                tracing::warn!(record_id = id, "no hook was called: the record cannot be read");
                return;
            };
            // It may run again already.
            record.attempt = attempt;
            record.settle(&result, now);
            hook(record).await;
        });
    }

    /// A claim has made this a dead letter.
    pub(crate) fn given_up(&self, record: Record) {
        if let Some(hook) = self.on_dead_letter.clone() {
            self.run(async move { hook(record).await });
        }
    }

    /// Runs a hook on a thread of its own: one that blocks keeps neither deliveries nor the end of
    /// the program waiting.
    fn run(&self, hook: impl Future<Output = ()> + Send + 'static) {
        let Some(place) = Place::take(&self.running) else { return self.drop_one() };
        let runtime = self.runtime.clone();
        let run = move || {
            let _place = place;
            let hook = async {
                match tokio::time::timeout(HOOK_TIMEOUT, catch_panic(hook)).await {
                    Ok(Ok(())) => {}
                    Ok(Err(panicked)) => tracing::error!("a hook of the inbox {panicked}"),
                    Err(_) => tracing::error!("a hook of the inbox took longer than 30 s"),
                }
            };
            match runtime {
                Some(runtime) => runtime.block_on(hook),
                None => match tokio::runtime::Builder::new_current_thread().enable_all().build() {
                    Ok(runtime) => runtime.block_on(hook),
                    Err(error) => tracing::error!(%error, "a hook of the inbox cannot run"),
                },
            }
        };
        let thread = std::thread::Builder::new().name("webhook-hook".to_owned());
        if thread.spawn(run).is_err() {
            self.drop_one();
        }
    }

    fn drop_one(&self) {
        self.running.dropped.fetch_add(1, Ordering::Relaxed);
        Series::new(&INBOX_HOOKS_DROPPED, &[]).add(1);
        if !self.running.is_told.swap(true, Ordering::SeqCst) {
            tracing::warn!(
                running = MAX_RUNNING,
                "hooks of the inbox are dropped: too many run at the same time"
            );
        }
    }
}
