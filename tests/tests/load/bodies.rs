//! Endless bodies with forged signatures.

use std::time::Duration;

use tokio::{io::AsyncWriteExt as _, task::JoinSet, time::timeout};

use crate::{
    ALONE,
    common::signature,
    program::{MIB, PATIENCE, Program, number_from_env},
};

const CONNECTIONS: usize = 64;

/// The default body limit.
const MAX_BODY: usize = 2 * MIB;

/// Sends `WEBHOOK_BODY_MIB` on each connection, 8 by default.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn endless_bodies_stay_within_the_memory_limit() {
    let _alone = ALONE.lock().await;
    let mib = number_from_env("WEBHOOK_BODY_MIB", 8);
    let server = Program::start();
    server.deliver(b"1").await;
    let before = server.resident();
    let mut all = JoinSet::new();
    for _ in 0..CONNECTIONS {
        let mut stream = server.connect().await;
        all.spawn(async move {
            let signed = signature(b"another");
            let head = format!(
                "POST /webhook HTTP/1.1\r\nhost: localhost\r\ntransfer-encoding: chunked\r\n\
                 x-signature: {signed}\r\n\r\n"
            );
            stream.write_all(head.as_bytes()).await.expect("it takes bytes");
            let mut chunk = b"10000\r\n".to_vec();
            chunk.resize(chunk.len() + 0x10000, b' ');
            chunk.extend_from_slice(b"\r\n");
            for sent in 0..mib * 16 {
                if stream.write_all(&chunk).await.is_err() {
                    return sent / 16;
                }
            }
            mib
        });
    }
    let (mut most, mut taken) = (0, 0);
    while !all.is_empty() {
        most = most.max(server.resident());
        if let Ok(Some(sent)) = timeout(Duration::from_millis(5), all.join_next()).await {
            taken = taken.max(sent.expect("no panic"));
        }
    }
    assert_eq!(timeout(PATIENCE, server.deliver(b"1")).await.expect("in time").0, 200);
    let grown = most.saturating_sub(before);
    println!(
        "{CONNECTIONS} bodies of {mib} MiB: at most {taken} MiB sent of one, {} MiB resident",
        grown / MIB
    );
    assert!(grown <= CONNECTIONS * MAX_BODY + 64 * MIB, "{grown}");
}
