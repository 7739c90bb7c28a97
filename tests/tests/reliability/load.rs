//! Senders that record what was acknowledged, and resend the rest.

use std::{
    collections::{BTreeMap, HashMap},
    net::SocketAddr,
    sync::{
        Arc, Mutex,
        atomic::{AtomicBool, AtomicUsize, Ordering},
    },
    time::{Duration, Instant},
};

use tokio::{
    io::{AsyncBufReadExt as _, AsyncReadExt as _, AsyncWriteExt as _, BufReader},
    net::TcpStream,
    sync::watch,
    task::JoinHandle,
};
use webhook_runtime::{Secret, providers::HMAC_SHA256_HEX, scheme::RequestToSign};

use crate::{program::SECRET, store::Store};

/// The provider's timeout for a request.
const PATIENCE: Duration = Duration::from_secs(10);

/// A sender with one connection at a time.
#[derive(Default)]
pub(crate) struct Sender(Option<(SocketAddr, BufReader<TcpStream>)>);

impl Sender {
    /// Sends a signed body, and returns the status.
    pub(crate) async fn send(&mut self, to: SocketAddr, body: &str) -> std::io::Result<u16> {
        let kept = self.0.take().filter(|(address, _)| *address == to);
        let sent = tokio::time::timeout(PATIENCE, async {
            let mut stream = match kept {
                Some((_, stream)) => stream,
                None => BufReader::new(TcpStream::connect(to).await?),
            };
            let status = exchange(&mut stream, body).await?;
            Ok::<_, std::io::Error>((stream, status))
        });
        let (stream, status) = sent.await.map_err(std::io::Error::other)??;
        self.0 = Some((to, stream));
        Ok(status)
    }
}

async fn exchange(stream: &mut BufReader<TcpStream>, body: &str) -> std::io::Result<u16> {
    let signed =
        HMAC_SHA256_HEX.sign(&Secret::new(SECRET), &RequestToSign::new(body.as_bytes())).unwrap();
    let mut request = format!(
        "POST /jobs HTTP/1.1\r\nhost: receiver\r\ncontent-type: application/json\r\n\
         content-length: {}\r\n",
        body.len()
    );
    for (name, value) in &signed.headers {
        request.extend([name.as_str(), ": ", value.to_str().unwrap(), "\r\n"]);
    }
    request += "\r\n";
    request += body;
    stream.write_all(request.as_bytes()).await?;
    let (mut status, mut length) = (None, 0);
    loop {
        let mut line = String::new();
        stream.read_line(&mut line).await?;
        let Some(line) = line.strip_suffix("\r\n") else {
            return Err(std::io::ErrorKind::UnexpectedEof.into());
        };
        if line.is_empty() {
            break;
        }
        if status.is_none() {
            status = line.split(' ').nth(1).and_then(|status| status.parse().ok());
        } else if let Some(said) = line.strip_prefix("content-length: ") {
            length = said.parse().unwrap();
        }
    }
    let mut content = vec![0; length];
    stream.read_exact(&mut content).await?;
    status.ok_or_else(|| std::io::Error::other("no status"))
}

/// An answer to a sender.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Answer {
    pub(crate) asked: Instant,
    pub(crate) had: Instant,
    pub(crate) status: u16,
}

/// The state that all senders share.
#[derive(Default)]
struct Shared {
    stop: AtomicBool,
    acknowledged: AtomicUsize,
    statuses: Mutex<BTreeMap<u16, usize>>,
    /// The recent answers, with their times.
    answers: Mutex<Vec<Answer>>,
}

/// Running senders.
pub(crate) struct Load {
    shared: Arc<Shared>,
    to: watch::Sender<Option<SocketAddr>>,
    senders: Vec<JoinHandle<Vec<String>>>,
}

impl Load {
    /// Starts senders of small deliveries. They wait for an address.
    pub(crate) fn start(connections: usize, most: usize) -> Self {
        Self::of(connections, most, "", 0)
    }

    /// Starts senders of deliveries with this much padding that nothing can compress.
    pub(crate) fn of_noise(connections: usize, prefix: &str, ballast: usize) -> Self {
        let noise = (0..ballast.div_ceil(16)).map(|_| format!("{:016x}", crate::random()));
        Self::with(connections, usize::MAX, prefix, &noise.collect::<String>())
    }

    /// Starts senders of deliveries with this id prefix and this much padding.
    pub(crate) fn of(connections: usize, most: usize, prefix: &str, ballast: usize) -> Self {
        Self::with(connections, most, prefix, &"x".repeat(ballast))
    }

    fn with(connections: usize, most: usize, prefix: &str, ballast: &str) -> Self {
        let shared = Arc::new(Shared::default());
        let to = watch::Sender::new(None);
        let ballast: Arc<str> = ballast.into();
        let senders = (0..connections).map(|sender| {
            let (each, prefix) = (most / connections, format!("{prefix}{sender}-"));
            let (shared, ballast) = (Arc::clone(&shared), Arc::clone(&ballast));
            tokio::spawn(keep_sending(prefix, each, ballast, shared, to.subscribe()))
        });
        let senders = senders.collect();
        Self { shared, to, senders }
    }

    /// Sends to this address from now on.
    pub(crate) fn to(&self, address: Option<SocketAddr>) {
        self.to.send_replace(address);
    }

