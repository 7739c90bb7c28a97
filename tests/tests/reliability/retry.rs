//! A worker is killed during a job, and another one takes the job over.

use std::time::{Duration, SystemTime, UNIX_EPOCH};

use crate::{
    load::Sender,
    number_from_env,
    program::{LEASE, Program, Starting, receiver},
    store::Store,
    up_to,
};

/// The allowed delay between the end of the lease and the next start.
const GRACE: Duration = Duration::from_secs(2);

/// `WEBHOOK_RETRIES` sets a larger number.
pub(crate) async fn retry(store: Store) {
    let rounds = number_from_env("WEBHOOK_RETRIES", 3);
    let mut slowest = Duration::ZERO;
    let mut first = Program::start(&store).await;
    for round in 0..rounds {
        let id = format!("job-{round}");
        // Before its transaction, or inside it.
        let when = if round % 2 == 0 { "before" } else { "within" };
        let body = format!(r#"{{"id":"{id}","{when}":1500}}"#);
        assert_eq!(Sender::default().send(first.address, &body).await.unwrap(), 202);
        store.noted("begun", &id, Some(first.id())).await;
        let second = Starting::spawn(&store, receiver());
        tokio::time::sleep(up_to(Duration::from_secs(1))).await;
        let killed = SystemTime::now().duration_since(UNIX_EPOCH).unwrap();
        first.kill();
        let second = second.ready().await.expect("it starts");
        let begun = store.noted("begun", &id, Some(second.id())).await;
        let waited = Duration::from_millis(begun.at).saturating_sub(killed);
        slowest = slowest.max(waited);
        assert!(waited <= LEASE + GRACE, "{round}, {when}: {waited:?}");
        store.noted("ended", &id, Some(second.id())).await;
        first = second;
    }
    store.wait_until_all_is_finished().await;
    let effects = store.effects().await.len();
    println!("{:?}: {rounds} of {rounds}, at most {slowest:?} after the kill", store.engine);
    assert_eq!(effects, rounds);
}
