#[webhook(path = "/")]
async fn quiet(_: &Delivery) {}
