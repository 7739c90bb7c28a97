//! A job that ends its process every time it runs.

use std::{collections::HashSet, sync::Arc};

use crate::{
    load::{Judged, Load, Sender},
    number_from_env,
    program::{Starting, receiver},
    store::Store,
};

const MAX_ATTEMPTS: usize = 5;

/// `WEBHOOK_OTHERS` sets a larger number.
pub(crate) async fn poison(store: Store) {
    let others = number_from_env("WEBHOOK_OTHERS", 200);
    let store = Arc::new(store);
    let load = Arc::new(Load::start(20, others));
    // A supervisor, which restarts the program whenever it ends.
    let supervisor = tokio::spawn({
        let (load, store) = (Arc::clone(&load), Arc::clone(&store));
        async move {
            let mut is_first = true;
            loop {
                let mut receiver = receiver();
                receiver.env("MAX_ATTEMPTS", MAX_ATTEMPTS.to_string());
                let Some(mut program) = Starting::spawn(&store, receiver).ready().await else {
                    continue;
                };
                if is_first {
                    let mut sender = Sender::default();
                    let poison = r#"{"id":"poison","aborts":true}"#;
                    // It may end before it answers.
                    is_first = sender.send(program.address, poison).await.is_err();
                }
                load.to(Some(program.address));
                program.ended().await;
            }
        }
    });
    load.reach(others).await;
    store.wait_until_all_is_finished().await;
    supervisor.abort();
    let _ = supervisor.await;
    let acknowledged = Arc::into_inner(load).expect("the supervisor is gone").finish().await;

    let starts = store.notes().iter().filter(|note| note.id == "poison").count();
    let judged = Judged::by(&store, &acknowledged).await;
    let table = store.deliveries();
    let dead = store.texts(&format!("SELECT reason FROM {table} WHERE state = 4")).await;
    println!("{:?}: {starts} starts, {judged:?}, dead: {dead:?}", store.engine);
    assert!(starts <= MAX_ATTEMPTS, "{starts} starts");
    assert_eq!(dead.len(), 1, "{dead:?}");
    assert!(dead[0].contains("the process ended"), "{dead:?}");
    assert_eq!(acknowledged.iter().collect::<HashSet<_>>().len(), others);
    assert!(judged.is_right(), "{judged:?}");
}
