use webhook_runtime::WebhookEvent;

#[derive(WebhookEvent)]
union Push {
    _size: u64,
}

fn main() {}
