#[webhook(path = "/stripe", inbox(order_by = "/account"))]
async fn stripe(tx: Tx, event: Stripe<'_>) -> Result<(), AppError> {
    Ok(())
}
