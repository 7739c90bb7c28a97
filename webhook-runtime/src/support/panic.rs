//! Panics as values.

use std::{
    future::poll_fn,
    panic::{AssertUnwindSafe, catch_unwind},
    pin::pin,
    task::Poll,
};

/// The error of a future that has panicked. The panic hook has already printed the message.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Panicked;

/// Runs a future to its end. A panic in it becomes an error, and the task goes on.
pub(crate) async fn catch_panic<T>(future: impl Future<Output = T>) -> Result<T, Panicked> {
    let mut future = pin!(future);
    poll_fn(|context| match catch_unwind(AssertUnwindSafe(|| future.as_mut().poll(context))) {
        Ok(poll) => poll.map(Ok),
        Err(_) => Poll::Ready(Err(Panicked)),
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
        assert_eq!(at_once.await, Err::<(), _>(Panicked));
        let later = catch_panic(async {
            tokio::task::yield_now().await;
            panic!("after the first poll");
        });
        assert_eq!(later.await, Err::<(), _>(Panicked));
    }
}
