//! The macro that makes tests of recorded deliveries.

/// Generates a module with a test of each recording in a directory of the package. The directory is
/// where `webhook listen --record` writes.
///
/// ```
/// # fn main() {}
/// # use webhook_runtime::{Delivery, providers::GITHUB, webhook};
/// #[webhook(path = "/github", provider = GITHUB, secret_env = "GITHUB_SECRET")]
/// async fn github(delivery: &Delivery) {}
///
/// # mod tests { use super::*;
/// webhook_runtime::testing::recorded!(github, "src/guide/deliveries");
/// # }
/// ```
///
/// Each test is called like its file, and delivers it as
/// [`deliver_recorded`](crate::testing::TestHooks::deliver_recorded) does: at its own time, and signed
/// anew. It passes if the response is 2xx, each event fits the variant of its name, and the handler
/// succeeds, also behind an inbox. One more test fails if a recording came after the tests were
/// compiled.
///
/// After the directory, `state = …` sets the state of the router, or `hooks = …` passes webhooks that
/// are prepared for a test. The module is called `recorded`; `mod another_name,` in first place renames
/// it. The expression is evaluated once for each test, in a module inside the calling one:
///
/// ```
/// # fn main() {}
/// # use webhook_runtime::{Delivery, Secret, Webhooks, providers::GITHUB, webhook};
/// # #[webhook(path = "/github", provider = GITHUB, secret_env = "GITHUB_SECRET")]
/// # async fn github(delivery: &Delivery) {}
/// # mod tests { use super::*;
/// webhook_runtime::testing::recorded!(
///     mod of_github,
///     github,
///     "src/guide/deliveries",
///     hooks = Webhooks::new().mount::<github>().secrets::<github>([Secret::new("s3cret")]).test(()),
/// );
/// # }
/// ```
#[doc(hidden)]
#[macro_export]
macro_rules! __recorded {
    ($($arguments:tt)*) => {
        $crate::__private::recorded! { $crate $($arguments)* }
    };
}
