//! Peers that keep many connections busy, beside a client from another address.

use std::{
    collections::BTreeMap,
    net::{Ipv4Addr, SocketAddr},
    sync::Arc,
    time::Duration,
};

use tokio::{
    io::{AsyncReadExt as _, AsyncWriteExt as _},
    task::JoinSet,
    time::{Instant, sleep, timeout},
};

use crate::{
    ALONE,
    common::{connect_from, signature, slow::head},
    program::{MIB, Program, number_from_env, p99},
};

/// The time after which a delivery counts as unanswered.
const LOST: Duration = Duration::from_secs(5);

/// The pause between two deliveries of the honest client.
const HONEST_PAUSE: Duration = Duration::from_millis(20);

/// The limit of the 99th percentile, for optimised builds.
const P99: Duration = Duration::from_millis(250);

/// The maximum memory of the server: the default for bodies, and what else it needs.
const MOST_RESIDENT: usize = (256 + 64) * MIB;

/// What a busy connection does, again and again.
#[derive(Clone, Copy, Debug)]
enum Busy {
    /// Asks for a path that does not exist.
    NotFound,
    /// Sends a signature of the right form, whose secret has to be fetched.
    SlowKeys,
    /// Sends half of a body of 2 MiB, and waits.
    HalfBodies,
}

impl Busy {
    const ALL: [Self; 3] = [Self::NotFound, Self::SlowKeys, Self::HalfBodies];

    /// The pause after a response, or before connecting again.
    fn pause(self) -> Duration {
        match self {
            Self::NotFound | Self::SlowKeys => Duration::from_millis(30),
            Self::HalfBodies => Duration::from_secs(1),
        }
    }

    fn request(self, number: usize) -> Vec<u8> {
        let signed = signature(b"another");
        match self {
            Self::NotFound => b"GET /nothing HTTP/1.1\r\nhost: localhost\r\n\r\n".to_vec(),
            Self::SlowKeys => {
                let head = head(1, &signed, "");
                let path = format!("/tenants/slow-{number}");
                [head.replace("/webhook", &path).as_bytes(), b"1"].concat()
            }
            Self::HalfBodies => unfinished(2 * MIB, MIB),
        }
    }

    /// Keeps one connection busy, and opens it again when it is closed.
    async fn keep_at_it(self, server: SocketAddr, from: Ipv4Addr, number: usize) {
        let request = self.request(number);
        loop {
            let Ok(mut stream) = connect_from(from, server).await else {
                sleep(self.pause()).await;
                continue;
            };
            let mut answer = [0; 4096];
            while stream.write_all(&request).await.is_ok() {
                match stream.read(&mut answer).await {
                    Ok(read) if read > 0 => sleep(self.pause()).await,
                    _ => break,
                }
            }
            sleep(self.pause()).await;
        }
    }
}

/// A request with a signature of the right form, of whose body a part is missing.
fn unfinished(length: usize, sent: usize) -> Vec<u8> {
    let mut request = head(length, &signature(b"another"), "").into_bytes();
    request.resize(request.len() + sent, b' ');
    request
}

/// The address of a busy peer. The honest client has 127.0.0.1.
fn address(number: usize) -> Ipv4Addr {
    Ipv4Addr::new(127, 0, 0, u8::try_from(number + 2).expect("few"))
}

/// What became of the honest client's deliveries.
#[derive(Default)]
struct Honest {
    /// The number of responses by status; 0 stands for none.
    statuses: BTreeMap<u16, usize>,
    times: Vec<Duration>,
    /// The most memory that the server had meanwhile.
    most_resident: usize,
}

impl Honest {
    /// Delivers until `end`, on a thread of its own: the busy peers must not keep the client waiting.
    async fn until(end: Instant, server: &Arc<Program>) -> Self {
        let server = Arc::clone(server);
        let deliver = move || {
            let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build();
            runtime.expect("a runtime").block_on(Self::deliver_until(end, &server))
        };
        tokio::task::spawn_blocking(deliver).await.expect("no panic")
    }

    async fn deliver_until(end: Instant, server: &Program) -> Self {
        let mut honest = Self::default();
        while Instant::now() < end {
            let asked = Instant::now();
            let status = timeout(LOST, deliver(server.address)).await.ok().flatten();
            *honest.statuses.entry(status.unwrap_or(0)).or_default() += 1;
            honest.times.push(asked.elapsed());
            honest.most_resident = honest.most_resident.max(server.resident());
            sleep(HONEST_PAUSE).await;
        }
        honest
    }

    /// Prints the figures. Returns them if not every delivery got 200 in time.
    fn problem(self, what: &str) -> Option<String> {
        let p99 = p99(self.times);
        let figures = format!("{what}: {:?}, p99 {p99:?}", self.statuses);
        println!("{figures}");
        let in_time = cfg!(debug_assertions) || p99 <= P99;
        let is_served = self.statuses.keys().all(|status| *status == 200) && in_time;
        (!is_served).then_some(figures)
    }
}

