//! A claimed delivery, and how an attempt at it ends.

use std::time::{Duration, SystemTime};

use bytes::Bytes;

use crate::inbox::{http::head::Head, record::Digest};

/// A claimed delivery, to be run now.
#[derive(Clone)]
#[non_exhaustive]
pub struct Job {
    /// The number of the record.
    pub id: i64,
    /// Which attempt this is, from 1.
    pub attempt: u32,
    /// The name of the endpoint.
    pub endpoint: String,
    /// The name of the provider.
    pub provider: String,
    /// When the request was verified.
    pub received_at: SystemTime,
    /// The request, but for its body.
    pub head: Head,
    /// The body.
    pub body: Bytes,
    pub(crate) fence: Fence,
}

impl Job {
    /// What the claim can be settled by.
    #[must_use]
    pub fn fence(&self) -> Fence {
        self.fence
    }
}

/// What a worker settles its claim by: of no use once the delivery has been claimed anew.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Fence {
    /// The number of the record.
    pub id: i64,
    /// How often it has been claimed, ever. Only goes up.
    pub(crate) claim: i64,
    /// What has to follow when it is finished.
    pub(crate) line: Option<Digest>,
}

/// How an attempt ended.
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum Outcome {
    /// The delivery is completed.
    Done,
    /// To be tried again.
    Retry {
        /// Not before this time has passed, where something said so (`Retry-After`).
        after: Option<Duration>,
        /// Why, for operators.
        reason: String,
    },
    /// Not to be tried again: a dead letter.
    Dead {
        /// Why, for operators.
        reason: String,
    },
}

#[cfg(test)]
mod tests {
    use std::time::UNIX_EPOCH;

    use super::*;

    #[test]
    fn a_claim_is_settled_by_its_fence() {
        let fence = Fence { id: 7, claim: 3, line: Some([1; 16]) };
        let job = Job {
            id: 7,
            attempt: 1,
            endpoint: String::new(),
            provider: String::new(),
            received_at: UNIX_EPOCH,
            head: Head::default(),
            body: Bytes::new(),
            fence,
        };
        assert_eq!(job.fence(), fence);
    }
}
