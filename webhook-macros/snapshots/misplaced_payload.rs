#[webhook(path = "/webhook")]
async fn misplaced(order: Order<'_>, State(db): State<Db>) {}
