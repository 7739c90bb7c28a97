//! One of the programs that are compared, in a process of its own.

use std::{
    env,
    io::{BufRead as _, Write as _},
    path::Path,
    sync::{
        Arc,
        atomic::{AtomicU64, Ordering},
    },
    time::{Duration, SystemTime},
};

use axum::Router;
use webhook_runtime::{Inbox, inbox::NewDelivery};

use crate::{effects, endpoints, floor::Floor};

/// Where deliveries are stored.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Store {
    /// Nowhere: the function runs before the answer.
    None,
    /// At the end of a file.
    Floor,
    /// In an SQLite file, by a loop that commits one effect at a time. Nothing is received.
    Loop,
    Sqlite,
    Postgres,
}

impl Store {
    const ALL: [Self; 5] = [Self::None, Self::Floor, Self::Loop, Self::Sqlite, Self::Postgres];

    pub(crate) const fn name(self) -> &'static str {
        match self {
            Self::None => "without a store",
            Self::Floor => "append and fdatasync",
            Self::Loop => "one commit each, a loop",
            Self::Sqlite => "sqlite",
            Self::Postgres => "postgres",
        }
    }
}

/// What a process does.
#[expect(clippy::struct_excessive_bools, reason = "each is a choice of its own")]
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Program {
    pub(crate) store: Store,
    /// Commits each delivery on its own.
    pub(crate) one_each: bool,
    /// Runs what is stored, too.
    pub(crate) draining: bool,
    /// The function writes through `Tx`.
    pub(crate) tx: bool,
    /// Half of the deliveries go to a second endpoint, with an inbox of its own.
    pub(crate) two_inboxes: bool,
    /// It is that of another commit.
    pub(crate) before: bool,
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
        let (draining, tx, two_inboxes, before) = (false, false, false, false);
        Self { store, one_each: false, draining, tx, two_inboxes, before, backlog: 0 }
    }

    pub(crate) fn name(&self) -> String {
        let mut name = self.store.name().to_owned();
        for (is, words) in [
            (self.one_each, ", one each"),
            (self.draining, ", draining"),
            (self.tx, ", Tx"),
            (self.two_inboxes, ", two inboxes"),
            (self.before, ", before"),
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
            flag(self.tx),
            flag(self.two_inboxes),
        ]
    }

    pub(crate) fn from_arguments(arguments: &[String]) -> Option<Self> {
        let [serve, store, one_each, draining, backlog, tx, two_inboxes, ..] = arguments else {
            return None;
        };
        let store = Store::ALL.into_iter().find(|one| one.name() == *store)?;
        let is = |flag: &str| flag == "1";
        let program = Self {
            one_each: is(one_each),
            draining: is(draining),
            backlog: backlog.parse().ok()?,
            tx: is(tx),
            two_inboxes: is(two_inboxes),
            ..Self::new(store)
        };
        (serve == SERVE).then_some(program)
    }

    /// Serves until standard input ends, and answers its questions on standard output.
    pub(crate) fn serve(self) {
        let runtime = tokio::runtime::Builder::new_multi_thread()
            .enable_all()
            .build()
            .expect("the runtime starts");
        if self.store == Store::Loop {
            let count = Arc::new(AtomicU64::new(0));
            runtime.spawn(effects::commit_in_a_loop(database_url(), Arc::clone(&count)));
            println!("0");
            answer_questions(|question| match question {
                DONE => count.load(Ordering::Relaxed).to_string(),
                _ => String::new(),
            });
            return;
        }
        let (inboxes, port) = runtime.block_on(self.start());
        println!("{port}");
        answer_questions(|question| runtime.block_on(answer(&inboxes, question)));
    }

    async fn start(self) -> (Vec<Inbox>, u16) {
        let mut inboxes = Vec::new();
        if self.store != Store::None {
            inboxes.push(self.inbox(&database_url()).await);
            fill(&inboxes[0], self.backlog).await;
        }
        if self.tx {
            effects::create_table(&database_url()).await;
        }
        if self.two_inboxes {
            inboxes.push(self.inbox(&format!("{}-second", database_url())).await);
        }
        let router = self.router(&inboxes);
        if !self.draining {
            for inbox in &inboxes {
                inbox.shutdown(Duration::from_secs(1)).await;
            }
        }
        let listener = tokio::net::TcpListener::bind("127.0.0.1:0").await.expect("a free port");
        let port = listener.local_addr().expect("it is bound").port();
        tokio::spawn(async move { axum::serve(listener, router).await });
        (inboxes, port)
    }

    async fn inbox(self, url: &str) -> Inbox {
        let builder = Inbox::builder(url);
        let builder = if self.one_each { builder.max_group_commit(1, usize::MAX) } else { builder };
        let inbox = match self.store {
            Store::Floor => builder.open_with_store(Arc::new(Floor::open(Path::new(url)))),
            _ => builder.open().await,
        };
        inbox.expect("the inbox opens")
    }

    fn router(self, inboxes: &[Inbox]) -> Router {
        let hooks = match (inboxes, self.tx, self.store) {
            ([], ..) => endpoints::not_stored(),
            ([inbox], true, Store::Postgres) => endpoints::tx_of_postgres(inbox.clone()),
            ([inbox], true, _) => endpoints::tx_of_sqlite(inbox.clone()),
            ([inbox], ..) => endpoints::stored(inbox.clone()),
            ([inbox, second, ..], ..) => endpoints::two(inbox.clone(), second.clone()),
        };
        hooks.with_state(()).into_router().expect("nothing is wrong with the endpoint")
    }
}

fn database_url() -> String {
    env::var("DATABASE_URL").unwrap_or_default()
}

async fn answer(inboxes: &[Inbox], question: &str) -> String {
    if let (PLAN, Some(inbox)) = (question, inboxes.first()) {
        let endpoints = ["commit_comment".to_owned()];
        return inbox.store().explain(&endpoints).await.expect("it has plans");
    }
    let mut count = 0;
    for inbox in inboxes {
        let counts = inbox.stats().await.expect("the store counts");
        // The backlog is no payload of the function, and dies.
        count += counts.completed + counts.dead_lettered;
    }
    count.to_string()
}

fn answer_questions(answer: impl Fn(&str) -> String) {
    for question in std::io::stdin().lock().lines().map_while(Result::ok) {
        // The end of an answer is an empty line.
        println!("{}\n", answer(&question).trim_end());
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
