async fn method(&self, order: Order<'_>) {}
::core::compile_error! {
    "a webhook handler is a free function: move it out of the `impl`\npass what it needs from `self` as `State(app): State<App>`"
}
