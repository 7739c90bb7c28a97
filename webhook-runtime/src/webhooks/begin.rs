//! Webhooks with an inbox: checks at start, and the handlers that run behind it.

use axum::{Router, routing::MethodRouter};

use crate::{
    endpoint::Endpoint,
    inbox::{Inbox, http::run::Runner, worker::JobHandlers},
    webhooks::{Webhooks, start::StartProblem},
};

impl<S> Webhooks<S> {
    /// Sets the inbox of the endpoints that are marked `inbox`. Their handlers run after the router
    /// is built, until [`Inbox::shutdown`]; [`serve`](Webhooks::serve) calls it when it stops.
    pub fn inbox(mut self, inbox: Inbox) -> Self {
        self.inbox = Some(inbox);
        self
    }
}

impl<S: Clone + Send + Sync + 'static> Webhooks<S> {
    /// The problems of endpoints that are marked `inbox`.
    pub(crate) fn inbox_problems(&self) -> Vec<StartProblem> {
        let mut problems = Vec::new();
        let stored: Vec<&Endpoint> = self.endpoints().filter(|endpoint| endpoint.inbox).collect();
        for (at, endpoint) in stored.iter().enumerate() {
            let name = endpoint.name;
            if self.state.is_none() {
                problems.push(StartProblem::MissingState { endpoint: name });
            }
            if stored[..at].iter().any(|other| other.name == name) {
                problems.push(StartProblem::DuplicateName { endpoint: name });
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
    pub(crate) fn with<S: Clone + Send + Sync + 'static>(
        self,
        endpoint: &Endpoint,
        handler: MethodRouter<S>,
        state: S,
    ) -> Self {
        let router = Router::new().route(endpoint.path, handler).with_state(state);
        self.on(endpoint.name, Runner { endpoint: endpoint.clone(), router })
    }
}
