//! The inbox in a PostgreSQL database.

mod claim;
mod endpoints;
mod enqueue;
mod finish;
mod grants;
mod health;
mod names;
mod notifications;
mod operate;
mod schema;
mod session;
mod tenants;
mod url;
mod work;
mod workers;

use std::time::{Duration, Instant};

use sqlx::{ConnectOptions as _, PgPool, postgres::PgPoolOptions};

use self::{
    finish::PostgresTransaction,
    health::Health,
    names::Names,
    notifications::Notifications,
    operate::Changed,
    session::{Sessions, check_fsync, in_session},
};
pub use self::{
    grants::postgres_grants,
    schema::{postgres_migrations, postgres_versions},
};
use crate::{
    inbox::{
        error::InboxError,
        record::{ClaimToken, EnqueueResult, Filter, NewDelivery, Record, StoredDelivery, span},
        sql::pack::pack_ahead,
        store::{
            Change, ChangeResult, ClaimRequest, ClaimResult, DueTimeLimits, EndpointBacklog,
            FinishedAttempt, Heartbeat, InboxStore, Notifies, Pause, PruneResult, QueueDepth,
            Retention, StoreFuture, StoreTransaction, Work, WorkResult, WorkerRecord,
        },
    },
    support::redact::shown_url,
};

/// The longest wait for a connection.
const CONNECT_TIMEOUT: Duration = Duration::from_secs(3);

/// The longest time of a whole operation. After that, its connection is given up.
const OPERATION_TIMEOUT: Duration = Duration::from_secs(15);

/// The longest time in which a change tries again to change what is locked.
const LOCKED_TIMEOUT: Duration = Duration::from_secs(10);

/// The pause between two tries.
const LOCKED_PAUSE: Duration = Duration::from_millis(100);

/// The number of commits at the same time: the server flushes them together.
const COMMITS: u32 = 3;

/// The options of the store.
pub(crate) struct Options {
    pub(crate) schema: String,
    pub(crate) connections: u32,
    pub(crate) transactions: u32,
    pub(crate) migrate: bool,
}

/// The inbox in a PostgreSQL database.
pub(crate) struct PostgresStore {
    /// The connections of the inbox itself.
    own: PgPool,
    /// The connections of the inbox's own thread. Nobody else uses them: a connection belongs to
    /// the runtime that has opened it, and handlers can block theirs.
    committing: PgPool,
    /// The connections of functions, whose transactions take any time.
    transactions: PgPool,
    notifications: Notifications,
    health: Health,
    names: Names,
}

/// Runs an operation on a connection, and gives the connection up if it hangs.
macro_rules! on {
    ($self:ident, |$connection:ident| $operation:expr) => {
        on!($self.own, |$connection| $operation)
    };
    ($self:ident.$pool:ident, |$connection:ident| $operation:expr) => {
        Box::pin(async move {
            let mut pooled = $self.$pool.acquire().await?;
            let ended = {
                let $connection = &mut *pooled;
                tokio::time::timeout(OPERATION_TIMEOUT, $operation).await
            };
            match ended {
                Ok(answer) => $self.health.judge(answer),
                Err(_) => {
                    pooled.close_on_drop();
                    Err(InboxError::Timeout)
                }
            }
        })
    };
}

/// The same for an operation that begins no transaction.
macro_rules! on_session {
    ($self:ident, |$connection:ident| $operation:expr) => {
        on!($self, |$connection| async {
            in_session!($self.names, $connection => $operation.await)
        })
    };
}

