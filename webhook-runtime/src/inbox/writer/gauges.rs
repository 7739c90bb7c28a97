//! Gauges of what the store holds, which refresh by themselves.

use std::{sync::Arc, time::Duration};

use tokio::time::{sleep, timeout};

use crate::inbox::{NEWEST, error::InboxError, metrics::Gauges, writer::engine::Engine};

/// The interval of refreshes.
const INTERVAL: Duration = Duration::from_secs(15);

/// The shortest interval, for an endpoint that was just added.
const MIN_INTERVAL: Duration = Duration::from_secs(1);

/// The interval of looks for a recorder, without one.
const RECORDER_INTERVAL: Duration = Duration::from_secs(60);

/// The longest time of a refresh.
const TIMEOUT: Duration = Duration::from_secs(10);

/// Refreshes the gauges without end, once the process has stored or run a delivery. It does so without
/// workers too: then they show the backlog of other processes. Without a recorder, the store is not asked.
pub(super) async fn refresh_gauges(engine: Arc<Engine>) {
    let mut gauges = Gauges::default();
    loop {
        let endpoints = engine.counters.endpoints();
        gauges.add(endpoints.names());
        if gauges.is_empty() {
            endpoints.added().await;
        } else if !gauges.have_recorder() {
            sleep(RECORDER_INTERVAL).await;
        } else {
            let refreshed = timeout(TIMEOUT, refresh(&engine, &mut gauges)).await;
            if let Err(error) = refreshed.unwrap_or(Err(InboxError::Timeout)) {
                tracing::debug!(%error, "the gauges of the inbox were not refreshed");
            }
            sleep(MIN_INTERVAL).await;
            let _ = timeout(INTERVAL.saturating_sub(MIN_INTERVAL), endpoints.added()).await;
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
