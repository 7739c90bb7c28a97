//! The conformance suite over the network: against any receiver, in any language.

mod effects;
mod junit;
mod report;
mod run;
mod sample;
mod silence;
mod wire;

pub(crate) use report::ended;
pub(crate) use run::{Plan, run};
