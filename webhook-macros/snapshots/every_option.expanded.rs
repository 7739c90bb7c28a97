async fn hook(delivery: &Delivery) {}
/// The endpoint of the webhook handler `hook`.
#[allow(
    dead_code,
    non_camel_case_types,
    unnameable_types,
    unreachable_pub,
    missing_copy_implementations,
    missing_debug_implementations,
    clippy::all,
    clippy::pedantic,
    clippy::nursery
)]
enum hook {}
const _: () = {
    #[allow(unused_imports)]
    use my::hooks::webhook_runtime as __webhook_runtime;
    #[automatically_derived]
    #[allow(
        deprecated,
        unused_qualifications,
        clippy::all,
        clippy::pedantic,
        clippy::nursery
    )]
    impl<__S> __webhook_runtime::Webhook<__S> for hook
    where
        __S: ::core::clone::Clone + ::core::marker::Send + ::core::marker::Sync
            + 'static,
    {
        fn endpoint() -> __webhook_runtime::Endpoint {
            #[allow(
                deprecated,
                unused_qualifications,
                clippy::all,
                clippy::pedantic,
                clippy::nursery
            )]
            const __PROVIDER: __webhook_runtime::Provider = providers::GITHUB;
            #[allow(
                deprecated,
                unused_qualifications,
                clippy::all,
                clippy::pedantic,
                clippy::nursery
            )]
            const __ENDPOINT: __webhook_runtime::Endpoint = __webhook_runtime::Endpoint::new(
                    "hook",
                    ::core::module_path!(),
                    "/webhook",
                )
                .provider(&__PROVIDER)
                .payload_shape({
                    #[allow(unused_imports)]
                    use __webhook_runtime::__private::AnyPayload as _;
                    __webhook_runtime::__private::ShapeProbe::<&Delivery>::SHAPE
                });
            const _: () = __ENDPOINT.check_payload();
            __webhook_runtime::__private::with_schemas!(
                __ENDPOINT.name("orders").secret_env(& ["SECRET"])
                .tolerance(Duration::from_secs(60)).max_body(64 * 1024)
                .max_in_flight(16), & Delivery
            )
        }
        fn call(
            delivery: __webhook_runtime::__private::HandlerInput<__S>,
        ) -> __webhook_runtime::__private::HandlerFuture {
            ::std::boxed::Box::pin(async move {
                let payload = match delivery.payload::<&Delivery>() {
                    ::core::result::Result::Ok(value) => value,
                    ::core::result::Result::Err(refusal) => return refusal,
                };
                let _ = hook;
                let returned = hook(payload).await;
                #[allow(unused_imports)]
                use __webhook_runtime::__private::Respond as _;
                let response = (&mut &mut &mut &mut &mut __webhook_runtime::__private::Returned::new(
                    returned,
                    &delivery,
                ))
                    .respond();
                response
            })
        }
    }
};
