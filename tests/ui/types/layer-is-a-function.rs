use axum::{extract::Request, middleware::Next, response::Response};
use webhook_runtime::{Delivery, Webhooks, webhook};

#[webhook(path = "/webhook")]
async fn order_paid(_: &Delivery) {}

async fn log(request: Request, next: Next) -> Response {
    next.run(request).await
}

fn main() {
    let _ = Webhooks::<()>::new().mount::<order_paid>().layer(log);
}
