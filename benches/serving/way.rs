//! What is compared.

use std::{
    io::Read as _,
    net::{Ipv4Addr, TcpListener},
    num::NonZeroUsize,
};

use tokio::runtime::{Builder, Runtime};
use webhook_benches::{Variant, hooks};
use webhook_runtime::Listener;

/// How many threads answer.
pub(crate) const THREADS: usize = 2;

/// One way to serve the endpoints.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Way {
    /// The router of the endpoints, by axum's own server: no limit of any kind.
    Axum,
    /// `Webhooks::serve` on one runtime of more threads.
    OneRuntime,
    /// `Webhooks::serve` as it is: a thread a core, each with its runtime.
    RuntimePerCore,
    /// actix-web, with endpoints that are written by hand.
    #[cfg(feature = "actix")]
    Actix,
}

impl Way {
    /// All of them.
    pub(crate) const ALL: &[Self] = &[
        Self::Axum,
        Self::OneRuntime,
        Self::RuntimePerCore,
        #[cfg(feature = "actix")]
        Self::Actix,
    ];

    pub(crate) const fn name(self) -> &'static str {
        match self {
            Self::Axum => "axum::serve",
            Self::OneRuntime => "serve, one runtime",
            Self::RuntimePerCore => "serve, a runtime a core",
            #[cfg(feature = "actix")]
            Self::Actix => "actix-web by hand",
        }
    }

    pub(crate) fn named(name: &str) -> Option<Self> {
        Self::ALL.iter().copied().find(|way| way.name() == name)
    }

    /// Serves, having said its port, until standard input ends.
    pub(crate) fn serve(self) {
        let listener = TcpListener::bind((Ipv4Addr::LOCALHOST, 0)).expect("a free port");
        println!("{}", listener.local_addr().expect("it is bound").port());
        let serving = std::thread::spawn(move || self.run(listener));
        let _ = std::io::stdin().read_to_end(&mut Vec::new());
        // What serves would serve for ever.
        drop(serving);
    }

    fn run(self, listener: TcpListener) {
        match self {
            Self::Axum => runtime().block_on(async {
                listener.set_nonblocking(true).expect("a socket can do that");
                let listener = tokio::net::TcpListener::from_std(listener).expect("a socket");
                let router = Variant::Generated.router();
                axum::serve(listener, router).await.expect("it serves");
            }),
            Self::OneRuntime => ours(listener, NonZeroUsize::MIN),
            Self::RuntimePerCore => {
                ours(listener, NonZeroUsize::new(THREADS).expect("there are some"));
            }
            #[cfg(feature = "actix")]
            Self::Actix => crate::actix::serve(listener),
        }
    }
}

fn ours(listener: TcpListener, threads: NonZeroUsize) {
    runtime().block_on(async {
        let listener = Listener::try_from(listener).expect("a socket");
        hooks().worker_threads(threads).serve_on([listener]).await.expect("it serves");
    });
}

fn runtime() -> Runtime {
    Builder::new_multi_thread()
        .worker_threads(THREADS)
        .enable_all()
        .build()
        .expect("the runtime starts")
}
