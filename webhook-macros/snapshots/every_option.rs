#[webhook(
    path = "/webhook",
    name = "orders",
    secret_env = "SECRET",
    provider = providers::GITHUB,
    tolerance = Duration::from_secs(60),
    max_body = 64 * 1024,
    max_in_flight = 16,
    crate = my::hooks
)]
async fn hook(delivery: &Delivery) {}
