//! Every part of a handler may come out of a macro by example.

#![deny(warnings)]

use std::time::Duration;
use webhook_runtime::{Delivery, Provider, Webhooks, providers, webhook};

pub mod renamed {
    pub use webhook_runtime::*;
}

macro_rules! handler {
    ($vis:vis $name:ident($payload:ty) -> $output:ty: $path:literal, $secret:literal, $provider:expr, $seconds:expr) => {
        #[webhook(
            path = $path,
            secret_env = $secret,
            provider = $provider,
            tolerance = Duration::from_secs($seconds),
            crate = $crate::renamed
        )]
        $vis async fn $name(_: $payload) -> $output {
            "OK"
        }
    };
    ($name:ident, [$($secret:literal)*]) => {
        #[webhook(path = "/array", secret_env = [$($secret),*], provider = providers::GITHUB)]
        async fn $name(delivery: &Delivery) -> String {
            let _ = delivery;
            String::new()
        }
    };
    (local) => {
        #[webhook(path = "/local", secret_env = "SECRET")]
        async fn local(delivery: &Delivery) {
            let _ = delivery;
        }
    };
}

const GITHUB: Provider = providers::GITHUB;

handler!(pub one(&Delivery) -> &'static str: "/one", "ONE", GITHUB, 60 + 1);
handler!(two, ["A" "B"]);
handler!(local);

fn main() {
    let _: Webhooks = Webhooks::new().mount::<one>().mount::<two>().mount::<local>();
}
