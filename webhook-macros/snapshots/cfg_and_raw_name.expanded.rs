#[cfg(unix)]
#[cfg(feature = "move")]
pub async fn r#move(payload: Move) {}
#[cfg(unix)]
#[cfg(feature = "move")]
/// The endpoint of the webhook handler `move`.
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
pub enum r#move {}
#[cfg(unix)]
#[cfg(feature = "move")]
#[automatically_derived]
#[allow(
    deprecated,
    unused_qualifications,
    clippy::all,
    clippy::pedantic,
    clippy::nursery
)]
impl<__S> ::webhook_runtime::Webhook<__S> for r#move
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
                "move",
                ::core::module_path!(),
                "/webhook",
            )
            .payload_shape({
                #[allow(unused_imports)]
                use ::webhook_runtime::__private::AnyPayload as _;
                ::webhook_runtime::__private::ShapeProbe::<Move>::SHAPE
            });
        const _: () = __ENDPOINT.check_payload();
        ::webhook_runtime::__private::with_schemas!(__ENDPOINT, Move)
    }
    fn call(
        delivery: ::webhook_runtime::__private::HandlerInput<__S>,
    ) -> ::webhook_runtime::__private::HandlerFuture {
        ::std::boxed::Box::pin(async move {
            let payload = match delivery.payload::<Move>() {
                ::core::result::Result::Ok(value) => value,
                ::core::result::Result::Err(refusal) => return refusal,
            };
            let _ = r#move;
            let returned = r#move(payload).await;
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
