async fn acme(event: Acme<'_>) -> StatusCode {
    StatusCode::OK
}
/// The endpoint of the webhook handler `acme`.
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
enum acme {}
#[automatically_derived]
#[allow(
    deprecated,
    unused_qualifications,
    clippy::all,
    clippy::pedantic,
    clippy::nursery
)]
impl<__S> ::webhook_runtime::Webhook<__S> for acme
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
        const __PROVIDER: ::webhook_runtime::Provider = Provider::new("acme")
            .scheme(SCHEME);
        #[allow(
            deprecated,
            unused_qualifications,
            clippy::all,
            clippy::pedantic,
            clippy::nursery
        )]
        const __ENDPOINT: ::webhook_runtime::Endpoint = ::webhook_runtime::Endpoint::new(
                "acme",
                ::core::module_path!(),
                "/acme",
            )
            .provider(&__PROVIDER)
            .payload_shape({
                #[allow(unused_imports)]
                use ::webhook_runtime::__private::AnyPayload as _;
                ::webhook_runtime::__private::ShapeProbe::<Acme<'_>>::SHAPE
            });
        const _: () = __ENDPOINT.check_payload();
        ::webhook_runtime::__private::with_schemas!(__ENDPOINT, Acme < '_ >)
    }
    fn call(
        delivery: ::webhook_runtime::__private::HandlerInput<__S>,
    ) -> ::webhook_runtime::__private::HandlerFuture {
        ::std::boxed::Box::pin(async move {
            let payload = match delivery.payload::<Acme<'_>>() {
                ::core::result::Result::Ok(value) => value,
                ::core::result::Result::Err(refusal) => return refusal,
            };
            let _ = acme;
            let returned = acme(payload).await;
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
#[allow(
    non_upper_case_globals,
    unused_qualifications,
    clippy::all,
    clippy::pedantic,
    clippy::nursery
)]
const __warnings_of_acme: fn() = || {
    #[allow(deprecated)]
    const __PROVIDER: ::webhook_runtime::Provider = Provider::new("acme").scheme(SCHEME);
    const __UNLISTED: [::core::primitive::usize; 3usize] = ::webhook_runtime::__private::unlisted_events(
        &__PROVIDER,
        {
            #[allow(unused_imports)]
            use ::webhook_runtime::__private::AnyPayload as _;
            ::webhook_runtime::__private::ShapeProbe::<Acme<'_>>::SHAPE
        },
    );
    let probe = ::webhook_runtime::__private::ShapeProbe::<Acme<'_>>::new();
    if let ::core::option::Option::Some(warning) = probe
        .warning::<{ __UNLISTED[0usize] }>()
    {
        warning.warn();
    }
    if let ::core::option::Option::Some(warning) = probe
        .warning::<{ __UNLISTED[1usize] }>()
    {
        warning.warn();
    }
    if let ::core::option::Option::Some(warning) = probe
        .warning::<{ __UNLISTED[2usize] }>()
    {
        warning.warn();
    }
};
