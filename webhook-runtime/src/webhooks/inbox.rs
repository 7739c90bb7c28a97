//! Webhooks with inboxes: checks them at start, and builds the handlers behind them.

use axum::{Router, routing::MethodRouter};

use crate::{
    endpoint::{Endpoint, EndpointOptions, Webhook},
    inbox::{Inbox, http::run::Runner, worker::JobHandlers},
    verify::Field,
    webhooks::{Webhooks, find_for, problems::StartProblem},
};

/// The inboxes of all endpoints.
#[derive(Clone, Default)]
pub(crate) struct Inboxes {
    /// The inbox of endpoints that have none of their own.
    pub(crate) common: Option<Inbox>,
    pub(crate) own: Vec<(Endpoint, Inbox)>,
    /// Options in code, which override those of the attribute.
    pub(crate) options: Vec<(Endpoint, EndpointOptions)>,
}

impl Inboxes {
    /// The inbox of an endpoint, if it is marked `inbox`.
    pub(crate) fn of(&self, endpoint: &Endpoint) -> Option<&Inbox> {
        let inbox = find_for(&self.own, endpoint).or(self.common.as_ref());
        inbox.filter(|_| endpoint.inbox)
    }

    /// Every inbox once.
    pub(crate) fn all(&self) -> Vec<Inbox> {
        let mut all: Vec<Inbox> = Vec::new();
        for inbox in self.common.iter().chain(self.own.iter().map(|(_, inbox)| inbox)) {
            if !all.iter().any(|known| known.is(inbox)) {
                all.push(inbox.clone());
            }
        }
        all
    }
}

/// The handlers behind each inbox.
#[derive(Default)]
pub(crate) struct InboxHandlers(Vec<(Inbox, JobHandlers)>);

impl InboxHandlers {
    fn of(&mut self, inbox: &Inbox) -> &mut JobHandlers {
        let at = self.0.iter().position(|(known, _)| known.is(inbox)).unwrap_or_else(|| {
            self.0.push((inbox.clone(), JobHandlers::new()));
            self.0.len() - 1
        });
        &mut self.0[at].1
    }

    /// Adds the handler of an endpoint, with the state.
    pub(crate) fn add<S: Clone + Send + Sync + 'static>(
        &mut self,
        inbox: &Inbox,
        endpoint: &Endpoint,
        handler: MethodRouter<S>,
        state: S,
    ) {
        let router = Router::new().route(endpoint.path, handler.clone());
        // What was stored while the endpoint had another path finds its function all the same.
        let router = router.fallback(handler).with_state(state);
        let handlers = self.of(inbox);
        let runner = Runner::new(endpoint.clone(), router);
        *handlers = std::mem::take(handlers).on_mounted(endpoint, runner);
    }

    /// Runs what each inbox has stored, until it is shut down. An inbox without handlers has
    /// workers, too: they see to what is kept too long.
    pub(crate) fn start(mut self, inboxes: &Inboxes) {
        for inbox in inboxes.all() {
            self.of(&inbox);
        }
        for (inbox, handlers) in self.0 {
            inbox.keep_working(handlers);
        }
    }

    /// The inboxes with their handlers.
    #[cfg(feature = "testing")]
    pub(crate) fn iter(&self) -> impl Iterator<Item = &(Inbox, JobHandlers)> {
        self.0.iter()
    }
}

impl<S, const HAS_STATE: bool> Webhooks<S, HAS_STATE> {
    /// Sets the inbox of the endpoints that are marked `inbox`. Their handlers start when the
    /// router is built, and run until [`Inbox::shutdown`], which [`serve`](Webhooks::serve) calls
    /// itself.
    pub fn inbox(mut self, inbox: Inbox) -> Self {
        self.inboxes.common = Some(inbox);
        self
    }

