use webhook_runtime::webhook;

struct Order<'a>(&'a str);

#[webhook(path = "/webhook")]
async fn order_paid<'a>(_order: Order<'a>) {}

fn main() {}
