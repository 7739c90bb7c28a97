async fn order_paid(order: Order<'_>) -> &'static str {
    "OK"
}
/// The endpoint of the webhook handler `order_paid`.
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
enum order_paid {}
#[automatically_derived]
#[allow(
    deprecated,
    unused_qualifications,
    clippy::all,
    clippy::pedantic,
    clippy::nursery
)]
impl<__S> ::webhook_runtime::Webhook<__S> for order_paid
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
                "order_paid",
                ::core::module_path!(),
                "/webhook",
            )
            .payload_shape({
                #[allow(unused_imports)]
                use ::webhook_runtime::__private::AnyPayload as _;
                ::webhook_runtime::__private::ShapeProbe::<Order<'_>>::SHAPE
            });
        const _: () = __ENDPOINT.check_payload();
        ::webhook_runtime::__private::with_schemas!(
            __ENDPOINT.secret_env(& ["SECRET"]), Order < '_ >
        )
    }
    fn call(
        delivery: ::webhook_runtime::__private::HandlerInput<__S>,
    ) -> ::webhook_runtime::__private::HandlerFuture {
        ::std::boxed::Box::pin(async move {
            let payload = match delivery.payload::<Order<'_>>() {
                ::core::result::Result::Ok(value) => value,
                ::core::result::Result::Err(refusal) => return refusal,
            };
            let _ = order_paid;
            let returned = order_paid(payload).await;
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
