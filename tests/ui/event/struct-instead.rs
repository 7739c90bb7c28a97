use webhook_runtime::WebhookEvent;

#[derive(WebhookEvent)]
struct Push {
    _size: u64,
}

fn main() {}