impl PostgresStore {
    pub(crate) async fn open(url: &str, options: Options) -> Result<Self, InboxError> {
        let names = Names::new(&options.schema)?;
        // A pooler refuses parameters that it does not know, and nothing here reads floats.
        let connect = url::options(url)?.disable_statement_logging().extra_float_digits(None);
        let cannot = |error: InboxError| InboxError::Open {
            url: shown_url(url),
            problem: match error {
                InboxError::Store(problem) => problem,
                error => error.to_string(),
            },
        };
        // Without a pool, which would retry for a while before it reports the error.
        let first = Sessions::Shared.options(connect.clone());
        let mut first = first.connect().await.map_err(|error| cannot(error.into()))?;
        check_fsync(&mut first).await.map_err(|error| cannot(error.into()))?;
        let sessions = Sessions::detect(&mut first, &connect).await;
        let sessions = sessions.map_err(|error| cannot(error.into()))?;
        if sessions == Sessions::Shared {
            tracing::info!(
                "a pooler gives each transaction another session: the inbox works without sessions, \
                 and is not notified of what other processes store"
            );
        }
        let (names, connect) = (names.with_sessions(sessions), sessions.options(connect));
        schema::migrate(&mut first, &names, options.migrate).await.map_err(cannot)?;
        drop(first);
        let health = Health::default();
        let pool = |max: u32, limited: bool| {
            let health = health.clone();
            PgPoolOptions::new()
                .max_connections(max)
                .acquire_timeout(CONNECT_TIMEOUT)
                .test_before_acquire(false)
                .before_acquire(move |connection, state| {
                    let health = health.clone();
                    Box::pin(async move { health.admits(connection, state.idle_for).await })
                })
                .after_connect(move |connection, _| Box::pin(sessions.set_up(connection, limited)))
                .connect_lazy_with(connect.clone())
        };
        let own = pool(options.connections.max(2), true);
        let committing = pool(COMMITS, true);
        let listening = (sessions == Sessions::Own).then(|| pool(1, false));
        let notifications = Notifications::new(listening, health.clone(), names.channel());
        let transactions = pool(options.transactions.max(1), false);
        Ok(Self { own, committing, transactions, notifications, health, names })
    }
}

impl PostgresStore {
    /// Changes what is not locked. Who has locked the others is asked to end.
    fn change_unlocked<'a>(
        &'a self,
        filter: &'a Filter,
        change: Change,
        range: (i64, u32),
    ) -> StoreFuture<'a, Changed> {
        on!(self, |connection| operate::change(connection, &self.names, filter, change, range))
    }
}

impl InboxStore for PostgresStore {
    fn enqueue<'a>(&'a self, batch: &'a [NewDelivery]) -> StoreFuture<'a, Vec<EnqueueResult>> {
        let enqueue: StoreFuture<'a, Vec<EnqueueResult>> =
            on!(self, |connection| enqueue::enqueue(connection, &self.names, batch));
        Box::pin(async move {
            let enqueued = enqueue.await?;
            self.notifications.notify();
            Ok(enqueued)
        })
    }

    fn prepare(&self, delivery: &mut NewDelivery) {
        pack_ahead(delivery);
    }

    fn claim<'a>(&'a self, wanted: &'a ClaimRequest) -> StoreFuture<'a, ClaimResult> {
        on!(self, |connection| claim::claim(connection, &self.names, wanted))
    }

