use webhook_runtime::{Delivery, Provider, scheme::Scheme, webhook};

const SCHEME: Scheme = Scheme::hmac_sha256();

#[webhook(path = "/webhook", provider = Provider::new("acme", SCHEME))]
async fn order_paid(_: &Delivery) {}

fn main() {}
