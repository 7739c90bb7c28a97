//! `kill -9` while most claims wait for a slot: no delivery counts an attempt that never began, except
//! where a kill falls between the count and the begin of one that is counted before it begins.

use std::{collections::HashMap, time::Duration};

use crate::{load::Sender, number_from_env, program::Program, store::Store, up_to};

/// `WEBHOOK_PREFETCH_KILLS` sets a larger number.
pub(crate) async fn prefetch(store: Store) {
    let kills = number_from_env("WEBHOOK_PREFETCH_KILLS", 3);
    let mut sent = 0;
    for round in 0..kills {
        let program = Program::start(&store).await;
        // Quick ones, so that much is prefetched, and then slow ones, which wait.
        let mut sender = Sender::default();
        for number in 0..120 {
            let before = if number < 60 { 0 } else { 300 };
            let body = format!(r#"{{"id":"{round}-{number}","before":{before}}}"#);
            assert_eq!(sender.send(program.address, &body).await.unwrap(), 202);
            sent += 1;
        }
        tokio::time::sleep(Duration::from_millis(50) + up_to(Duration::from_millis(400))).await;
        program.kill();
    }
    let program = Program::start(&store).await;
    store.wait_until_all_is_finished().await;
    drop(program);
    let mut begun: HashMap<String, u32> = HashMap::new();
    for note in store.notes().into_iter().filter(|note| note.what == "begun") {
        *begun.entry(note.id).or_default() += 1;
    }
    let (mut counted, mut uncounted, mut early) = (0, 0, 0);
    let records = store.records().await;
    assert_eq!(records.len(), sent);
    for (id, record) in records {
        let begun = begun.get(&id).copied().unwrap_or_default();
        // Only what was lost before gets there, so that it has more than one attempt.
        let never_began = record.attempt.saturating_sub(begun);
        let known = never_began == 0 || (never_began == 1 && record.attempt > 1);
        assert!(known, "{id}: {} attempts, {begun} begun", record.attempt);
        early += never_began;
        counted += record.attempt;
        uncounted += begun.saturating_sub(record.attempt);
    }
    assert!(early as usize <= kills, "{early} attempts never began");
    let effects = store.effects().await.len();
    println!(
        "{:?}: {kills} kills, {sent} deliveries, {counted} attempts counted, {uncounted} that had \
         only just begun, {early} that were about to begin",
        store.engine
    );
    assert_eq!(effects, sent);
}
