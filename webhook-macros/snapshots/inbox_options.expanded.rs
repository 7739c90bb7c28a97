async fn orders(delivery: &Delivery) {}
/// The endpoint of the webhook handler `orders`.
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
enum orders {}
#[automatically_derived]
#[allow(
    deprecated,
    unused_qualifications,
    clippy::all,
    clippy::pedantic,
    clippy::nursery
)]
impl<__S> ::webhook_runtime::Webhook<__S> for orders
where
    __S: ::core::clone::Clone + ::core::marker::Send + ::core::marker::Sync + 'static,
{
    fn endpoint() -> ::webhook_runtime::Endpoint {
        #[allow(
            deprecated,
            unused_qualifications,
            clippy::all,
            clippy::pedantic,
            clippy::nursery
        )]
        const __ENDPOINT: ::webhook_runtime::Endpoint = ::webhook_runtime::Endpoint::new(
                "orders",
                ::core::module_path!(),
                "/orders",
            )
            .inbox_options(
                ::webhook_runtime::__private::EndpointOptions::new()
                    .order_by(Field::header("x-account")),
            )
            .payload_shape({
                #[allow(unused_imports)]
                use ::webhook_runtime::__private::AnyPayload as _;
                ::webhook_runtime::__private::ShapeProbe::<&Delivery>::SHAPE
            });
        const _: () = __ENDPOINT.check_order_by();
        const _: () = __ENDPOINT.check_payload();
        ::webhook_runtime::__private::with_schemas!(
            __ENDPOINT.inbox()
            .inbox_options(::webhook_runtime::__private::EndpointOptions::new()
            .concurrency(4).rate_in(100u32, 1u64).max_attempts(ATTEMPTS)
            .backoff_between(::core::time::Duration::from_millis(1000u64),
            ::core::time::Duration::from_millis(3600000u64))
            .timeout(::core::time::Duration::from_millis(30000u64))
            .max_age(Duration::from_secs(86_400)).order_by(Field::header("x-account"))
            .keep(::core::time::Duration::from_millis(604800000u64))
            .keep_dead(::core::time::Duration::from_millis(7776000000u64))
            .drop_body(true)), & Delivery
        )
    }
    fn call(
        delivery: ::webhook_runtime::__private::HandlerInput<__S>,
    ) -> ::webhook_runtime::__private::HandlerFuture {
        ::std::boxed::Box::pin(async move {
            let payload = match delivery.payload::<&Delivery>() {
                ::core::result::Result::Ok(value) => value,
                ::core::result::Result::Err(refusal) => return refusal,
            };
            let _ = orders;
            let returned = orders(payload).await;
            #[allow(unused_imports)]
            use ::webhook_runtime::__private::Respond as _;
            let response = (&mut &mut &mut &mut &mut ::webhook_runtime::__private::Returned::new(
                returned,
                &delivery,
            ))
                .respond();
            response
        })
    }
}
