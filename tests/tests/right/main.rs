//! Unusual uses of the attribute that are right: each compiles, and its handler gets its delivery.

#![deny(warnings)]
#![allow(clippy::type_complexity, reason = "such types are what is tested")]

mod arguments;
mod functions;
mod names;
mod options;
mod payloads;
mod returns;

use std::{borrow::Cow, sync::Arc};

use axum::extract::FromRef;
use serde_json::Value;
use webhook_runtime::{Secret, Webhook, Webhooks};

/// A state that is called, with a lifetime of its own.
type Measure = Arc<dyn Fn(Cow<'_, str>) -> usize + Send + Sync>;

#[derive(Clone)]
struct App {
    name: &'static str,
    measure: Measure,
}

impl FromRef<App> for &'static str {
    fn from_ref(app: &App) -> Self {
        app.name
    }
}

impl FromRef<App> for Measure {
    fn from_ref(app: &App) -> Self {
        Arc::clone(&app.measure)
    }
}

/// Delivers to one function, and compares the text of the response.
async fn delivers<H: Webhook<App>>(body: Value, params: &[(&str, &str)], expected: &str) {
    let app = App { name: "app", measure: Arc::new(|text| text.len()) };
    let hooks = Webhooks::new().mount::<H>().secrets::<H>([Secret::new("right")]).test(app);
    let mut delivery = hooks.deliver::<H>().json(&body);
    for (name, value) in params {
        delivery = delivery.param(*name, *value);
    }
    let response = delivery.await;
    let handler = H::endpoint();
    assert!(response.handler_ran(), "{handler:?}: {}", response.text());
    assert_eq!(response.text(), expected, "{handler:?}");
}

/// Functions, the body that each gets, and the text with which it responds. The count is part of the
/// test, so that no use gets lost.
macro_rules! right {
    ($test:ident, $count:literal: $($handler:path $([$($param:literal = $value:literal),*])?: $body:tt => $expected:literal,)*) => {
        #[tokio::test]
        async fn $test() {
            let mut count = 0;
            $(
                let params: &[(&str, &str)] = &[$($(($param, $value)),*)?];
                $crate::delivers::<$handler>(serde_json::json!($body), params, $expected).await;
                count += 1;
            )*
            println!("{count} uses");
            assert_eq!(count, $count);
        }
    };
}
use right;
