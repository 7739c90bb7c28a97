//! What is promised of the inbox, shown on real processes: a receiver that is killed, stopped and
//! starved, senders over HTTP who keep their own ledger, and a table of effects in which a doubled
//! one would show.
//!
//! The versions that run by themselves are short; `CONTRIBUTING.md` has the variables that ask for
//! more. Where PostgreSQL is not installed, its tests say so and pass.

#![allow(clippy::unwrap_used, reason = "a test fails by it")]
#![cfg(unix)]

mod copies;
#[cfg(target_os = "linux")]
mod full;
mod kill;
mod load;
mod outage;
mod poison;
#[cfg(target_os = "linux")]
mod power;
mod program;
mod retry;
#[allow(dead_code, reason = "shared with other tests")]
#[path = "../inbox/server.rs"]
mod server;
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

on! { sqlite: kill copies retry poison stale }
on! { postgres: kill copies retry poison stale }

/// PostgreSQL is stopped and started again.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn outage() {
    if let Some(programs) = server::programs() {
        alone(outage::outage(programs)).await;
    }
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

/// One after another, since each takes all that the machine has and measures time; and bounded, so
/// that none hangs for ever.
async fn alone(case: impl Future<Output = ()>) {
    static TURN: tokio::sync::Mutex<()> = tokio::sync::Mutex::const_new(());
    let _turn = TURN.lock().await;
    let more = std::env::vars_os().any(|(name, _)| name.to_string_lossy().starts_with("WEBHOOK_"));
    let limit = Duration::from_secs(if more { 7200 } else { 120 });
    tokio::time::timeout(limit, case).await.expect("it takes too long");
}

/// A number that a variable asks for, instead of the one that CI has time for.
fn asked(name: &str, default: usize) -> usize {
    std::env::var(name).map_or(default, |number| number.parse().expect("a number"))
}

/// A random time, up to a most.
fn up_to(most: Duration) -> Duration {
    let per_mille = u32::try_from(random() % 1001).expect("a small number");
    most * per_mille / 1000
}

fn random() -> u64 {
    RandomState::new().hash_one(0)
}
