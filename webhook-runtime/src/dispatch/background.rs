//! Handlers that receiver longer than their sender waits: answered without, and run to their end.

use std::{
    sync::{
        Arc,
        atomic::{AtomicBool, Ordering},
    },
    time::Duration,
};

use axum::response::{IntoResponse, Response};
use http::StatusCode;
use tokio::sync::{oneshot, watch};
use tracing::Instrument as _;

use crate::{delivery::Rejection, endpoint::HandlerFuture};

/// The running handlers of endpoints with `respond_within`, before and after their answer.
///
/// [`Webhooks::serve`](crate::Webhooks::serve) waits for them when it is asked to stop. A program
/// with a server of its own takes this from
/// [`Webhooks::background_handlers`](crate::Webhooks::background_handlers), and waits for
/// [`wait`](Self::wait) after its server has ended.
#[derive(Clone, Debug)]
pub struct BackgroundHandlers {
    running: Arc<watch::Sender<usize>>,
    max: usize,
}

impl BackgroundHandlers {
    pub(crate) fn new(max: usize) -> Self {
        Self { running: Arc::new(watch::Sender::new(0)), max }
    }

    /// How many are running.
    #[must_use]
    pub fn running(&self) -> usize {
        *self.running.borrow()
    }

    /// Waits until none is running. Give it a limit of time: a handler may never end.
    pub async fn wait(&self) {
        // It fails only without a sender, and one is in `self`.
        let _ = self.running.subscribe().wait_for(|running| *running == 0).await;
    }
}

/// How long the answer of an endpoint may wait for its handler.
#[derive(Clone)]
pub(crate) struct ResponseTimeout {
    pub(crate) limit: Duration,
    /// The status of the answer that does not wait any longer.
    pub(crate) status: u16,
    pub(crate) background: BackgroundHandlers,
}

impl ResponseTimeout {
    /// The handler's own answer, if it comes in time. The handler runs on in any case, also when
    /// nobody waits for the answer any more.
    pub(crate) async fn respond(self, handler: HandlerFuture) -> Response {
        let Self { limit, status, background } = self;
        let Some(running) = RunningHandler::new(&background) else {
            tracing::error!(max = background.max, "too many handlers are running");
            return Rejection::Overloaded.into_response();
        };
        let answered = Arc::new(AtomicBool::new(false));
        let is_answered = Arc::clone(&answered);
        let (sender, mut receiver) = oneshot::channel();
        let run = async move {
            let response = handler.await;
            if let Err(response) = sender.send(response) {
                record_late_result(response.status(), is_answered.load(Ordering::Acquire));
            }
            // Last, so that whoever waits for it can end the program.
            drop(running);
        };
        tokio::spawn(run.in_current_span());
        match tokio::time::timeout(limit, &mut receiver).await {
            Ok(Ok(response)) => return response,
            // The runtime is being shut down, and its tasks with it.
            Ok(Err(_)) => return Rejection::Unavailable.into_response(),
            Err(_) => {}
        }
        answered.store(true, Ordering::Release);
        receiver.close();
        if let Ok(response) = receiver.try_recv() {
            return response;
        }
        tracing::info!(?limit, "answered before the handler is done");
        StatusCode::from_u16(status).unwrap_or(StatusCode::ACCEPTED).into_response()
    }
}

/// One running handler, counted until this is dropped: however it ends.
struct RunningHandler(BackgroundHandlers);

impl RunningHandler {
    /// `None` if too many are running.
    fn new(all: &BackgroundHandlers) -> Option<Self> {
        let has_room = all.running.send_if_modified(|running| {
            let has_room = *running < all.max;
            *running += usize::from(has_room);
            has_room
        });
        has_room.then(|| Self(all.clone()))
    }
}

impl Drop for RunningHandler {
    fn drop(&mut self) {
        self.0.running.send_modify(|running| *running -= 1);
    }
}

/// Tells how a handler ended that nobody waited for: its sender takes the delivery for done, or, not
/// having been answered, may send it again, or not.
fn record_late_result(status: StatusCode, answered: bool) {
    let is_fine = status.is_success();
    let status = status.as_u16();
    match (is_fine, answered) {
        (true, _) => tracing::info!(status, "the handler is done, and nobody waited for it"),
        (false, true) => {
            tracing::error!(status, "the handler failed after its answer: the delivery is lost");
        }
        (false, false) => {
            tracing::warn!(status, "the handler failed, and the sender had hung up");
        }
    }
}
