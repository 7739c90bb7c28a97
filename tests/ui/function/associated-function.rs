//! A macro cannot see that it is inside an `impl` where no `self` tells; the compiler does.

use webhook_runtime::{Delivery, webhook};

struct Orders;

impl Orders {
    #[webhook(path = "/webhook")]
    async fn paid(_: &Delivery) {}
}

fn main() {}
