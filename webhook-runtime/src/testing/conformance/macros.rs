//! The list of cases, and the macro that makes tests of them.

/// Calls another macro with the names of all cases.
#[doc(hidden)]
#[macro_export]
macro_rules! __conformance_cases {
    ($($with:tt)+) => {
        $($with)+! {
            genuine::genuine_delivery_is_accepted,
            genuine::raw_bytes_are_verified,
            genuine::signature_of_rewritten_json_is_refused,
            genuine::replay_gets_the_same_response,
            replay::replays_are_handled_once,
            replay::unsigned_ids_make_no_new_delivery,
            body::tampered_body_is_refused,
            body::longer_and_shorter_bodies_are_refused,
            body::all_of_a_large_body_is_verified,
            body::large_forgeries_are_refused,
            body::invalid_utf8_is_not_repaired,
            body::forgery_is_refused_before_parsing,
            secret::forged_delivery_is_refused,
            sender::many_forgeries_are_all_refused,
            secret::empty_secret_is_refused,
            secret::well_known_secrets_are_refused,
            secret::every_live_secret_is_accepted,
            secret::verification_cannot_be_switched_off,
            sender::sender_headers_are_not_trusted,
            sender::unrelated_credentials_are_not_trusted,
            sender::test_events_are_verified_too,
            tenant::other_tenants_secret_is_refused,
            tenant::unknown_tenant_is_refused,
            header::unsigned_delivery_is_refused,
            header::missing_headers_are_refused,
            header::bad_header_after_good_one_is_refused,
            header::good_header_after_bad_one_is_refused,
            header::duplicate_header_is_refused,
            signature::malformed_signatures_are_refused,
            signature::empty_signature_is_refused,
            signature::altered_signatures_are_refused,
            signature::truncated_signatures_are_refused,
            signature::extended_signatures_are_refused,
            signature::signature_without_its_prefix_is_refused,
            signature::other_algorithms_are_refused,
            signature::other_versions_are_refused,
            signature::good_signature_among_others_is_accepted,
            signature::signature_list_is_bounded,
            signature::lenient_encodings_are_refused,
            time::delivery_inside_the_window_is_accepted,
            time::stale_delivery_is_refused,
            time::delivery_from_the_future_is_refused,
            time::malformed_timestamps_are_refused,
            time::changed_timestamp_is_refused,
            time::duplicate_timestamp_is_refused,
            time::changed_id_is_refused,
            time::replay_after_the_window_is_refused,
            http::other_methods_are_refused,
            detour::path_variants_are_no_bypass,
            detour::method_overrides_are_no_bypass,
            detour::other_content_types_are_verified_too,
            http::oversized_body_is_refused,
            http::oversized_chunked_body_is_refused,
            http::compressed_body_is_refused,
            http::refusals_are_identical,
            http::host_headers_are_not_trusted,
            detour::changed_query_is_refused,
            detour::rewritten_url_headers_are_not_trusted,
            handshake::handshake_skips_the_handler,
            handshake::unsigned_challenges_are_not_answered,
            handshake::wrong_verify_tokens_are_refused,
            handshake::challenges_are_not_echoed_as_markup,
            hostile::binary_body_causes_no_5xx,
            hostile::hostile_json_causes_no_5xx,
            hostile::deep_nesting_is_survived,
            endless::endless_bodies_are_cut_off,
        }
    };
}

/// Generates a test of each case.
#[doc(hidden)]
#[macro_export]
macro_rules! __conformance_tests {
    ($($file:ident::$name:ident,)*) => {$(
        #[test]
        fn $name() {
            $crate::testing::conformance::check(stringify!($name), &__target());
        }
    )*};
}

/// Generates a module of tests of one handler, one for each of the
/// [cases](mod@crate::testing::conformance). The name of a failed test says what is broken.
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
/// The options after the handler are methods of [`Target`](crate::testing::conformance::Target).
/// Most handlers need a [`sample`](crate::testing::conformance::Target::sample) that they accept.
/// It is built like a delivery of the test kit:
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
/// Before these options, `state = …` sets the state of the router, or `hooks = …` passes webhooks
/// that are prepared for a test. The module is called `conforms`; `mod another_name,` in first
/// place renames it. Instead of a handler, `target = …` passes any receiver. Every expression is
/// evaluated once for each case, in a module inside the calling one:
///
/// ```
/// # fn main() {}
/// # use axum::Router;
/// # use webhook_runtime::{Delivery, Tenant, Secret, SecretSource, SourceError, Webhooks, webhook};
/// # use webhook_runtime::{providers::GITHUB, testing::conformance::Target};
/// # struct Tenants;
/// # impl SecretSource for Tenants {
/// #     async fn secrets(&self, tenant: &Tenant) -> Result<Vec<Secret>, SourceError> {
/// #         Ok(vec![Secret::new(tenant.param("tenant").unwrap_or_default())])
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
///     target = Target::service(app(), &GITHUB, Secret::new("its secret"), "/github"),
/// );
/// # }
/// ```
#[doc(hidden)]
#[macro_export]
macro_rules! __conformance {
    (mod $module:ident, target = $target:expr $(,)?) => {
        mod $module {
            #[allow(unused_imports, reason = "the expression may need nothing of it")]
            use super::*;

            // The name must not occur in the expression, which would call itself.
            fn __target() -> $crate::testing::conformance::Target {
                $target
            }

            $crate::__conformance_cases!($crate::__conformance_tests);
        }
    };
    (mod $module:ident, $handler:path, hooks = $hooks:expr $(, $option:ident = $value:expr)* $(,)?) => {
        $crate::__conformance!(
            mod $module,
            target = $crate::testing::conformance::Target::of::<$handler, _>($hooks)
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
