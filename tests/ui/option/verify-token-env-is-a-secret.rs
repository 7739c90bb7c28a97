use webhook_runtime::{Delivery, webhook};

#[webhook(path = "/webhook", verify_token_env = "whsec_C2FVsBQIhrscChlQIMV+b5sSYspob7oD")]
async fn order_paid(_: &Delivery) {}

fn main() {}
