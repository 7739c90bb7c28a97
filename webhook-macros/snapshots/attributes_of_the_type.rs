/// Documented here only.
#[webhook(path = "/webhook")]
#[deprecated(since = "1.1.0", note = "use another")]
#[doc(hidden)]
#[doc(alias = "paid")]
#[cfg_attr(docsrs, doc(cfg(feature = "orders")), allow(unused), deprecated)]
#[cfg_attr(unix, cfg(feature = "orders"))]
#[cfg_attr(windows, allow(unused))]
#[allow(clippy::unused_async)]
async fn order_paid(_: &Delivery) {}
