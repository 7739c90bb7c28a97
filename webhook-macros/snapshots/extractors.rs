/// Documented, and stays so.
#[webhook(path = "/github/{team}", secret_env = ["NEW", "OLD"])]
#[tracing::instrument(skip_all)]
pub(crate) async fn github(
    State(db): State<Db>,
    Path(team): Path<String>,
    delivery: Delivery,
    mut event: Github<'_>,
) -> Result<(), AppError> {
    db.store(team, event).await
}
