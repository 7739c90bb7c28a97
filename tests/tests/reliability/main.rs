//! The promises of the inbox, tested on real processes: a receiver that is killed, stopped and
//! starved; senders over HTTP with a ledger of their own; and a table in which doubled effects
//! show.
//!
//! The tests are short by default. `docs/evidence.md` has the variables for longer runs. If
//! PostgreSQL is not installed, its tests say so and pass.

#![allow(clippy::unwrap_used, reason = "a test fails by it")]
#![cfg(unix)]

#[path = "../inbox/bouncer.rs"]
mod bouncer;
mod copies;
mod failover;
#[cfg(target_os = "linux")]
mod full;
mod kill;
mod load;
mod log;
mod moved;
mod outage;
#[path = "../inbox/pair.rs"]
mod pair;
mod poison;
#[cfg(target_os = "linux")]
mod power;
mod prefetch;
mod program;
mod retry;
mod rolling;
#[allow(dead_code, reason = "shared with other tests")]
#[path = "../inbox/server.rs"]
mod server;
mod shutdown;
mod stale;
mod store;

use std::{
    hash::{BuildHasher as _, RandomState},
    time::Duration,
};

use store::Store;

/// One test for each case, on one engine.
macro_rules! on {
    ($engine:ident: $($case:ident)*) => {
        mod $engine {
            use super::*;

            $(
                #[tokio::test(flavor = "multi_thread", worker_threads = 2)]
                async fn $case() {
                    if let Some(store) = Store::$engine().await {
                        alone($case::$case(store.with_effects().await)).await;
                    }
                }
            )*
        }
    };
}

on! { sqlite: kill copies retry poison stale prefetch shutdown }
on! { postgres: kill copies retry poison stale prefetch shutdown }
on! { pooled: kill copies stale }

/// A new version of the program is deployed over an earlier one, and taken back.
mod rolling_deploy {
    use super::*;

    #[tokio::test(flavor = "multi_thread", worker_threads = 2)]
    async fn sqlite() {
        if let (Some(before), Some(store)) = (rolling::before(), Store::sqlite().await) {
            alone(rolling::rolling(store, before)).await;
        }
    }

    #[tokio::test(flavor = "multi_thread", worker_threads = 2)]
    async fn postgres() {
        if let (Some(before), Some(store)) = (rolling::before(), Store::postgres().await) {
            alone(rolling::rolling(store, before)).await;
        }
    }
}

/// PostgreSQL is stopped and started again.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn outage() {
    if let Some(programs) = server::programs() {
        alone(outage::outage(programs)).await;
    }
}

/// A standby of PostgreSQL takes over.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn failover() {
    if let Some(pair) = tokio::task::spawn_blocking(pair::Pair::start).await.unwrap() {
        alone(failover::failover(pair)).await;
    }
}

/// An SQLite file is renamed and deleted.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn moved() {
    alone(moved::moved()).await;
}

/// The log of an SQLite file stays short.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn log() {
    alone(log::log()).await;
}

/// The disk that an SQLite file is on fills up.
#[cfg(target_os = "linux")]
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn full() {
    alone(full::full()).await;
}

/// The power of the machine fails.
#[cfg(target_os = "linux")]
mod power_cut {
    use super::*;

    #[tokio::test(flavor = "multi_thread", worker_threads = 2)]
    async fn sqlite_survives() {
        alone(power::sqlite_survives()).await;
    }

    #[tokio::test(flavor = "multi_thread", worker_threads = 2)]
    async fn postgres_survives() {
        if let Some(programs) = server::programs() {
            alone(power::postgres_survives(programs)).await;
        }
    }
}

/// Runs one case at a time, since each loads the whole machine and measures time; with a time
/// limit.
async fn alone(case: impl Future<Output = ()>) {
    static TURN: tokio::sync::Mutex<()> = tokio::sync::Mutex::const_new(());
    let _turn = TURN.lock().await;
    let more = std::env::vars_os().any(|(name, _)| name.to_string_lossy().starts_with("WEBHOOK_"));
    let limit = Duration::from_secs(if more { 7200 } else { 120 });
    tokio::time::timeout(limit, case).await.expect("it takes too long");
}

/// The number in an environment variable, or the default for CI.
fn number_from_env(name: &str, default: usize) -> usize {
    std::env::var(name).map_or(default, |number| number.parse().expect("a number"))
}

/// A random time up to a maximum.
fn up_to(most: Duration) -> Duration {
    let per_mille = u32::try_from(random() % 1001).expect("a small number");
    most * per_mille / 1000
}

fn random() -> u64 {
    RandomState::new().hash_one(0)
}
