pub async fn renamed(order: Order<'_>) {}
/// The endpoint of the webhook handler `renamed`.
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
pub enum renamed {}
#[automatically_derived]
#[allow(
    deprecated,
    unused_qualifications,
    clippy::all,
    clippy::pedantic,
    clippy::nursery
)]
impl<__S> hooks::Webhook<__S> for renamed
where
    __S: ::core::clone::Clone + ::core::marker::Send + ::core::marker::Sync + 'static,
{
    fn endpoint() -> hooks::Endpoint {
        ::core::unimplemented!()
    }
    fn call(_: hooks::__private::HandlerInput<__S>) -> hooks::__private::HandlerFuture {
        ::core::unimplemented!()
    }
}
::core::compile_error! {
    "write `{id}` instead of `:id`"
}
