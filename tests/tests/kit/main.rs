//! The test kit: its deliveries as a handler sees them, genuine for every provider unless asked
//! otherwise.

mod answers;
mod deliveries;
mod forms;
mod mistakes;
mod recorded;
mod secrets;

use std::{
    cell::RefCell,
    sync::{Arc, Mutex},
};

use axum::extract::State;
use webhook_runtime::{
    __private::{HandlerFuture, HandlerInput},
    Delivery, Endpoint, Provider, Webhook, Webhooks,
    providers::HMAC_SHA256_HEX,
    testing::TestHooks,
    webhook,
};

/// The handler's last delivery.
#[derive(Clone, Default)]
struct Seen(Arc<Mutex<Option<Delivery>>>);

impl Seen {
    fn last(&self) -> Delivery {
        self.0.lock().expect("nobody panicked").clone().expect("the handler ran")
    }
}

#[webhook(path = "/any")]
async fn any(State(seen): State<Seen>, delivery: &Delivery) -> String {
    *seen.0.lock().expect("nobody panicked") = Some(delivery.clone());
    "seen".to_owned()
}

thread_local! {
    static PROVIDER: RefCell<&'static Provider> = const { RefCell::new(&HMAC_SHA256_HEX) };
}

/// [`any`] with whatever provider the test is about.
enum Of {}

impl Webhook<Seen> for Of {
    fn endpoint() -> Endpoint {
        Endpoint::new("any", module_path!(), "/any").provider(PROVIDER.with_borrow(|it| *it))
    }

    fn call(verified: HandlerInput<Seen>) -> HandlerFuture {
        <any as Webhook<Seen>>::call(verified)
    }
}

fn hooks(provider: &'static Provider) -> (TestHooks<Seen>, Seen) {
    PROVIDER.set(provider);
    let seen = Seen::default();
    (Webhooks::new().mount::<Of>().test(seen.clone()), seen)
}
