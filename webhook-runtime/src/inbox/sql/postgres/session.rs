//! What stays with a connection between two transactions, and what each transaction has to bring
//! along where nothing does.
//!
//! A pooler such as PgBouncer in its transaction mode gives every transaction another session of the
//! server. Settings, prepared statements and `LISTEN` of one transaction are then gone in the next
//! one, or are met by somebody else.

use sqlx::{
    ConnectOptions as _, Executor as _, PgConnection, Row as _, postgres::PgConnectOptions,
};

/// The sessions of the server, as the connections see them.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Sessions {
    /// Each connection is a session.
    Own,
    /// Each transaction has any session.
    Shared,
}

/// Begins a transaction at the isolation level that the statements are written for.
macro_rules! begin {
    ($($more:literal)*) => {
        concat!("BEGIN ISOLATION LEVEL READ COMMITTED", $($more,)*)
    };
}

/// Other connections have used the names of statements that this one will use. And commits are made
/// safe, whatever the default of the database is.
macro_rules! begin_shared {
    ($($more:literal)*) => {
        begin!(
            "; DEALLOCATE ALL; SELECT set_config('synchronous_commit', 'on', true) \
             WHERE current_setting('synchronous_commit') = 'off'"
            $($more)*
        )
    };
}

/// Limits for the statements of the inbox itself, which take milliseconds.
const LIMITS: &str = "SET statement_timeout = '10s'; SET lock_timeout = '5s'; \
                      SET idle_in_transaction_session_timeout = '30s'";

impl Sessions {
    /// Finds out what two connections share. Two sessions never have the same process, and a session
    /// never changes its process.
    pub(super) async fn detect(
        first: &mut PgConnection,
        connect: &PgConnectOptions,
    ) -> Result<Self, sqlx::Error> {
        let mut second = connect.connect().await?;
        let (mut of_first, mut of_second) = (process(first).await?, process(&mut second).await?);
        for _ in 0..3 {
            // Twice in a row, so that a pooler that deals its sessions out in turn is noticed too.
            let (again_second, again_first) = (process(&mut second).await?, process(first).await?);
            if of_first == of_second || again_first != of_first || again_second != of_second {
                return Ok(Self::Shared);
            }
            (of_first, of_second) = (process(first).await?, process(&mut second).await?);
        }
        Ok(Self::Own)
    }

    /// The options of further connections.
    pub(super) fn options(self, connect: PgConnectOptions) -> PgConnectOptions {
        match self {
            Self::Own => connect,
            Self::Shared => connect.statement_cache_capacity(0),
        }
    }

    /// Begins a transaction of the inbox itself.
    pub(super) const fn begin(self) -> &'static str {
        match self {
            Self::Own => begin!(),
            Self::Shared => begin_shared!(
                "; SET LOCAL statement_timeout = '10s'; SET LOCAL lock_timeout = '5s'; \
                 SET LOCAL idle_in_transaction_session_timeout = '30s'"
            ),
        }
    }

    /// Begins a transaction of a handler, which takes any time.
    pub(super) const fn begin_for_handler(self) -> &'static str {
        match self {
            Self::Own => begin!(),
            Self::Shared => begin_shared!(),
        }
    }

    /// Prepares a new connection, with limits for the statements of the inbox itself.
    pub(super) async fn set_up(
        self,
        connection: &mut PgConnection,
        limited: bool,
    ) -> Result<(), sqlx::Error> {
        if self == Self::Shared {
            return Ok(());
        }
        if limited {
            connection.execute(sqlx::raw_sql(LIMITS)).await?;
        }
        // Makes commits safe before they are answered, whatever the default of the database is.
        let set = "SELECT set_config('synchronous_commit', 'on', false) \
                   WHERE current_setting('synchronous_commit') = 'off'";
        connection.execute(sqlx::raw_sql(set)).await?;
        Ok(())
    }
}

/// The process of the server that a connection has at the moment.
async fn process(connection: &mut PgConnection) -> Result<i32, sqlx::Error> {
    connection.fetch_one(sqlx::raw_sql("SELECT pg_backend_pid()")).await?.try_get(0)
}

/// Warns if what is committed is not safe.
pub(super) async fn check_fsync(connection: &mut PgConnection) -> Result<(), sqlx::Error> {
    let fsync = sqlx::raw_sql("SELECT current_setting('fsync')");
    let fsync: String = connection.fetch_one(fsync).await?.try_get(0)?;
    if fsync != "on" {
        tracing::warn!("the server runs with fsync = off: what is acknowledged is not safe");
    }
    Ok(())
}

/// Runs what is no transaction by itself: in one, where that is needed for all of it to have the
/// same session.
macro_rules! in_session {
    ($names:expr, $connection:ident => $operation:expr) => {
        match $names.sessions() {
            $crate::inbox::sql::postgres::session::Sessions::Own => {
                let $connection = &mut *$connection;
                $operation
            }
            $crate::inbox::sql::postgres::session::Sessions::Shared => {
                let mut tx = sqlx::Connection::begin_with($connection, $names.begin()).await?;
                let done = {
                    let $connection = &mut *tx;
                    $operation
                };
                if done.is_ok() {
                    tx.commit().await?;
                }
                done
            }
        }
    };
}
pub(super) use in_session;
