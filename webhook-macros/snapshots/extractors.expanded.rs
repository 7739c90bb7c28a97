/// Documented, and stays so.
#[tracing::instrument(skip_all)]
pub(crate) async fn github(
    State(db): State<Db>,
    Path(team): Path<String>,
    delivery: Delivery,
    mut event: Github<'_>,
) -> Result<(), AppError> {
    db.store(team, event).await
}
/// The endpoint of the webhook handler `github`.
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
pub(crate) enum github {}
#[automatically_derived]
#[allow(
    deprecated,
    unused_qualifications,
    clippy::all,
    clippy::pedantic,
    clippy::nursery
)]
impl<__S> ::webhook_runtime::Webhook<__S> for github
where
    __S: ::core::clone::Clone + ::core::marker::Send + ::core::marker::Sync + 'static,
    State<Db>: ::webhook_runtime::__private::Extractor<__S>,
    Path<String>: ::webhook_runtime::__private::Extractor<__S>,
    Delivery: ::webhook_runtime::__private::Extractor<__S>,
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
                "github",
                ::core::module_path!(),
                "/github/{team}",
            )
            .payload_shape({
                #[allow(unused_imports)]
                use ::webhook_runtime::__private::AnyPayload as _;
                ::webhook_runtime::__private::ShapeProbe::<Github<'_>>::SHAPE
            });
        const _: () = __ENDPOINT.check_payload();
        ::webhook_runtime::__private::with_schemas!(
            __ENDPOINT.description("Documented, and stays so.").secret_env(& ["NEW",
            "OLD"]), Github < '_ >
        )
    }
    fn call(
        mut delivery: ::webhook_runtime::__private::HandlerInput<__S>,
    ) -> ::webhook_runtime::__private::HandlerFuture {
        ::std::boxed::Box::pin(async move {
            let e0 = match delivery.extract::<State<Db>>().await {
                ::core::result::Result::Ok(value) => value,
                ::core::result::Result::Err(refusal) => return refusal,
            };
            let e1 = match delivery.extract::<Path<String>>().await {
                ::core::result::Result::Ok(value) => value,
                ::core::result::Result::Err(refusal) => return refusal,
            };
            let e2 = match delivery.extract::<Delivery>().await {
                ::core::result::Result::Ok(value) => value,
                ::core::result::Result::Err(refusal) => return refusal,
            };
            let payload = match delivery.payload::<Github<'_>>() {
                ::core::result::Result::Ok(value) => value,
                ::core::result::Result::Err(refusal) => return refusal,
            };
            let _ = github;
            let returned = github(e0, e1, e2, payload).await;
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
