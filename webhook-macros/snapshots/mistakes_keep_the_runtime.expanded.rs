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
const _: () = {
    #[allow(unused_imports)]
    use hooks::webhook_runtime as __webhook_runtime;
    #[automatically_derived]
    #[allow(
        deprecated,
        unused_qualifications,
        clippy::all,
        clippy::pedantic,
        clippy::nursery
    )]
    impl<__S> __webhook_runtime::Webhook<__S> for renamed
    where
        __S: ::core::clone::Clone + ::core::marker::Send + ::core::marker::Sync
            + 'static,
    {
        fn endpoint() -> __webhook_runtime::Endpoint {
            ::core::unimplemented!()
        }
        fn call(
            _: __webhook_runtime::__private::HandlerInput<__S>,
        ) -> __webhook_runtime::__private::HandlerFuture {
            ::core::unimplemented!()
        }
    }
};
::core::compile_error! {
    "write `{id}` instead of `:id`"
}
