#[webhook(path = "/webhook", secret_env = "SECRET")]
async fn order_paid(order: Order<'_>) -> &'static str {
    "OK"
}
