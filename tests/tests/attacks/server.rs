//! Servers on ports of their own.

use std::{
    net::{Ipv4Addr, SocketAddr},
    sync::{
        Arc,
        atomic::{AtomicUsize, Ordering},
    },
    time::Duration,
};

use axum::{
    Router,
    extract::Request as Asked,
    middleware::{Next, from_fn},
};
use tokio::{
    net::{TcpListener, TcpStream},
    task::{JoinHandle, JoinSet},
    time::{sleep, timeout},
};
use webhook_runtime::Webhooks;

use crate::{
    tally,
    wire::{Answer, Client, PATIENCE, Request, raw},
};

/// A server, stopped when dropped.
pub(crate) struct Server {
    pub(crate) address: SocketAddr,
    task: JoinHandle<()>,
    effects: Arc<AtomicUsize>,
}

impl Server {
    /// Serves webhooks, and counts the calls of their handlers.
    pub(crate) async fn start(hooks: Webhooks) -> Self {
        let any = TcpListener::bind((Ipv4Addr::LOCALHOST, 0)).await.expect("a port");
        let address = any.local_addr().expect("an address");
        drop(any);
        let (hooks, effects) = counted(hooks);
        let task = tokio::spawn(async move { hooks.serve(address).await.expect("it serves") });
        let listens = async {
            while TcpStream::connect(address).await.is_err() {
                sleep(Duration::from_millis(5)).await;
            }
        };
        timeout(PATIENCE, listens).await.expect("it listens");
        Self { address, task, effects }
    }

    /// Serves webhooks inside an application, with axum's own server.
    pub(crate) async fn of_axum(hooks: Webhooks, app: impl FnOnce(Router) -> Router) -> Self {
        let listener = TcpListener::bind((Ipv4Addr::LOCALHOST, 0)).await.expect("a port");
        let address = listener.local_addr().expect("an address");
        let (hooks, effects) = counted(hooks);
        let router = app(hooks.into_router().expect("nothing is wrong with it"));
        let task = tokio::spawn(async move {
            axum::serve(listener, router).await.expect("it serves");
        });
        Self { address, task, effects }
    }

    /// The number of handler calls so far.
    pub(crate) fn effects(&self) -> usize {
        self.effects.load(Ordering::SeqCst)
    }

    pub(crate) fn client(&self) -> Client {
        Client::new(self.address)
    }

    /// Sends a bad input, and asserts that it gets one of these statuses and reaches no handler.
    pub(crate) async fn refuses(
        &self,
        family: &str,
        what: &str,
        request: &Request,
        statuses: &[u16],
    ) -> Answer {
        let before = self.effects();
        let answer = self.client().ask(request).await;
        tally::note(family, what, &answer);
        assert!(statuses.contains(&answer.status), "{family}: {what}: {answer:?}");
        assert_eq!(self.effects(), before, "{family}: {what}: it was handled");
        answer
    }

    /// Sends bytes that are not a valid request, and asserts that no handler runs.
    pub(crate) async fn survives(&self, family: &str, cases: Vec<Vec<u8>>) {
        let before = self.effects();
        let mut cases = cases.into_iter().peekable();
        while cases.peek().is_some() {
            let mut some = JoinSet::new();
            for case in cases.by_ref().take(AT_A_TIME) {
                let address = self.address;
                some.spawn(async move { (raw(address, &case).await, case) });
            }
            while let Some(ended) = some.join_next().await {
                let (answers, case) = ended.expect("no panic");
                let shown = case[..case.len().min(300)].escape_ascii().to_string();
                for answer in &answers {
                    tally::note(family, &shown, answer);
                }
                if answers.is_empty() {
                    tally::note_unanswered(family);
                }
                assert_eq!(self.effects(), before, "{family}: {shown}, or one beside it");
            }
        }
    }
}

/// The number of concurrent connections.
const AT_A_TIME: usize = 16;

impl Drop for Server {
    fn drop(&mut self) {
        self.task.abort();
    }
}

fn counted(hooks: Webhooks) -> (Webhooks, Arc<AtomicUsize>) {
    let effects = Arc::new(AtomicUsize::new(0));
    let counting = Arc::clone(&effects);
    let count = from_fn(move |request: Asked, next: Next| {
        counting.fetch_add(1, Ordering::SeqCst);
        next.run(request)
    });
    (hooks.verified_layer(count), effects)
}
