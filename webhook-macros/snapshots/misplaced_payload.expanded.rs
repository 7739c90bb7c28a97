async fn misplaced(order: Order<'_>, State(db): State<Db>) {}
/// The endpoint of the webhook handler `misplaced`.
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
enum misplaced {}
#[automatically_derived]
#[allow(
    deprecated,
    unused_qualifications,
    clippy::all,
    clippy::pedantic,
    clippy::nursery
)]
impl<__S> ::webhook_runtime::Webhook<__S> for misplaced
where
    __S: ::core::clone::Clone + ::core::marker::Send + ::core::marker::Sync + 'static,
{
    fn endpoint() -> ::webhook_runtime::Endpoint {
        ::core::unimplemented!()
    }
    fn call(
        _: ::webhook_runtime::__private::HandlerInput<__S>,
    ) -> ::webhook_runtime::__private::HandlerFuture {
        ::core::unimplemented!()
    }
}
::core::compile_error! {
    "the last argument is the payload, but `State` is an extractor\nmove `order: Order<'_>` to the end\nis it a type of your own? then write `self::State<Db>`"
}
