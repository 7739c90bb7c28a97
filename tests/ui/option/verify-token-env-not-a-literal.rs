use webhook_runtime::webhook;

const TOKEN: &str = "VERIFY_TOKEN";

#[webhook(path = "/webhook", secret_env = "SECRET", verify_token_env = TOKEN)]
async fn order_paid(_order: u64) {}

fn main() {}