/// Sends a genuine delivery on a new connection, and returns the status if there is a response.
async fn deliver(server: SocketAddr) -> Option<u16> {
    let mut stream = connect_from(Ipv4Addr::LOCALHOST, server).await.ok()?;
    let body = br#"{"n":1}"#;
    let head = head(body.len(), &signature(body), "connection: close\r\n");
    stream.write_all(&[head.as_bytes(), body].concat()).await.ok()?;
    let mut answer = String::new();
    stream.read_to_string(&mut answer).await.ok()?;
    answer.strip_prefix("HTTP/1.1 ")?.get(..3)?.parse().ok()
}

/// `WEBHOOK_BUSY_CONNECTIONS` (950 by default) of `peers` addresses, for `WEBHOOK_BUSY_SECONDS` (2 by
/// default) after a second in which they open.
async fn busy_peers(peers: usize, start: fn() -> Program) {
    let _alone = ALONE.lock().await;
    let count = number_from_env("WEBHOOK_BUSY_CONNECTIONS", 950);
    let seconds = number_from_env("WEBHOOK_BUSY_SECONDS", 2);
    let mut problems = Vec::new();
    for busy in Busy::ALL {
        let server = Arc::new(start());
        let mut all = JoinSet::new();
        for number in 0..count {
            all.spawn(busy.keep_at_it(server.address, address(number % peers), number));
        }
        sleep(Duration::from_secs(1)).await;
        let end = Instant::now() + Duration::from_secs(seconds as u64);
        let honest = Honest::until(end, &server).await;
        all.shutdown().await;
        problems.extend(honest.problem(&format!("{count} connections of {peers}, {busy:?}")));
    }
    assert!(problems.is_empty(), "{problems:#?}");
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn one_busy_address_keeps_nobody_out() {
    busy_peers(1, Program::start).await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn twenty_busy_addresses_keep_nobody_out() {
    busy_peers(20, Program::start).await;
}

/// It has no limit of connections: what holds there is what the endpoints themselves promise.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn one_busy_address_keeps_nobody_out_under_axum() {
    busy_peers(1, Program::start_under_axum).await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn unfinished_bodies_take_no_memory_from_others() {
    let most = unfinished_bodies(Program::start, LOST).await;
    assert!(most <= MOST_RESIDENT, "{} MiB", most / MIB);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn unfinished_bodies_take_no_memory_from_others_under_axum() {
    // The buffers of its connections, which nobody counts, take more than the bodies.
    unfinished_bodies(Program::start_under_axum, LOST).await;
}

/// The memory that one body gives back has to fit the next one, of another size.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn bodies_that_come_and_go_take_no_more_memory() {
    let most = unfinished_bodies(Program::start, Duration::from_millis(300)).await;
    assert!(most <= MOST_RESIDENT, "{} MiB", most / MIB);
}

/// One peer sends half of a body of 2 MiB on each of `WEBHOOK_UNFINISHED` connections (300 by default),
/// which is more than all bodies may take together, and finishes none, for `WEBHOOK_BUSY_SECONDS` (2 by
/// default). It gives each up after `kept`. Returns the most memory that the server had.
async fn unfinished_bodies(start: fn() -> Program, kept: Duration) -> usize {
    let _alone = ALONE.lock().await;
    let count = number_from_env("WEBHOOK_UNFINISHED", 300);
    let seconds = number_from_env("WEBHOOK_BUSY_SECONDS", 2);
    let server = Arc::new(start());
    let sizes = if kept < LOST { 7 } else { 1 };
    let requests: Vec<_> =
        (1..=sizes).map(|part| Arc::new(unfinished(2 * MIB, 2 * MIB / (part + 1)))).collect();
    let mut all = JoinSet::new();
    for number in 0..count {
        let (server, requests) = (Arc::clone(&server), requests.clone());
        all.spawn(async move {
            for request in requests.iter().cycle().skip(number) {
                if let Ok(mut stream) = connect_from(address(0), server.address).await
                    && stream.write_all(request).await.is_ok()
                {
                    let _ = timeout(kept, stream.read(&mut [0; 1024])).await;
                }
                sleep(kept / 10).await;
            }
        });
    }
    sleep(Duration::from_secs(1)).await;
    let end = Instant::now() + Duration::from_secs(seconds as u64);
    let honest = Honest::until(end, &server).await;
    all.shutdown().await;
    let most = honest.most_resident;
    println!("{count} halves of bodies of 2 MiB: {} MiB resident", most / MIB);
    let problem = honest.problem("unfinished bodies");
    assert!(problem.is_none(), "{problem:?}");
    most
}
