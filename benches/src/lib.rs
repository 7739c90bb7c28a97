//! Generated endpoints side by side with hand-written axum handlers that do the same.
//!
//! Each benchmark is one command, prints its ratios, and says which of them miss what is required:
//!
//! ```text
//! cargo bench -p webhook-benches --bench throughput     # requests per second over loopback
//! cargo bench -p webhook-benches --bench serving        # `serve` beside other servers
//! cargo bench -p webhook-benches --bench instructions   # callgrind, needs valgrind
//! cargo bench -p webhook-benches --bench refusals       # what it costs to refuse, beside a 404
//! cargo bench -p webhook-benches --bench compile_time   # CPU time of `cargo build`, needs Linux
//! cargo bench -p webhook-benches --bench events         # enums of events, beside serde's own
//! cargo bench -p webhook-benches --bench timing         # whether refusals tell what is right, by their time
//! cargo bench -p webhook-benches --bench metrics --features metrics  # what metrics cost, at most 3 %
//! cargo bench -p webhook-benches --bench inbox --features inbox  # stored before they are answered
//! ```
//!
//! `-- commit_comment` after the first two measures one payload only. `WEBHOOK_BENCH_QUICK=1` makes each of them a short run that shows that it works; its figures
//! mean little.

mod contest;
mod generated;
mod handwritten;
mod loopback;
pub mod payload;
mod report;
mod run;
mod sample;
mod variant;

pub use contest::{Contestant, Measured, measure};
pub use generated::hooks;
pub use loopback::{Client, Server, Slice, serve};
pub use report::{Required, Table, median, noise};
pub use run::{is_quick, samples, setting, wanted};
pub use sample::{SECRET, Sample};
pub use variant::Variant;
