//! Panics as values.

use std::{
    any::Any,
    fmt,
    future::poll_fn,
    panic::{AssertUnwindSafe, catch_unwind},
    pin::pin,
    task::Poll,
};

/// The error of a future that has panicked, with the message of the panic if it is a text.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Panicked {
    message: Option<String>,
}

impl Panicked {
    fn with_payload(payload: &(dyn Any + Send)) -> Self {
        let text = payload.downcast_ref::<&str>().copied();
        let text = text.or_else(|| payload.downcast_ref::<String>().map(String::as_str));
        Self { message: text.map(str::to_owned) }
    }
}

/// Completes a sentence: `the handler panicked: index out of bounds`.
impl fmt::Display for Panicked {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match &self.message {
            Some(message) => write!(f, "panicked: {message}"),
            None => f.write_str("panicked"),
        }
    }
}

/// Runs a future to its end. A panic in it becomes an error, and the task goes on.
pub(crate) async fn catch_panic<T>(future: impl Future<Output = T>) -> Result<T, Panicked> {
    let mut future = pin!(future);
    poll_fn(|context| match catch_unwind(AssertUnwindSafe(|| future.as_mut().poll(context))) {
        Ok(poll) => poll.map(Ok),
        Err(payload) => Poll::Ready(Err(Panicked::with_payload(&*payload))),
    })
    .await
}

#[cfg(test)]
mod tests {
    use super::*;

    #[tokio::test]
    async fn values_pass_through() {
        let value = catch_panic(async {
            tokio::task::yield_now().await;
            1
        });
        assert_eq!(value.await, Ok(1));
    }

    #[tokio::test]
    async fn panics_become_errors() {
        let at_once = catch_panic(async { panic!("at once") });
        let error = at_once.await.map(|(): ()| ()).expect_err("it panics");
        assert_eq!(error.to_string(), "panicked: at once");
        let later = catch_panic(async {
            tokio::task::yield_now().await;
            panic!("after poll {}", 1);
        });
        let error = later.await.map(|(): ()| ()).expect_err("it panics");
        assert_eq!(error.to_string(), "panicked: after poll 1");
        let silent = catch_panic(async { std::panic::panic_any(7) });
        let error = silent.await.map(|(): ()| ()).expect_err("it panics");
        assert_eq!(error.to_string(), "panicked");
    }
}
