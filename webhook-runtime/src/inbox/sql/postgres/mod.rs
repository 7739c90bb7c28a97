//! The inbox in a PostgreSQL database.

mod claim;
mod endpoints;
mod enqueue;
mod finish;
mod grants;
mod health;
mod info;
mod names;
mod notifications;
mod operate;
mod prune;
mod schema;
mod session;
mod sums;
mod tenants;
mod transactions;
mod url;
mod work;
mod workers;

use std::{
    future::ready,
    path::Path,
    time::{Duration, Instant, SystemTime},
};

use sqlx::{
    ConnectOptions as _, PgConnection, PgPool,
    postgres::{PgPoolOptions, PgRow},
};

pub(crate) use self::schema::{migrations, run_migrations};
use self::{
    finish::PostgresTransaction,
    health::Health,
    names::Names,
    notifications::Notifications,
    operate::Changed,
    session::{Sessions, check_fsync, in_session},
    transactions::Transactions,
};
pub use self::{grants::postgres_grants, schema::postgres_migrations};
use crate::inbox::{
    copy::CopyingStore,
    error::InboxError,
    record::{
        Attempt, ClaimToken, Duplicates, EnqueueResult, Filter, NewDelivery, Record,
        StoredDelivery, millis, span,
    },
    sql::{
        Arg, Statement, bind, cannot_open,
        insight::{self, Reader},
        listing::Hint,
        pack::pack_ahead,
        prune::Marks,
    },
    store::{
        CauseGroup, Change, ChangeResult, ClaimRequest, ClaimResult, Count, DueTimeLimits,
        EndpointBacklog, EndpointCounts, EndpointRetention, FinishedAttempt, Heartbeat, InboxStore,
        ListResult, MinuteSum, Notifies, Pause, PruneResult, QueueDepth, RecentDeadLetters,
        Retention, StoreFuture, StoreInfo, StoreTransaction, Window, Work, WorkResult,
        WorkerRecord,
    },
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
    pub(crate) transactions: usize,
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
    transactions: Transactions,
    notifications: Notifications,
    health: Health,
    /// The place up to which old records have been looked for.
    marks: tokio::sync::Mutex<Marks>,
    names: Names,
}

/// A connection that reads.
struct Reading<'c>(&'c mut PgConnection, &'c Names);

impl Reader for Reading<'_> {
    type Row = PgRow;

    const HINT: Hint = Hint::None;

    async fn read(&mut self, wanted: Statement) -> Result<Vec<PgRow>, InboxError> {
        let Statement { template, args } = wanted;
        let query = bind!(sqlx::query(self.1.sql(&template)), without_nul(args));
        Ok(query.fetch_all(&mut *self.0).await?)
    }

    async fn explain(&mut self, wanted: Statement) -> Result<Vec<String>, InboxError> {
        let Statement { template, args } = wanted;
        let template = format!("EXPLAIN {template}");
        let query = bind!(sqlx::query_as(self.1.sql(&template)), without_nul(args));
        let steps: Vec<(String,)> = query.fetch_all(&mut *self.0).await?;
        Ok(steps.into_iter().map(|(step,)| step).collect())
    }
}

/// PostgreSQL neither takes nor stores a NUL.
fn without_nul(args: Vec<Arg>) -> Vec<Arg> {
    let args = args.into_iter().map(|arg| match arg {
        Arg::Text(text) => Arg::Text(text.replace('\0', "\u{fffd}")),
        Arg::Int(number) => Arg::Int(number),
    });
    args.collect()
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

// After the macros that it uses.
mod copy;

impl PostgresStore {
    pub(crate) async fn open(url: &str, options: Options) -> Result<Self, InboxError> {
        let names = Names::new(&options.schema)?;
        // A pooler refuses parameters that it does not know, and nothing here reads floats.
        let connect = url::options(url)?.disable_statement_logging().extra_float_digits(None);
        let cannot = |error| cannot_open(url, error);
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
        let of_pool = health.clone();
        let pool = move |max: u32, limited: bool| {
            let health = of_pool.clone();
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
        let transactions = Transactions::new(options.transactions, move |max| pool(max, false));
        let marks = tokio::sync::Mutex::default();
        Ok(Self { own, committing, transactions, notifications, health, marks, names })
    }
}

impl PostgresStore {
    /// Changes what is not locked. Who has locked the others is asked to end.
    fn change_unlocked<'a>(
        &'a self,
        filter: &'a Filter,
        change: Change,
        window: Window,
    ) -> StoreFuture<'a, Changed> {
        on!(self, |connection| operate::change(connection, &self.names, filter, change, window))
    }
}

