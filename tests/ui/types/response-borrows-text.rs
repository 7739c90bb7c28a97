use webhook_runtime::webhook;

#[webhook(path = "/webhook")]
async fn order_paid(note: &str) -> &str {
    note
}

fn main() {}
