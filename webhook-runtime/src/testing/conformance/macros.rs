//! The list of cases, and the macro that makes tests of them.

/// Hands the names of all cases to another macro.
#[doc(hidden)]
#[macro_export]
macro_rules! __conformance_cases {
    ($($with:tt)+) => {
        $($with)+! {
            genuine::genuine_delivery_is_accepted,
            genuine::bytes_are_verified_as_they_came,
            genuine::signature_of_rewritten_json_is_refused,
            genuine::replay_is_answered_like_the_first,
            body::tampered_body_is_refused,
            body::longer_and_shorter_bodies_are_refused,
            body::all_of_a_large_body_is_verified,
            body::large_forgeries_are_refused,
            body::broken_utf8_is_not_repaired,
            body::forged_nonsense_is_refused_like_any_forgery,
            body::hostile_json_is_survived,
            body::bytes_that_are_no_text_are_survived,
            secret::forged_delivery_is_refused,
            sender::many_forgeries_are_all_refused,
            secret::empty_secret_opens_nothing,
            secret::well_known_secrets_open_nothing,
            secret::every_live_secret_is_accepted,
            secret::nothing_switches_verification_off,
            sender::names_and_addresses_of_senders_are_not_believed,
            sender::other_credentials_are_not_believed,
            sender::test_events_are_verified_too,
            tenant::other_tenants_secret_is_refused,
            tenant::unknown_tenant_is_refused,
            header::unsigned_delivery_is_refused,
            header::each_missing_header_is_noticed,
            header::bad_header_behind_a_good_one_is_refused,
            header::good_header_behind_a_bad_one_is_refused,
            header::header_sent_twice_is_refused,
            signature::malformed_signatures_are_refused,
            signature::empty_signature_is_refused,
            signature::altered_signatures_are_refused,
            signature::truncated_signatures_are_refused,
            signature::extended_signatures_are_refused,
            signature::signature_without_its_prefix_is_refused,
            signature::other_algorithms_are_refused,
            signature::other_versions_are_refused,
            signature::good_signature_among_others_is_accepted,
            signature::list_of_signatures_is_bounded,
            signature::other_spellings_are_refused,
            time::delivery_inside_the_window_is_accepted,
            time::stale_delivery_is_refused,
            time::delivery_from_the_future_is_refused,
            time::malformed_times_are_refused,
            time::changed_time_is_refused,
            time::time_given_twice_is_refused,
            time::changed_id_is_refused,
            time::replay_after_the_window_is_refused,
            http::other_methods_are_refused,
            detour::other_paths_are_no_way_round,
            detour::method_overrides_are_no_way_round,
            detour::other_content_types_are_verified_too,
            http::oversized_body_is_refused,
            http::oversized_body_in_pieces_is_refused,
            http::compressed_body_is_refused,
            http::refusals_are_all_alike,
            http::hosts_of_the_request_are_not_believed,
            detour::changed_query_is_refused,
            detour::rewritten_urls_are_not_believed,
            handshake::handshakes_are_answered_without_the_handler,
            handshake::unsigned_challenges_are_not_answered,
            handshake::wrong_verify_tokens_are_refused,
            handshake::challenges_are_not_echoed_as_markup,
        }
    };
}

/// Makes a test of each case.
#[doc(hidden)]
#[macro_export]
macro_rules! __conformance_tests {
    ($($file:ident::$name:ident,)*) => {$(
        #[test]
        fn $name() {
            $crate::testing::conformance::check(stringify!($name), &__subject());
        }
    )*};
}

