//! The threads that run handlers.

use std::{collections::BTreeSet, num::NonZeroUsize, sync::Mutex, time::Duration};

use tokio::{
    io::{AsyncReadExt as _, AsyncWriteExt as _},
    time::timeout,
};
use webhook_runtime::{Delivery, Secret, Webhooks, webhook};

use crate::{
    common::{SECRET, signature},
    server::{PATIENCE, Server, head},
};

static SEEN: Mutex<BTreeSet<String>> = Mutex::new(BTreeSet::new());
static SPAWNED: Mutex<usize> = Mutex::new(0);

#[webhook(path = "/webhook")]
async fn threads(_: &Delivery) -> String {
    // A task that a handler spawns runs to its end, on any thread.
    tokio::spawn(async {
        tokio::time::sleep(Duration::from_millis(500)).await;
        *SPAWNED.lock().expect("nobody panics holding it") += 1;
    });
    std::thread::current().name().unwrap_or("none").to_owned()
}

async fn ask(count: usize, hooks: Webhooks) {
    let server = Server::start(hooks).await;
    let mut open = Vec::new();
    for _ in 0..count {
        let mut stream = server.connect().await;
        let body = b"1";
        let request = [head(1, &signature(body)).as_bytes(), body].concat();
        stream.write_all(&request).await.expect("it takes bytes");
        let mut answer = vec![0; 1024];
        let read = timeout(PATIENCE, stream.read(&mut answer)).await.expect("in time");
        let answer = String::from_utf8_lossy(&answer[..read.expect("it answers")]).into_owned();
        let name = answer.rsplit("\r\n").next().expect("a body").to_owned();
        SEEN.lock().expect("nobody panics holding it").insert(name);
        open.push(stream);
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn connections_are_spread_over_threads() {
    let hooks = || Webhooks::new().mount::<threads>().secrets::<threads>([Secret::new(SECRET)]);
    ask(4, hooks()).await;
    let expected = ["webhooks-0", "webhooks-1"].map(str::to_owned);
    assert_eq!(
        std::mem::take(&mut *SEEN.lock().expect("nobody panics holding it")),
        expected.into()
    );
    ask(3, hooks().worker_threads(NonZeroUsize::new(3).expect("more than none"))).await;
    assert_eq!(std::mem::take(&mut *SEEN.lock().expect("nobody panics holding it")).len(), 3);
    // One thread means the runtime that called `serve`.
    ask(2, hooks().worker_threads(NonZeroUsize::MIN)).await;
    let here = std::mem::take(&mut *SEEN.lock().expect("nobody panics holding it"));
    assert!(here.iter().all(|name| !name.starts_with("webhooks-")), "{here:?}");

    let all_spawned = async {
        while *SPAWNED.lock().expect("nobody panics holding it") < 4 + 3 + 2 {
            tokio::time::sleep(Duration::from_millis(10)).await;
        }
    };
    timeout(PATIENCE, all_spawned).await.expect("they run on after the servers are gone");
}

#[tokio::test]
async fn one_thread_stays_one() {
    let hooks = Webhooks::new().mount::<threads>().secrets::<threads>([Secret::new(SECRET)]);
    let here = std::thread::current().name().unwrap_or_default().to_owned();
    let server = Server::start(hooks).await;
    let mut stream = server.connect().await;
    stream.write_all(&[head(1, &signature(b"1")).as_bytes(), b"1"].concat()).await.expect("bytes");
    let mut answer = vec![0; 1024];
    let read = timeout(PATIENCE, stream.read(&mut answer)).await.expect("in time");
    let answer = String::from_utf8_lossy(&answer[..read.expect("it answers")]).into_owned();
    assert!(answer.ends_with(&here), "{answer}");
}
