//! Duplicates sent to several processes at once.

use crate::{load::Sender, number_from_env, program::Program, store::Store};

/// `WEBHOOK_IDS` sets the number of ids, few by default. Each is sent eight times to each of four
/// processes.
pub(crate) async fn copies(store: Store) {
    const COPIES: usize = 8;
    let ids = number_from_env("WEBHOOK_IDS", 100);
    let mut programs = Vec::new();
    for _ in 0..4 {
        programs.push(Program::start(&store).await);
    }
    let mut senders = Vec::new();
    for program in &programs {
        for _ in 0..COPIES {
            let address = program.address;
            senders.push(tokio::spawn(async move {
                let mut sender = Sender::default();
                for id in 0..ids {
                    let status = sender.send(address, &format!(r#"{{"id":"{id}"}}"#)).await;
                    assert_eq!(status.unwrap(), 202, "{id}");
                }
            }));
        }
    }
    let requests = ids * senders.len();
    for sender in senders {
        sender.await.unwrap();
    }
    store.wait_until_all_is_finished().await;
    let rows = store.count("3").await;
    let mut effects = store.effects().await;
    let times = effects.len();
    effects.sort_unstable();
    effects.dedup();
    println!(
        "{:?}: {requests} requests, all answered 2xx, {rows} rows, {times} effects of {} ids",
        store.engine,
        effects.len()
    );
    assert_eq!((rows, times, effects.len()), (i64::try_from(ids).unwrap(), ids, ids));
}