    pub(crate) fn acknowledged(&self) -> usize {
        self.shared.acknowledged.load(Ordering::Relaxed)
    }

    /// Goes on until so many more are acknowledged, and ends. Whatever happened before, each answer was
    /// 202 or 503, and nothing is lost or doubled. Returns the figures as text.
    pub(crate) async fn ends_right(self, more: usize, store: &Store) -> String {
        self.reach(self.acknowledged() + more).await;
        let statuses = self.statuses();
        let acknowledged = self.stop().await;
        store.wait_until_all_is_finished().await;
        let judged = Judged::by(store, &acknowledged).await;
        assert!(statuses.keys().all(|status| [202, 503].contains(status)), "{statuses:?}");
        assert!(judged.is_right(), "{judged:?}");
        format!("{statuses:?}, {judged:?}")
    }

    /// The number of answers by status.
    pub(crate) fn statuses(&self) -> BTreeMap<u16, usize> {
        self.shared.statuses.lock().unwrap().clone()
    }

    /// The answers since the last call.
    pub(crate) fn take_answers(&self) -> Vec<Answer> {
        std::mem::take(&mut self.shared.answers.lock().unwrap())
    }

    /// Waits for such an answer to a request sent after `since`, and returns how long it took.
    pub(crate) async fn first(&self, since: Instant, is: impl Fn(u16) -> bool) -> Duration {
        loop {
            let first = {
                let answers = self.shared.answers.lock().unwrap();
                answers.iter().find(|one| one.asked >= since && is(one.status)).copied()
            };
            if let Some(answer) = first {
                return answer.had - since;
            }
            assert!(since.elapsed() < Duration::from_secs(60), "no such answer");
            tokio::time::sleep(Duration::from_millis(10)).await;
        }
    }

    /// Waits until this many are acknowledged.
    pub(crate) async fn reach(&self, acknowledged: usize) {
        let (mut last, mut since) = (0, Instant::now());
        loop {
            let now = self.acknowledged();
            if now >= acknowledged {
                return;
            }
            if now > last {
                (last, since) = (now, Instant::now());
            }
            assert!(since.elapsed() < Duration::from_secs(30), "stuck at {now}: {self:?}");
            tokio::time::sleep(Duration::from_millis(2)).await;
        }
    }

    /// Stops the senders, and returns all acknowledged ids.
    pub(crate) async fn stop(self) -> Vec<String> {
        self.shared.stop.store(true, Ordering::Relaxed);
        self.finish().await
    }

    /// Waits until everything is sent, and returns all acknowledged ids.
    pub(crate) async fn finish(mut self) -> Vec<String> {
        let mut acknowledged = Vec::new();
        for sender in std::mem::take(&mut self.senders) {
            acknowledged.extend(sender.await.unwrap());
        }
        acknowledged
    }
}

impl std::fmt::Debug for Load {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Load").field("statuses", &self.statuses()).finish_non_exhaustive()
    }
}

impl Drop for Load {
    fn drop(&mut self) {
        for sender in &self.senders {
            sender.abort();
        }
    }
}

/// Sends one delivery after another, each until it is acknowledged, as a provider does.
async fn keep_sending(
    prefix: String,
    most: usize,
    ballast: Arc<str>,
    shared: Arc<Shared>,
    to: watch::Receiver<Option<SocketAddr>>,
) -> Vec<String> {
    let (mut acknowledged, mut connection) = (Vec::new(), Sender::default());
    for number in 0..most {
        let id = format!("{prefix}{number}");
        let body = format!(r#"{{"id":"{id}","ballast":"{ballast}"}}"#);
        loop {
            if shared.stop.load(Ordering::Relaxed) {
                return acknowledged;
            }
            let address = *to.borrow();
            let asked = Instant::now();
            let sent = match address {
                Some(address) => connection.send(address, &body).await,
                None => Err(std::io::ErrorKind::NotConnected.into()),
            };
            if let Ok(status) = sent {
                *shared.statuses.lock().unwrap().entry(status).or_default() += 1;
                shared.answers.lock().unwrap().push(Answer { asked, had: Instant::now(), status });
                if (200..300).contains(&status) {
                    break;
                }
            }
            tokio::time::sleep(Duration::from_millis(10)).await;
        }
        acknowledged.push(id);
        shared.acknowledged.fetch_add(1, Ordering::Relaxed);
    }
    acknowledged
}

/// The effects of acknowledged deliveries.
#[derive(Debug, PartialEq, Eq)]
pub(crate) struct Judged {
    pub(crate) acknowledged: usize,
    pub(crate) lost: usize,
    pub(crate) doubled: usize,
}

impl Judged {
    /// Compares the senders' ledger with the effects.
    pub(crate) async fn by(store: &Store, acknowledged: &[String]) -> Self {
        let mut times: HashMap<String, usize> = HashMap::new();
        for id in store.effects().await {
            *times.entry(id).or_default() += 1;
        }
        Self {
            acknowledged: acknowledged.len(),
            lost: acknowledged.iter().filter(|id| !times.contains_key(*id)).count(),
            doubled: times.values().filter(|times| **times > 1).count(),
        }
    }

    pub(crate) fn is_right(&self) -> bool {
        self.lost == 0 && self.doubled == 0
    }
}
