//! The cases, by what they are about.

pub(super) mod claim;
pub(super) mod enqueue;
pub(super) mod finish;
pub(super) mod inbox;
pub(super) mod operate;
pub(super) mod order;
pub(super) mod processes;
pub(super) mod transaction;
pub(super) mod turns;

use crate::testing::store::{Failure, Verdict};

type Result<T = Verdict> = std::result::Result<T, Failure>;
