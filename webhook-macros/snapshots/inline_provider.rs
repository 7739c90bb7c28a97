#[webhook(path = "/acme", provider = Provider::new("acme").scheme(SCHEME))]
async fn acme(event: Acme<'_>) -> StatusCode {
    StatusCode::OK
}
