//! Functions in every place, with every name and attribute.

use std::fmt::Debug;

use webhook_runtime::{Delivery, UnknownEvent, WebhookEvent, webhook};

use crate::{App, right};

#[webhook(path = "/raw")]
async fn r#type(n: u8) -> String {
    n.to_string()
}

#[webhook(path = "/letters")]
#[allow(non_snake_case, reason = "the name is what is tested")]
async fn Größe(n: u8) -> String {
    n.to_string()
}

#[webhook(path = "/own")]
async fn webhook_runtime_(n: u8) -> String {
    n.to_string()
}

/// Deprecated as a function and as a type.
#[deprecated = "for a test"]
#[webhook(path = "/old")]
async fn old(n: u8) -> String {
    n.to_string()
}

#[webhook(path = "/older")]
#[cfg_attr(all(), deprecated(note = "for a test"), doc(hidden))]
async fn older(n: u8) -> String {
    n.to_string()
}

#[doc(hidden)]
#[webhook(path = "/hidden")]
#[must_use]
#[inline]
#[cold]
pub(crate) async fn hidden(n: u8) -> String {
    n.to_string()
}

#[cfg(not(test))]
#[webhook(path = "/other")]
async fn either(n: u8) -> NoSuchType {}

#[webhook(path = "/either")]
#[cfg(test)]
async fn either(n: u8) -> String {
    n.to_string()
}

#[webhook(path = "/other")]
#[cfg_attr(all(), cfg(not(test)))]
async fn later(n: u8) -> NoSuchType {}

#[cfg_attr(all(), webhook(path = "/later"))]
async fn later(n: u8) -> String {
    n.to_string()
}

#[rustfmt::skip]
#[webhook(path = "/body")]
async fn body_of_any_kind(n: u8) -> String {
    #![allow(unused_mut, clippy::never_loop)]
    struct Local;
    impl Local {
        const N: u8 = 1;
    }
    macro_rules! add { ($n:expr) => { $n + Local::N } }
    let mut sum = async { add!(n) }.await;
    'label: loop { break 'label }
    if let Some(more) = Some(1) && more > 0 { return format!("{}", sum + more) }
    unreachable!()
}

#[webhook(path = "/called")]
async fn called(n: u8) -> String {
    r#type(n).await + &r#type(n).await
}

mod visible {
    use webhook_runtime::webhook;

    #[webhook(path = "/in")]
    pub(in crate::functions) async fn in_a_path(n: u8) -> String {
        n.to_string()
    }

    #[webhook(path = "/super")]
    pub(super) async fn in_super(n: u8) -> String {
        n.to_string()
    }
}

#[derive(WebhookEvent)]
enum Event<'a> {
    #[event("push")]
    Push(u8),
    #[event(other)]
    Other(UnknownEvent<'a>),
}

#[webhook(path = "/events", provider = webhook_runtime::providers::GITHUB)]
async fn events(event: Event<'_>) -> String {
    match event {
        Event::Push(n) => n.to_string(),
        Event::Other(other) => other.name().to_owned(),
    }
}

macro_rules! handlers {
    ($($(#[$meta:meta])* $vis:vis fn $name:ident($arg:ident: $ty:ty) -> $out:ty $body:block)*) => { $(
        $(#[$meta])*
        #[webhook(path = "/macro")]
        $vis async fn $name($arg: $ty) -> $out $body
    )* };
    ($name:ident at $path:expr, $body:expr) => {
        #[webhook(path = $path)]
        async fn $name(n: u8) -> String {
            ($body)(n)
        }
    };
}

handlers! {
    /// Documented.
    pub(crate) fn from_a_macro(n: u8) -> String { n.to_string() }
    fn from_a_macro_with_a_reference(delivery: &Delivery) -> String { delivery.body().len().to_string() }
}
handlers!(path_from_a_macro at "/macro/path", |n: u8| n.to_string());

async fn in_a_function<T: Debug + Default>() {
    #[webhook(path = "/inside")]
    async fn inside(n: u8) -> String {
        n.to_string()
    }

    assert_eq!(format!("{:?}", T::default()), "0");
    crate::delivers::<inside>(serde_json::json!(3), &[], "3").await;
    {
        // The name of a function around it, a type of its own block, and the crate by another name.
        use webhook_runtime as hooks;

        #[derive(serde::Deserialize)]
        struct Own<'a>(&'a str);

        #[webhook(path = "/inside", crate = hooks)]
        async fn in_a_function(own: Own<'_>) -> String {
            own.0.to_owned()
        }

        crate::delivers::<in_a_function>(serde_json::json!("own"), &[], "own").await;
    }
}

#[tokio::test]
async fn functions_in_functions() {
    in_a_function::<u8>().await;
    let _: fn(App) = drop;
}

#[allow(deprecated, reason = "the types are deprecated, too")]
mod deprecated {
    use super::{old, older};

    crate::right! { deprecated_functions, 2:
        old: 1 => "1",
        older: 1 => "1",
    }
}

right! { functions_of_every_kind, 13:
    r#type: 1 => "1",
    Größe: 2 => "2",
    webhook_runtime_: 3 => "3",
    hidden: 4 => "4",
    either: 5 => "5",
    later: 6 => "6",
    body_of_any_kind: 7 => "9",
    called: 8 => "88",
    visible::in_a_path: 9 => "9",
    visible::in_super: 10 => "10",
    from_a_macro: 11 => "11",
    from_a_macro_with_a_reference: 12 => "2",
    path_from_a_macro: 13 => "13",
}

#[tokio::test]
async fn events_are_right_as_well() {
    use webhook_runtime::{Secret, Webhooks};

    let hooks: Webhooks = Webhooks::new().mount::<events>();
    let hooks = hooks.secrets::<events>([Secret::new("right")]).test(());
    let response = hooks.deliver::<events>().event("push").json(&7).await;
    assert_eq!(response.text(), "7");
}