/// The number of connections of a pool that nobody uses.
fn idle(pool: &PgPool) -> u32 {
    u32::try_from(pool.num_idle()).unwrap_or(u32::MAX)
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
                let begin = self.names.sessions().begin_for_handler();
                let tx = self.transactions.pool().begin_with(begin).await?;
                PostgresTransaction::begin(tx, self.names.clone(), claim).await
            };
            match begun.await {
                Ok(transaction) => Ok(Box::new(transaction) as Box<dyn StoreTransaction>),
                Err(InboxError::StaleClaim) => Err(InboxError::StaleClaim),
                Err(error) => self.health.judge(Err(error)),
            }
        })
    }

    fn list<'a>(&'a self, filter: &'a Filter, window: Window) -> StoreFuture<'a, ListResult> {
        on_session!(self, |connection| insight::list(
            &mut Reading(connection, &self.names),
            filter,
            window
        ))
    }

    fn count<'a>(&'a self, filter: &'a Filter, limit: u64) -> StoreFuture<'a, Count> {
        on_session!(self, |connection| insight::count(
            &mut Reading(connection, &self.names),
            filter,
            limit
        ))
    }

    fn attempts(&self, id: i64) -> StoreFuture<'_, Vec<Attempt>> {
        on_session!(self, |connection| insight::attempts(&mut Reading(connection, &self.names), id))
    }

    fn duplicates(&self, id: i64) -> StoreFuture<'_, Vec<Duplicates>> {
        on_session!(self, |connection| insight::duplicates(
            &mut Reading(connection, &self.names),
            id
        ))
    }

    fn same_ordering_key(&self, id: i64, max: u32) -> StoreFuture<'_, Vec<Record>> {
        on_session!(self, |connection| insight::same_ordering_key(
            &mut Reading(connection, &self.names),
            id,
            max
        ))
    }

    fn neighbours(&self, id: i64, max: u32) -> StoreFuture<'_, Vec<Record>> {
        on_session!(self, |connection| insight::neighbours(
            &mut Reading(connection, &self.names),
            id,
            max
        ))
    }

    fn sums(&self, since: SystemTime) -> StoreFuture<'_, Vec<MinuteSum>> {
        on_session!(self, |connection| insight::sums(
            &mut Reading(connection, &self.names),
            millis(since)
        ))
    }

    fn causes(&self, max: u32) -> StoreFuture<'_, Vec<CauseGroup>> {
        on_session!(self, |connection| insight::causes(&mut Reading(connection, &self.names), max))
    }

    fn recent_dead_letters(
        &self,
        since: SystemTime,
        max: u32,
    ) -> StoreFuture<'_, Vec<RecentDeadLetters>> {
        on_session!(self, |connection| insight::recent_dead_letters(
            &mut Reading(connection, &self.names),
            millis(since),
            max
        ))
    }

    fn endpoint_counts(&self, limit: u64) -> StoreFuture<'_, Vec<EndpointCounts>> {
        on_session!(self, |connection| insight::endpoint_counts(
            &mut Reading(connection, &self.names),
            limit
        ))
    }

    fn get(&self, id: i64) -> StoreFuture<'_, Option<StoredDelivery>> {
        on_session!(self, |connection| operate::get(connection, &self.names, id))
    }

    fn change<'a>(
        &'a self,
        filter: &'a Filter,
        change: Change,
        window: Window,
    ) -> StoreFuture<'a, ChangeResult> {
        Box::pin(async move {
            let first = self.change_unlocked(filter, change, window).await?;
            let (mut result, mut locked) = (first.result, first.locked);
            let until = Instant::now() + LOCKED_TIMEOUT;
            while !locked.is_empty() && Instant::now() < until {
                tokio::time::sleep(LOCKED_PAUSE).await;
                let again = filter.clone().ids(locked);
                let more =
                    self.change_unlocked(&again, change, Window::oldest_first(window.max)).await?;
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
        Box::pin(async move {
            let mut marks = self.marks.lock().await;
            let mut ahead = marks.clone();
            let step = &mut ahead;
            let prune: StoreFuture<'_, PruneResult> =
                on!(self, |connection| prune::prune(connection, &self.names, step, retention, max));
            let pruned = prune.await?;
            *marks = ahead;
            Ok(pruned)
        })
    }

    fn drops_bodies(&self) -> bool {
        true
    }

    fn set_retention<'a>(&'a self, retentions: &'a [EndpointRetention]) -> StoreFuture<'a, ()> {
        on!(self, |connection| prune::set_retention(connection, &self.names, retentions))
    }

    fn expect_transactions(&self, max: usize) {
        self.transactions.grow_to(max);
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

    fn compact(&self) -> StoreFuture<'_, ()> {
        Box::pin(ready(Err(InboxError::Unsupported(
            "PostgreSQL uses the space of deleted rows again by itself",
        ))))
    }

    fn backup_to<'a>(&'a self, _: &'a Path) -> StoreFuture<'a, ()> {
        Box::pin(ready(Err(InboxError::Unsupported("back PostgreSQL up with `pg_dump`"))))
    }

    fn copying(&self) -> Option<CopyingStore<'_>> {
        Some(CopyingStore(self))
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

    fn info(&self) -> StoreFuture<'_, StoreInfo> {
        let used = self.own.size().saturating_sub(idle(&self.own));
        let connections = (used, self.own.options().get_max_connections());
        on_session!(self, |connection| info::info(connection, &self.names, connections))
    }

    fn explain<'a>(&'a self, endpoints: &'a [String]) -> StoreFuture<'a, String> {
        on_session!(self, |connection| claim::explain(connection, &self.names, endpoints))
    }

    fn explain_overview(&self) -> StoreFuture<'_, String> {
        on_session!(self, |connection| insight::explain(&mut Reading(connection, &self.names)))
    }

    fn explain_list<'a>(&'a self, filter: &'a Filter, window: Window) -> StoreFuture<'a, String> {
        on_session!(self, |connection| insight::explain_list(
            &mut Reading(connection, &self.names),
            filter,
            window
        ))
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
            self.transactions.pool().close().await;
            Ok(())
        })
    }
}
