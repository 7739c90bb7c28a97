//! Webhooks with an inbox: checks them at start, and builds the handlers behind the inbox.

use axum::{Router, routing::MethodRouter};

use crate::{
    endpoint::Endpoint,
    inbox::{Inbox, http::run::Runner, worker::JobHandlers},
    webhooks::{Webhooks, problems::StartProblem},
};

impl<S, const HAS_STATE: bool> Webhooks<S, HAS_STATE> {
    /// Sets the inbox of the endpoints that are marked `inbox`. Their handlers start when the
    /// router is built, and run until [`Inbox::shutdown`], which [`serve`](Webhooks::serve) calls
    /// itself.
    pub fn inbox(mut self, inbox: Inbox) -> Self {
        self.inbox = Some(inbox);
        self
    }
}

impl<S: Clone + Send + Sync + 'static, const HAS_STATE: bool> Webhooks<S, HAS_STATE> {
    /// The problems of endpoints that are marked `inbox`.
    pub(crate) fn inbox_problems(&self) -> Vec<StartProblem> {
        let mut problems = Vec::new();
        let stored: Vec<&Endpoint> = self.endpoints().filter(|endpoint| endpoint.inbox).collect();
        for (at, endpoint) in stored.iter().enumerate() {
            if self.state.is_none() {
                problems.push(StartProblem::MissingState { endpoint: endpoint.function });
            }
            let before = stored[..at].iter().any(|other| other.name == endpoint.name);
            let elsewhere = self.inbox.as_ref().is_some_and(|inbox| inbox.is_taken(endpoint));
            if before || elsewhere {
                problems.push(StartProblem::DuplicateName { endpoint: endpoint.name });
            }
        }
        if !stored.is_empty() && tokio::runtime::Handle::try_current().is_err() {
            problems.push(StartProblem::MissingRuntime);
        }
        problems
    }
}

impl JobHandlers {
    /// Adds the endpoint's handler, with the state.
    pub(crate) fn on_endpoint<S: Clone + Send + Sync + 'static>(
        self,
        endpoint: &Endpoint,
        handler: MethodRouter<S>,
        state: S,
    ) -> Self {
        let router = Router::new().route(endpoint.path, handler.clone());
        // What was stored while the endpoint had another path finds its function all the same.
        let router = router.fallback(handler).with_state(state);
        self.on_mounted(endpoint, Runner::new(endpoint.clone(), router))
    }
}
