use webhook_runtime::{Delivery, Field, Provider, scheme::Scheme, webhook};

const ACME: Provider = Provider::new("acme", Scheme::hmac_sha256().header("x-signature"))
    .with_id(Field::header("x-id"));

#[webhook(path = "/acme", provider = ACME, inbox(keep = "7d", order_by = Field::header("x-id")))]
async fn on_acme(_: &Delivery) {}

fn main() {}
