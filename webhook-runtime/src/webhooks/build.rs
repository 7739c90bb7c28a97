//! Builds the router of the mounted functions, and the handlers behind the inbox.

use std::{any::Any, sync::Arc};

use axum::Router;

use super::Webhooks;
#[cfg(feature = "inbox")]
use crate::webhooks::inbox::InboxHandlers;
use crate::{
    dispatch::{HandlerService, background::ResponseTimeout, in_flight::InFlightLimit},
    endpoint::Endpoint,
    receive::Receiver,
    webhooks::{pipeline::Pipeline, problems::StartError},
};

impl<S: Clone + Send + Sync + 'static, const HAS_STATE: bool> Webhooks<S, HAS_STATE> {
    /// Builds a router of the mounted webhooks, to merge into an axum application or to serve.
    ///
    /// # Errors
    /// Every problem at once: for example missing or blank variables, secrets of the wrong form,
    /// paths that clash or cannot be routed.
    ///
    /// # Panics
    /// As [`Router::merge`](axum::Router::merge) does, if a [merged](Self::merge) route has the path of an
    /// endpoint, or of another merged route.
    #[track_caller]
    pub fn into_router(self) -> Result<Router<S>, StartError> {
        #[cfg(feature = "inbox")]
        {
            let inboxes = self.inboxes.clone();
            let Built { router, inbox_handlers } = self.build()?;
            inbox_handlers.start(&inboxes);
            Ok(router)
        }
        #[cfg(not(feature = "inbox"))]
        Ok(self.build()?.router)
    }

    /// Builds everything, and runs nothing yet.
    #[track_caller]
    pub(crate) fn build(mut self) -> Result<Built<S>, StartError> {
        self.state = self.state_or_unit();
        #[cfg(feature = "inbox")]
        self.override_inbox_options();
        let receivers = self.receivers_or_problems()?;
        #[cfg(feature = "metrics")]
        crate::support::metrics::describe();
        let mut built = Built {
            router: Router::new(),
            #[cfg(feature = "inbox")]
            inbox_handlers: InboxHandlers::default(),
        };
        for (mount, receiver) in self.mounts.iter().zip(receivers) {
            let endpoint = &mount.endpoint;
            let handler = HandlerService::new(endpoint, mount.call);
            let verified_layers = self.verified_layers.of(endpoint);
            let pipeline = Pipeline {
                receiver: Arc::new(receiver),
                response_timeout: self.response_timeout_of(endpoint),
                in_flight: InFlightLimit::of(endpoint),
                #[cfg(feature = "inbox")]
                inbox: self.inboxes.of(endpoint).cloned(),
            };
            let mounted = if verified_layers.is_empty() || endpoint.inbox {
                pipeline.with_handler(handler)
            } else {
                pipeline.with_layered_handler(handler.with_layers(verified_layers.clone()))
            };
            #[cfg(feature = "inbox")]
            if let (Some(inbox), Some(state)) = (self.inboxes.of(endpoint), &self.state) {
                let stored = handler.with_layers(verified_layers);
                built.inbox_handlers.add(inbox, endpoint, stored, state.clone());
            }
            let layers = self.layers.of(endpoint).into_iter();
            let mut route = layers.fold(mounted, |inner, layer| layer(inner));
            if let Some(state) = &self.state {
                // The state is set now, not again for each request: otherwise the services of
                // layers would lose their own state.
                route = route.with_state(state.clone());
            }
            built.router = built.router.route(endpoint.path, route);
        }
        for routes in self.routes {
            built.router = built.router.merge(routes);
        }
        self.health.set_built(
            #[cfg(feature = "inbox")]
            self.inboxes.all(),
        );
        Ok(built)
    }

    /// The state, which is always there if it is `()`.
    pub(super) fn state_or_unit(&self) -> Option<S> {
        let unit: &dyn Any = &();
        self.state.clone().or_else(|| unit.downcast_ref::<S>().cloned())
    }

    fn response_timeout_of(&self, endpoint: &Endpoint) -> Option<ResponseTimeout> {
        let status = endpoint.provider.ack_status();
        let background = self.background_handlers.clone();
        endpoint.respond_within.map(|limit| ResponseTimeout { limit, status, background })
    }

    fn receivers_or_problems(&self) -> Result<Vec<Receiver>, StartError> {
        #[cfg(not(feature = "inbox"))]
        return self.receivers();
        #[cfg(feature = "inbox")]
        match (self.receivers(), self.inbox_problems()) {
            (Ok(receivers), more) if more.is_empty() => Ok(receivers),
            (receivers, more) => {
                let mut problems = receivers.err().map(|error| error.problems).unwrap_or_default();
                problems.extend(more);
                Err(StartError { problems })
            }
        }
    }
}

/// The result of building the webhooks.
pub(crate) struct Built<S> {
    pub(crate) router: Router<S>,
    #[cfg(feature = "inbox")]
    pub(crate) inbox_handlers: InboxHandlers,
}
