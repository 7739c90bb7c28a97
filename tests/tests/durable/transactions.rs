//! `Tx`: writes in the transaction of the delivery.

use std::time::Duration;

use http::StatusCode;
use serde_json::json;
use webhook_runtime::{Delivery, Inbox, Tx, Webhooks, webhook};

use crate::{Instruction, status};

/// A transaction that outlives its function is rolled back when it is dropped, and then blocks
/// nobody.
#[tokio::test]
async fn a_leaked_transaction_is_rolled_back() {
    let file = std::env::temp_dir().join(format!("webhook-kept-{}.db", std::process::id()));
    let url = format!("sqlite://{}", file.display());
    let inbox = Inbox::builder(&url).lease(Duration::from_secs(2)).open().await.expect("a file");
    let hooks = Webhooks::new().mount::<keeps>().inbox(inbox.clone()).test(());
    assert_eq!(status(hooks.deliver::<keeps>().body("1")).await, 202);
    assert_eq!(hooks.drain().await, 1);
    tokio::time::sleep(Duration::from_secs(3)).await;
    assert_eq!(status(hooks.deliver::<keeps>().body("2")).await, 202);
    inbox.close().await.expect("it lets go");
    for end in ["", "-wal", "-shm"] {
        let _ = std::fs::remove_file(format!("{}{end}", file.display()));
    }
}

#[webhook(path = "/keeps", inbox)]
async fn keeps(mut tx: Tx, _: &Delivery) {
    tokio::spawn(async move {
        let begun = tx.sqlite().await.is_ok();
        tokio::time::sleep(Duration::from_secs(7)).await;
        drop(tx);
        begun
    });
    tokio::time::sleep(Duration::from_millis(100)).await;
}

#[webhook(path = "/tx", inbox)]
async fn writes(mut tx: Tx, told: Instruction) -> Result<StatusCode, StatusCode> {
    let connection = tx.sqlite().await.map_err(|_| StatusCode::INTERNAL_SERVER_ERROR)?;
    sqlx::query("INSERT INTO effects (answer) VALUES (?)")
        .bind(told.answer)
        .execute(connection)
        .await
        .map_err(|_| StatusCode::INTERNAL_SERVER_ERROR)?;
    Ok(StatusCode::from_u16(told.answer).expect("a status"))
}

#[tokio::test]
async fn writes_through_tx_are_exactly_once() {
    let file = std::env::temp_dir().join(format!("webhook-durable-{}.db", std::process::id()));
    let url = format!("sqlite://{}", file.display());
    let inbox = Inbox::open(&url).await.expect("a file");
    let pool = sqlx::SqlitePool::connect(&url).await.expect("the same file");
    sqlx::query("CREATE TABLE effects (answer INTEGER)").execute(&pool).await.expect("a table");
    let hooks = Webhooks::new().mount::<writes>().inbox(inbox.clone()).test(());
    for answer in [200, 503, 404, 200, 201] {
        assert_eq!(status(hooks.deliver::<writes>().json(&json!({ "answer": answer }))).await, 202);
    }
    assert_eq!(hooks.drain().await, 4, "one is a duplicate");
    let effects: Vec<i64> = sqlx::query_scalar("SELECT answer FROM effects ORDER BY answer")
        .fetch_all(&pool)
        .await
        .expect("rows");
    assert_eq!(effects, [200, 201]);
    inbox.close().await.expect("it lets go");
    pool.close().await;
    for end in ["", "-wal", "-shm"] {
        let _ = std::fs::remove_file(format!("{}{end}", file.display()));
    }
}
