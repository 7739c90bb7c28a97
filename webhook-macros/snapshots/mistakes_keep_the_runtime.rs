#[webhook(path = "/:id", crate = hooks)]
pub async fn renamed(order: Order<'_>) {}