/// Makes a module of tests of one handler, a test for each of the
/// [cases](mod@crate::testing::conformance), so that the name of one that fails says what is broken.
///
/// ```
/// # use webhook_runtime::webhook;
/// # fn main() {}
/// #[webhook(path = "/webhook", secret_env = "SECRET")]
/// async fn order_paid(order: serde_json::Value) -> &'static str {
///     "OK"
/// }
///
/// #[cfg(test)]
/// mod tests {
///     use super::*;
///
///     webhook_runtime::testing::conformance!(order_paid);
/// }
/// ```
///
/// What follows the handler are methods of [`Subject`](crate::testing::conformance::Subject), by
/// their names. Most handlers need a [`sample`](crate::testing::conformance::Subject::sample) that
/// they take; it is said as deliveries of the kit are:
///
/// ```
/// # fn main() {}
/// # use serde::Deserialize;
/// # use webhook_runtime::{providers::GITHUB, webhook};
/// # #[derive(Deserialize)]
/// # struct Push { r#ref: String }
/// # #[webhook(path = "/github", provider = GITHUB)]
/// # async fn github(push: Push) {}
/// # mod tests { use super::*;
/// webhook_runtime::testing::conformance!(
///     github,
///     sample = |delivery| delivery.event("push").json(&serde_json::json!({ "ref": "main" })),
/// );
/// # }
/// ```
///
/// Before these, `state = …` is the state of the router, or `hooks = …` are webhooks that are ready
/// for a test, where they need more than that. The module is called `conforms`, unless the first
/// words are `mod another_name,`. Instead of a handler, `subject = …` is any receiver. All of these
/// are evaluated once for each case, in a module inside the one that they stand in:
///
/// ```
/// # fn main() {}
/// # use axum::Router;
/// # use webhook_runtime::{Delivery, Scope, Secret, SecretSource, SourceError, Webhooks, webhook};
/// # use webhook_runtime::{providers::GITHUB, testing::conformance::Subject};
/// # struct Tenants;
/// # impl SecretSource for Tenants {
/// #     async fn secrets(&self, scope: &Scope) -> Result<Vec<Secret>, SourceError> {
/// #         Ok(vec![Secret::new(scope.param("tenant").unwrap_or_default())])
/// #     }
/// # }
/// # #[webhook(path = "/hooks/{tenant}")]
/// # async fn paid(_: &Delivery) {}
/// # fn app() -> Router { Router::new() }
/// # mod tests { use super::*;
/// webhook_runtime::testing::conformance!(
///     mod tenants,
///     paid,
///     hooks = Webhooks::new().mount::<paid>().secret_source::<paid>(Tenants).test(()),
///     sample = |delivery| delivery.param("tenant", "acme"),
///     other_tenant = |delivery| delivery.param("tenant", "globex"),
/// );
///
/// webhook_runtime::testing::conformance!(
///     mod whole_application,
///     subject = Subject::service(app(), &GITHUB, Secret::new("its secret"), "/github"),
/// );
/// # }
/// ```
#[doc(hidden)]
#[macro_export]
macro_rules! __conformance {
    (mod $module:ident, subject = $subject:expr $(,)?) => {
        mod $module {
            #[allow(unused_imports, reason = "what the subject is made of may be elsewhere")]
            use super::*;

            // No name that the expression could mean: it would call itself.
            fn __subject() -> $crate::testing::conformance::Subject {
                $subject
            }

            $crate::__conformance_cases!($crate::__conformance_tests);
        }
    };
    (mod $module:ident, $handler:path, hooks = $hooks:expr $(, $option:ident = $value:expr)* $(,)?) => {
        $crate::__conformance!(
            mod $module,
            subject = $crate::testing::conformance::Subject::of::<$handler, _>($hooks)
                $(.$option($value))*,
        );
    };
    (mod $module:ident, $handler:path, state = $state:expr $(, $option:ident = $value:expr)* $(,)?) => {
        $crate::__conformance!(
            mod $module,
            $handler,
            hooks = $crate::Webhooks::new().mount::<$handler>().test($state)
                $(, $option = $value)*,
        );
    };
    (mod $module:ident, $handler:path $(, $option:ident = $value:expr)* $(,)?) => {
        $crate::__conformance!(mod $module, $handler, state = () $(, $option = $value)*);
    };
    (mod $($rest:tt)*) => {
        ::core::compile_error!("`conformance!(mod name, handler, option = value, …)`");
    };
    ($($rest:tt)+) => {
        $crate::__conformance!(mod conforms, $($rest)+);
    };
}
