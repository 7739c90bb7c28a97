#[webhook(path = "/webhook")]
async fn method(&self, order: Order<'_>) {}
