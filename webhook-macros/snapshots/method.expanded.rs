async fn method(&self, order: Order<'_>) {}
::core::compile_error! {
    "a webhook handler is a free function: move it out of the `impl`\nwhat it needs of `self` can come as `State(app): State<App>`"
}
