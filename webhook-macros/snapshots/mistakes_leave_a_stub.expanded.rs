fn two_in_the_attribute_one_below(order: Order<'_>) {}
/// The endpoint of the webhook handler `two_in_the_attribute_one_below`.
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
enum two_in_the_attribute_one_below {}
#[automatically_derived]
#[allow(
    deprecated,
    unused_qualifications,
    clippy::all,
    clippy::pedantic,
    clippy::nursery
)]
impl<__S> ::webhook_runtime::Webhook<__S> for two_in_the_attribute_one_below
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
    "there is no option `pth`; did you mean `path`?\nthe options are `path`, `name`, `secret_env`, `verify_token_env`, `provider`, `tolerance`, `respond_within`, `inbox`, `max_body`, `max_in_flight`, `crate`"
}
::core::compile_error! {
    "`max_body` needs a value: `max_body = 64 * 1024`"
}
::core::compile_error! {
    "a webhook handler is `async`: `async fn two_in_the_attribute_one_below`"
}
