use webhook_runtime::webhook;

struct Orders;

#[webhook(path = "/webhook")]
impl Orders {
    async fn paid(&self) {}
}

fn main() {}
