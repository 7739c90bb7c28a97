//! Handlers may have the names that the generated code uses.

#![deny(warnings)]

use axum::extract::State;
use axum::http::HeaderMap;
use webhook_runtime::{Delivery, Webhooks, webhook};

macro_rules! named {
    ($($name:ident)*) => { $(
        #[webhook(path = "/webhook")]
        async fn $name(State(n): State<u8>, _: HeaderMap, $name: String) -> String {
            format!("{n} {}", $name)
        }
    )* };
}

named!(event state delivery route payload verified response value refusal e0 e1 r#type);

mod spelled_out {
    use super::{Delivery, webhook};

    #[webhook(path = "/payload")]
    pub async fn payload(payload: &Delivery) {
        let _ = payload;
    }

    #[webhook(path = "/verified")]
    pub async fn verified(verified: &Delivery) {
        let _ = verified;
    }

    #[webhook(path = "/endpoint")]
    pub async fn endpoint(endpoint: &Delivery) {
        let _ = endpoint;
    }

    #[webhook(path = "/call")]
    pub async fn call(call: &Delivery) {
        let _ = call;
    }
}

fn main() {
    let _: Webhooks<u8> = Webhooks::new()
        .mount::<event>()
        .mount::<state>()
        .mount::<delivery>()
        .mount::<route>()
        .mount::<payload>()
        .mount::<verified>()
        .mount::<response>()
        .mount::<value>()
        .mount::<refusal>()
        .mount::<e0>()
        .mount::<e1>()
        .mount::<r#type>()
        .mount::<spelled_out::payload>()
        .mount::<spelled_out::verified>()
        .mount::<spelled_out::endpoint>()
        .mount::<spelled_out::call>();
}
