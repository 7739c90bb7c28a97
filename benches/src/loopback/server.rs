//! A router, served by a process of its own.

use std::{
    fs,
    io::{BufRead as _, BufReader, Read as _},
    path::Path,
    process::{Child, Command, Stdio},
    time::Duration,
};

use axum::Router;

use super::client::Slice;

/// A running server. It ends with its standard input, so it never outlives the benchmark.
#[derive(Debug)]
pub struct Server {
    /// Where it listens.
    pub port: u16,
    process: Child,
}

impl Server {
    /// Starts this program again with this argument, which has it [`serve`].
    ///
    /// # Panics
    /// When it does not.
    #[must_use]
    pub fn start(argument: &str) -> Self {
        let this = std::env::current_exe().expect("this program has a path");
        Self::start_program(&this, argument)
    }

    /// The same with another program.
    ///
    /// # Panics
    /// When it does not.
    #[must_use]
    pub fn start_program(program: &Path, argument: &str) -> Self {
        let mut process = Command::new(program)
            .arg(argument)
            .stdin(Stdio::piped())
            .stdout(Stdio::piped())
            .spawn()
            .expect("the server starts");
        let mut port = String::new();
        let out = process.stdout.take().expect("it is piped");
        BufReader::new(out).read_line(&mut port).expect("the server says its port");
        Self { port: port.trim().parse().expect("a port"), process }
    }

    /// Adds the processor time that the server spent meanwhile.
    pub fn measured(&self, drive: impl FnOnce() -> Slice) -> Slice {
        let before = self.processor_time();
        let mut slice = drive();
        slice.processor_time = self.processor_time().saturating_sub(before);
        slice
    }

    /// The processor time of all threads, as Linux tells it; nothing elsewhere.
    fn processor_time(&self) -> Duration {
        let threads = fs::read_dir(format!("/proc/{}/task", self.process.id()));
        let of_thread = |thread: std::io::Result<fs::DirEntry>| {
            let text = fs::read_to_string(thread.ok()?.path().join("schedstat")).ok()?;
            text.split(' ').next()?.parse::<u64>().ok()
        };
        Duration::from_nanos(threads.into_iter().flatten().filter_map(of_thread).sum())
    }
}

impl Drop for Server {
    fn drop(&mut self) {
        let _ = self.process.kill();
        let _ = self.process.wait();
    }
}

/// Serves a router until standard input ends. One thread serves, so that another processor is left to
/// the client on the smallest machine.
///
/// # Panics
/// When nothing can be served.
pub fn serve(router: Router) {
    let runtime = tokio::runtime::Builder::new_multi_thread()
        .worker_threads(1)
        .enable_all()
        .build()
        .expect("the runtime starts");
    runtime.spawn(async move {
        let listener = tokio::net::TcpListener::bind("127.0.0.1:0").await.expect("a free port");
        println!("{}", listener.local_addr().expect("it is bound").port());
        axum::serve(listener, router).await
    });
    let _ = std::io::stdin().read_to_end(&mut Vec::new());
}
