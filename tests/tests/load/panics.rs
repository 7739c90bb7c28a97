//! Handlers that panic.

use crate::{
    ALONE,
    program::{Program, number_from_env},
};

/// One in a hundred of `WEBHOOK_DELIVERIES` panics. There are 1,000 by default.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn panics_do_not_affect_others() {
    let _alone = ALONE.lock().await;
    let count = number_from_env("WEBHOOK_DELIVERIES", 1_000);
    let server = Program::start();
    let mut statuses = std::collections::BTreeMap::<u16, usize>::new();
    for nth in 0..count {
        let body = if nth % 100 == 0 { b"panic".to_vec() } else { format!("{nth}").into_bytes() };
        *statuses.entry(server.deliver(&body).await.0).or_default() += 1;
    }
    println!("{statuses:?}");
    let bad = count.div_ceil(100);
    assert_eq!(statuses, [(200, count - bad), (500, bad)].into());
}