    fn renew_leases<'a>(
        &'a self,
        running: &'a [ClaimToken],
        lease: Duration,
    ) -> StoreFuture<'a, Vec<i64>> {
        on_session!(self, |connection| claim::renew_leases(
            connection,
            &self.names,
            running,
            span(lease)
        ))
    }

    fn finish<'a>(&'a self, batch: &'a [FinishedAttempt]) -> StoreFuture<'a, Vec<bool>> {
        on!(self, |connection| finish::finish(connection, &self.names, batch))
    }

    fn commit<'a>(&'a self, work: &'a Work) -> StoreFuture<'a, WorkResult> {
        let commit: StoreFuture<'a, WorkResult> =
            on!(self.committing, |connection| work::commit(connection, &self.names, work));
        Box::pin(async move {
            let result = commit.await?;
            let unclaimed = result.enqueued.len() > result.claimed_new.iter().flatten().count();
            if unclaimed {
                self.notifications.notify();
            }
            Ok(result)
        })
    }

    fn max_commits(&self) -> usize {
        COMMITS as usize
    }

    fn begin(&self, claim: ClaimToken) -> StoreFuture<'_, Box<dyn StoreTransaction>> {
        Box::pin(async move {
            let begun = async {
                let tx =
                    self.transactions.begin_with(self.names.sessions().begin_for_handler()).await?;
                PostgresTransaction::begin(tx, self.names.clone(), claim).await
            };
            match begun.await {
                Ok(transaction) => Ok(Box::new(transaction) as Box<dyn StoreTransaction>),
                Err(InboxError::StaleClaim) => Err(InboxError::StaleClaim),
                Err(error) => self.health.judge(Err(error)),
            }
        })
    }

    fn list<'a>(
        &'a self,
        filter: &'a Filter,
        after: i64,
        max: u32,
    ) -> StoreFuture<'a, Vec<Record>> {
        on_session!(self, |connection| operate::list(connection, &self.names, filter, after, max))
    }

    fn get(&self, id: i64) -> StoreFuture<'_, Option<StoredDelivery>> {
        on_session!(self, |connection| operate::get(connection, &self.names, id))
    }

    fn change<'a>(
        &'a self,
        filter: &'a Filter,
        change: Change,
        after: i64,
        max: u32,
    ) -> StoreFuture<'a, ChangeResult> {
        Box::pin(async move {
            let first = self.change_unlocked(filter, change, (after, max)).await?;
            let (mut result, mut locked) = (first.result, first.locked);
            let until = Instant::now() + LOCKED_TIMEOUT;
            while !locked.is_empty() && Instant::now() < until {
                tokio::time::sleep(LOCKED_PAUSE).await;
                let again = filter.clone().ids(locked);
                let more = self.change_unlocked(&again, change, (i64::MIN, max)).await?;
                result.count += more.result.count;
                locked = more.locked;
            }
            if !locked.is_empty() {
                tracing::warn!(records = ?locked, "locked records were not changed");
            }
            Ok(result)
        })
    }

    fn prune<'a>(&'a self, retention: &'a Retention, max: u32) -> StoreFuture<'a, PruneResult> {
        on!(self, |connection| operate::prune(connection, &self.names, retention, max))
    }

    fn clamp_future_due_times(&self, bounds: DueTimeLimits) -> StoreFuture<'_, u64> {
        on!(self, |connection| operate::clamp_future_due_times(connection, &self.names, bounds))
    }

    fn queue_depth(&self) -> StoreFuture<'_, QueueDepth> {
        on_session!(self, |connection| operate::queue_depth(connection, &self.names))
    }

    fn lag(&self) -> StoreFuture<'_, Duration> {
        on_session!(self, |connection| operate::lag(connection, &self.names))
    }

    fn backlog(&self) -> StoreFuture<'_, Vec<EndpointBacklog>> {
        on_session!(self, |connection| operate::backlog(connection, &self.names))
    }

    fn pause<'a>(&'a self, endpoint: &'a str, by: &'a str, why: &'a str) -> StoreFuture<'a, ()> {
        on!(self, |connection| endpoints::pause(connection, &self.names, endpoint, (by, why)))
    }

    fn resume<'a>(&'a self, endpoint: &'a str) -> StoreFuture<'a, bool> {
        on!(self, |connection| endpoints::resume(connection, &self.names, endpoint))
    }

    fn paused(&self) -> StoreFuture<'_, Vec<Pause>> {
        on_session!(self, |connection| endpoints::paused(connection, &self.names))
    }

    fn heartbeat<'a>(&'a self, beat: &'a Heartbeat) -> StoreFuture<'a, Option<i64>> {
        on_session!(self, |connection| async {
            workers::beat(connection, &self.names, beat).await.map(Some)
        })
    }

    fn workers(&self) -> StoreFuture<'_, Vec<WorkerRecord>> {
        on_session!(self, |connection| workers::list(connection, &self.names))
    }

    fn explain<'a>(&'a self, endpoints: &'a [String]) -> StoreFuture<'a, String> {
        on_session!(self, |connection| claim::explain(connection, &self.names, endpoints))
    }

    fn cancel_requests(&self) -> Vec<ClaimToken> {
        self.notifications.cancel_requests()
    }

    fn notifies(&self) -> Notifies {
        self.notifications.come()
    }

    fn run_background(&self) -> StoreFuture<'_, ()> {
        Box::pin(self.notifications.keep_sending(&self.committing))
    }

    fn wait_for_notification(&self) -> StoreFuture<'_, ()> {
        Box::pin(self.notifications.wait())
    }

    fn close(&self) -> StoreFuture<'_, ()> {
        Box::pin(async move {
            self.notifications.close().await;
            self.committing.close().await;
            self.own.close().await;
            self.transactions.close().await;
            Ok(())
        })
    }
}
