async fn stripe(tx: Tx, event: Stripe<'_>) -> Result<(), AppError> {
    Ok(())
}
/// The endpoint of the webhook handler `stripe`.
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
enum stripe {}
#[automatically_derived]
#[allow(
    deprecated,
    unused_qualifications,
    clippy::all,
    clippy::pedantic,
    clippy::nursery
)]
impl<__S> ::webhook_runtime::Webhook<__S> for stripe
where
    __S: ::core::clone::Clone + ::core::marker::Send + ::core::marker::Sync + 'static,
    Tx: ::webhook_runtime::__private::Extractor<__S>,
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
                "stripe",
                ::core::module_path!(),
                "/stripe",
            )
            .inbox_options(
                ::webhook_runtime::__private::EndpointOptions::new()
                    .order_by_pointer("/account"),
            )
            .payload_shape({
                #[allow(unused_imports)]
                use ::webhook_runtime::__private::AnyPayload as _;
                ::webhook_runtime::__private::ShapeProbe::<Stripe<'_>>::SHAPE
            });
        const _: () = __ENDPOINT.check_order_by();
        const _: () = __ENDPOINT.check_payload();
        ::webhook_runtime::__private::with_schemas!(
            __ENDPOINT.inbox()
            .inbox_options(::webhook_runtime::__private::EndpointOptions::new()
            .order_by_pointer("/account")), Stripe < '_ >
        )
    }
    fn call(
        mut delivery: ::webhook_runtime::__private::HandlerInput<__S>,
    ) -> ::webhook_runtime::__private::HandlerFuture {
        ::std::boxed::Box::pin(async move {
            let e0 = match delivery.extract::<Tx>().await {
                ::core::result::Result::Ok(value) => value,
                ::core::result::Result::Err(refusal) => return refusal,
            };
            let payload = match delivery.payload::<Stripe<'_>>() {
                ::core::result::Result::Ok(value) => value,
                ::core::result::Result::Err(refusal) => return refusal,
            };
            let _ = stripe;
            let returned = stripe(e0, payload).await;
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
