//! Gauges of what the store holds, which refresh by themselves.

use std::{sync::Arc, time::Duration};

use tokio::time::{sleep, timeout};

use crate::inbox::{NEWEST, error::InboxError, metrics::Gauges, writer::engine::Engine};

/// The interval at which they are refreshed.
const EVERY: Duration = Duration::from_secs(15);

/// The same, when the process begins with an endpoint.
const SOON: Duration = Duration::from_secs(1);

/// The interval at which a recorder is looked for where there is none.
const WITHOUT_RECORDER: Duration = Duration::from_secs(60);

/// The longest time of a look at the store.
const TIMEOUT: Duration = Duration::from_secs(10);

/// Refreshes the gauges for ever, once the process stores or runs deliveries: a process whose workers have
/// ended tells how much waits for those of others. Without a recorder, the store is not asked.
pub(super) async fn keep_gauges(engine: Arc<Engine>) {
    let mut gauges = Gauges::default();
    loop {
        let endpoints = engine.counters.endpoints();
        gauges.see(endpoints.names());
        if gauges.is_empty() {
            endpoints.added().await;
        } else if !gauges.are_kept() {
            sleep(WITHOUT_RECORDER).await;
        } else {
            let refreshed = timeout(TIMEOUT, refresh(&engine, &mut gauges)).await;
            if let Err(error) = refreshed.unwrap_or(Err(InboxError::Timeout)) {
                tracing::debug!(%error, "the gauges of the inbox were not refreshed");
            }
            sleep(SOON).await;
            let _ = timeout(EVERY.saturating_sub(SOON), endpoints.added()).await;
        }
    }
}

async fn refresh(engine: &Engine, gauges: &mut Gauges) -> Result<(), InboxError> {
    let counts = engine.store.endpoint_counts(NEWEST.into()).await?;
    let paused = engine.store.paused().await?;
    let paused: Vec<_> = paused.iter().map(|pause| &*pause.endpoint).collect();
    gauges.set(counts, &paused, engine.settings.clock.now());
    Ok(())
}
