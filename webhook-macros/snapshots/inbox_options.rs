#[webhook(
    path = "/orders",
    inbox(
        concurrency = 4,
        rate = "100/s",
        max_attempts = ATTEMPTS,
        backoff = "1s..1h",
        timeout = "30s",
        max_age = Duration::from_secs(86_400),
        order_by = Field::header("x-account"),
        keep = "7d",
        keep_dead = "90d",
        drop_body,
    )
)]
async fn orders(delivery: &Delivery) {}
