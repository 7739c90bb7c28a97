//! One of the programs that are compared, in a process of its own.

use std::{
    env,
    io::{BufRead as _, Write as _},
    path::Path,
    sync::Arc,
    time::{Duration, SystemTime},
};

use axum::Router;
use tokio::runtime::Handle;
use webhook_benches::SECRET;
use webhook_runtime::{Inbox, Secret, Webhooks, inbox::NewDelivery};

use crate::floor::Floor;

/// Where deliveries are stored.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Store {
    /// Nowhere: the function runs before the answer.
    None,
    /// At the end of a file.
    Floor,
    Sqlite,
    Postgres,
}

impl Store {
    const ALL: [Self; 4] = [Self::None, Self::Floor, Self::Sqlite, Self::Postgres];

    pub(crate) const fn name(self) -> &'static str {
        match self {
            Self::None => "without a store",
            Self::Floor => "append and fdatasync",
            Self::Sqlite => "sqlite",
            Self::Postgres => "postgres",
        }
    }
}

/// What a process does.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Program {
    pub(crate) store: Store,
    /// Commits each delivery on its own.
    pub(crate) one_each: bool,
    /// Runs what is stored, too.
    pub(crate) draining: bool,
    /// How many deliveries wait in it from the beginning.
    pub(crate) backlog: u64,
}

/// What a process is asked: how its database finds what is due, or how many deliveries it has run.
pub(crate) const PLAN: &str = "plan";
pub(crate) const DONE: &str = "done";

/// The first argument of a process that serves.
const SERVE: &str = "serve";

impl Program {
    pub(crate) fn new(store: Store) -> Self {
        Self { store, one_each: false, draining: false, backlog: 0 }
    }

    pub(crate) fn name(&self) -> String {
        let mut name = self.store.name().to_owned();
        for (is, words) in [
            (self.one_each, ", one each"),
            (self.draining, ", draining"),
            (self.backlog > 0, ", backlog"),
        ] {
            name.push_str(if is { words } else { "" });
        }
        name
    }

    /// The arguments of the process that is this program.
    pub(crate) fn arguments(&self) -> Vec<String> {
        let flag = |is: bool| u8::from(is).to_string();
        vec![
            SERVE.to_owned(),
            self.store.name().to_owned(),
            flag(self.one_each),
            flag(self.draining),
            self.backlog.to_string(),
        ]
    }

    pub(crate) fn from_arguments(arguments: &[String]) -> Option<Self> {
        let [serve, store, one_each, draining, backlog, ..] = arguments else { return None };
        let store = Store::ALL.into_iter().find(|one| one.name() == *store)?;
        let (one_each, draining) = (one_each == "1", draining == "1");
        let program = Self { store, one_each, draining, backlog: backlog.parse().ok()? };
        (serve == SERVE).then_some(program)
    }

    /// Serves until standard input ends, and says there what it is asked.
    pub(crate) fn serve(self) {
        let runtime = tokio::runtime::Builder::new_multi_thread()
            .enable_all()
            .build()
            .expect("the runtime starts");
        let (inbox, port) = runtime.block_on(self.start());
        println!("{port}");
        answer_questions(runtime.handle(), inbox.as_ref());
    }

    async fn start(self) -> (Option<Inbox>, u16) {
        let inbox = self.inbox().await;
        if let Some(inbox) = &inbox {
            fill(inbox, self.backlog).await;
        }
        let router = match &inbox {
            Some(inbox) => stored(inbox.clone()),
            None => not_stored(),
        };
        if let Some(inbox) = inbox.as_ref().filter(|_| !self.draining) {
            inbox.shutdown(Duration::from_secs(1)).await;
        }
        let listener = tokio::net::TcpListener::bind("127.0.0.1:0").await.expect("a free port");
        let port = listener.local_addr().expect("it is bound").port();
        tokio::spawn(async move { axum::serve(listener, router).await });
        (inbox, port)
    }

    async fn inbox(self) -> Option<Inbox> {
        let url = env::var("DATABASE_URL").unwrap_or_default();
        let builder = Inbox::builder(&url);
        let builder = if self.one_each { builder.max_group_commit(1, usize::MAX) } else { builder };
        let inbox = match self.store {
            Store::None => return None,
            Store::Floor => builder.open_with_store(Arc::new(Floor::open(Path::new(&url)))),
            Store::Sqlite | Store::Postgres => builder.open().await,
        };
        Some(inbox.expect("the inbox opens"))
    }
}

fn answer_questions(runtime: &Handle, inbox: Option<&Inbox>) {
    for question in std::io::stdin().lock().lines().map_while(Result::ok) {
        let mut answer = String::new();
        if let Some(inbox) = inbox {
            let asked = async {
                if question == PLAN {
                    let endpoints = ["commit_comment".to_owned()];
                    return inbox.store().explain(&endpoints).await.expect("it has plans");
                }
                let counts = inbox.stats().await.expect("the store counts");
                // The backlog is no payload of the function, and dies.
                (counts.completed + counts.dead_lettered).to_string()
            };
            answer = runtime.block_on(asked);
        }
        // The end of an answer is an empty line.
        println!("{}\n", answer.trim_end());
        let _ = std::io::stdout().flush();
    }
}

/// What waits before the first request comes. Its bodies are small, for the disk's sake: they are
/// in a table of their own, which nobody looks at who wants to know what is due.
async fn fill(inbox: &Inbox, rows: u64) {
    const AT_A_TIME: u64 = 2000;
    let body = [b' '; 256];
    let now = SystemTime::now();
    for from in (0..rows).step_by(usize::try_from(AT_A_TIME).expect("small")) {
        let batch: Vec<_> = (from..rows.min(from + AT_A_TIME))
            .map(|n| {
                let (endpoint, key) = ("commit_comment", n.to_be_bytes().to_vec());
                NewDelivery::new(endpoint, "github", key, body.to_vec(), now)
            })
            .collect();
        inbox.store().enqueue(&batch).await.expect("the store stores");
    }
}

fn stored(inbox: Inbox) -> Router {
    use stored::commit_comment;
    Webhooks::new()
        .mount::<commit_comment>()
        .secrets::<commit_comment>([Secret::new(SECRET)])
        .inbox(inbox)
        .with_state(())
        .into_router()
        .expect("nothing is wrong with the endpoint")
}

fn not_stored() -> Router {
    use not_stored::commit_comment;
    Webhooks::new()
        .mount::<commit_comment>()
        .secrets::<commit_comment>([Secret::new(SECRET)])
        .into_router()
        .expect("nothing is wrong with the endpoint")
}

mod stored {
    use webhook_benches::payload::{Comment, Text, handled};
    use webhook_runtime::{providers::GITHUB, webhook};

    #[webhook(path = "/commit_comment", provider = GITHUB, inbox)]
    pub(super) async fn commit_comment(payload: Comment<Text<'_>>) -> &'static str {
        handled(&payload)
    }
}

mod not_stored {
    use webhook_benches::payload::{Comment, Text, handled};
    use webhook_runtime::{providers::GITHUB, webhook};

    #[webhook(path = "/commit_comment", provider = GITHUB)]
    pub(super) async fn commit_comment(payload: Comment<Text<'_>>) -> &'static str {
        handled(&payload)
    }
}