    /// Sets the inbox of one endpoint that is marked `inbox`, instead of [`inbox`](Self::inbox).
    /// Each database has its own thread that commits, and its own disk if you like: so the load is
    /// split.
    ///
    /// What was stored in the old inbox stays there. To move an endpoint, let a program with the old
    /// inbox run without traffic until [`backlog`](Inbox::backlog) no longer lists the endpoint.
    /// Deduplication keys do not move: a delivery that the provider sends again is handled again.
    ///
    /// ```no_run
    /// # use webhook_runtime::{Delivery, Inbox, Webhooks, inbox::InboxError, webhook};
    /// # #[webhook(path = "/orders", secret_env = "ORDERS", inbox)]
    /// # async fn orders(delivery: &Delivery) {}
    /// # #[webhook(path = "/events", secret_env = "EVENTS", inbox)]
    /// # async fn events(delivery: &Delivery) {}
    /// # async fn serve() -> Result<(), Box<dyn std::error::Error>> {
    /// Webhooks::new()
    ///     .mount::<orders>()
    ///     .mount::<events>()
    ///     .inbox(Inbox::open("sqlite://inbox.db").await?)
    ///     .inbox_on::<events>(Inbox::open("sqlite://events.db").await?)
    ///     .serve("127.0.0.1:3000")
    ///     .await?;
    /// # Ok(())
    /// # }
    /// ```
    pub fn inbox_on<H: Webhook<S>>(mut self, inbox: Inbox) -> Self {
        let endpoint = H::endpoint();
        self.inboxes.own.retain(|(known, _)| !known.is(&endpoint));
        self.inboxes.own.push((endpoint, inbox));
        self
    }

    /// Sets options of one endpoint that is marked `inbox`. They override those of its attribute;
    /// what is not set stays.
    ///
    /// ```
    /// use std::time::Duration;
    ///
    /// use webhook_runtime::{
    ///     Delivery, Webhooks,
    ///     inbox::{EndpointOptions, Rate},
    ///     webhook,
    /// };
    ///
    /// #[webhook(path = "/orders", secret_env = "ORDERS", inbox(concurrency = 4, keep = "7d"))]
    /// async fn orders(delivery: &Delivery) {}
    ///
    /// fn hooks(orders_a_second: u32) -> Webhooks {
    ///     let options = EndpointOptions::new().rate(Rate::per_second(orders_a_second));
    ///     Webhooks::new().mount::<orders>().inbox_options::<orders>(options)
    /// }
    /// # let _ = hooks(10);
    /// ```
    pub fn inbox_options<H: Webhook<S>>(mut self, options: EndpointOptions) -> Self {
        let endpoint = H::endpoint();
        self.inboxes.options.retain(|(known, _)| !known.is(&endpoint));
        self.inboxes.options.push((endpoint, options));
        self
    }

    /// Gives each mounted endpoint its options in code.
    pub(crate) fn override_inbox_options(&mut self) {
        for mount in &mut self.mounts {
            if let Some(options) = find_for(&self.inboxes.options, &mount.endpoint) {
                let endpoint = &mut mount.endpoint;
                endpoint.inbox_options = options.or(endpoint.inbox_options);
            }
        }
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
            let impossible = endpoint.inbox_options.problems().map(|(option, problem)| {
                StartProblem::InvalidInboxOption { endpoint: endpoint.function, option, problem }
            });
            problems.extend(impossible);
            // The compiler has checked the attribute, but neither options in code nor a scheme that is
            // code.
            let unsigned = |source: &Field| !endpoint.provider.can_order_by(*source);
            if endpoint.inbox_options.order_by.as_ref().is_some_and(unsigned) {
                problems.push(StartProblem::InvalidInboxOption {
                    endpoint: endpoint.function,
                    option: "order_by",
                    problem: "names a value that the provider does not sign",
                });
            }
            let inbox = self.inboxes.of(endpoint);
            let before = stored[..at]
                .iter()
                .any(|other| other.name == endpoint.name && is_same(self.inboxes.of(other), inbox));
            if before || inbox.is_some_and(|inbox| inbox.is_taken(endpoint)) {
                problems.push(StartProblem::DuplicateName { endpoint: endpoint.name });
            }
        }
        for (endpoint, _) in &self.inboxes.own {
            if !endpoint.inbox {
                problems.push(StartProblem::UnusedInbox { endpoint: endpoint.function });
            }
        }
        for (endpoint, _) in &self.inboxes.options {
            if !endpoint.inbox {
                problems.push(StartProblem::UnusedInboxOptions { endpoint: endpoint.function });
            }
        }
        if !stored.is_empty() && tokio::runtime::Handle::try_current().is_err() {
            problems.push(StartProblem::MissingRuntime);
        }
        problems
    }
}

/// True if both are clones of one inbox, or both are missing.
fn is_same(one: Option<&Inbox>, other: Option<&Inbox>) -> bool {
    match (one, other) {
        (Some(one), Some(other)) => one.is(other),
        (one, other) => one.is_none() && other.is_none(),
    }
}
