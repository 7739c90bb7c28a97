use axum::extract::State;
use webhook_runtime::{Delivery, Webhooks, webhook};

#[derive(Clone)]
struct App;

#[webhook(path = "/webhook")]
async fn order_paid(State(_): State<App>, _: &Delivery) {}

fn hooks() -> Webhooks<App> {
    Webhooks::new().mount::<order_paid>()
}

async fn serve() {
    let _ = hooks().serve("127.0.0.1:3000").await;
}

fn main() {
    let _ = serve();
}
