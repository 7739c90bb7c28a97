//! Instructions a request, without a socket, as `valgrind` counts them: from a request whose head
//! is parsed and whose body is there, to the response.
//!
//! Valgrind's processor has no SHA instructions, so that SHA-256 costs some 15 times what it does
//! in truth and hides everything else. Required is the ratio of all instructions; the ratio
//! without those of SHA-256 is the sharper one, and printed too.
//!
//! `WEBHOOK_BENCH_REQUESTS` says how many requests are counted.

mod callgrind;

use std::{
    future::Future as _,
    hint::black_box,
    pin::pin,
    task::{Context, Poll, Waker},
};

use axum::{Router, body::Body, extract::Request};
use bytes::Bytes;
use tower_service::Service as _;
use webhook_benches::{
    Required, Sample, Table,
    Variant::{self, Bare, Generated, GeneratedOwned, HandWritten, HandWrittenOwned},
    samples, setting, wanted,
};

use crate::callgrind::{Count, count};

fn main() {
    let arguments: Vec<String> = std::env::args().collect();
    if let Some(variant) = arguments.get(1).and_then(|name| Variant::named(name)) {
        let [sample, requests] = &arguments[2..] else { panic!("a sample and a number") };
        let sample = Sample::ALL.into_iter().find(|it| it.name() == sample).expect("a sample");
        answer(variant, sample, requests.parse().expect("a number"));
    } else if wanted() {
        compare();
    }
}

fn compare() {
    let requests = setting("WEBHOOK_BENCH_REQUESTS", 10, 500);
    for sample in samples() {
        let counts = Variant::ALL.map(|variant| per_request(variant, sample, requests));
        report(sample, &counts);
    }
}

/// What is paid once, at the first requests, is in both counts, and so not in the difference.
fn per_request(variant: Variant, sample: Sample, requests: u64) -> Count {
    const WARM_UP: u64 = 10;
    let few = count(variant, sample, WARM_UP);
    let many = count(variant, sample, WARM_UP + requests);
    Count { all: (many.all - few.all) / requests, hashing: (many.hashing - few.hashing) / requests }
}

fn report(sample: Sample, counts: &[Count]) {
    let title = format!("{} {} B", sample.name(), sample.body().len());
    let mut table = Table::new(&title, &["instructions", "without SHA-256"]);
    for (variant, count) in Variant::ALL.iter().zip(counts) {
        table.row(variant.name(), &[figure(count.all), figure(count.rest())]);
    }
    table.print();
    let line = |what: &str, required: Required, of: Variant, to: Variant| {
        let [of, to] = [of, to].map(|variant| counts[variant.at()]);
        println!("{}", required.line(what, figure(of.all) / figure(to.all)));
        let without = format!("{what}, without SHA-256");
        println!("{}", Required::Nothing.line(&without, figure(of.rest()) / figure(to.rest())));
    };
    let enough = Required::AtMost(1.05);
    line("generated : hand-written", enough, Generated, HandWritten);
    line("the same, owned fields", enough, GeneratedOwned, HandWrittenOwned);
    line("generated : hand-written, owned", Required::Nothing, Generated, HandWrittenOwned);
    line("generated : bare", Required::Nothing, Generated, Bare);
    println!();
}

/// Exact: no count comes near 2 to the 52.
#[expect(clippy::cast_precision_loss, reason = "counts are small")]
fn figure(count: u64) -> f64 {
    count as f64
}

/// Answers requests, for valgrind to watch.
fn answer(variant: Variant, sample: Sample, requests: usize) {
    let mut router = variant.router();
    let (head, _) = sample.request().into_parts();
    for _ in 0..requests {
        let body = Body::from(Bytes::from_static(sample.body()));
        counted_answer(&mut router, Request::from_parts(head.clone(), body));
    }
}

/// What is counted. Its name is known to [`callgrind`].
#[inline(never)]
fn counted_answer(router: &mut Router, request: Request) {
    let mut answer = pin!(router.call(black_box(request)));
    // The body is there, and nothing else is waited for: no runtime is needed.
    let mut context = Context::from_waker(Waker::noop());
    let Poll::Ready(Ok(answer)) = answer.as_mut().poll(&mut context) else {
        panic!("the answer has to wait for something");
    };
    assert_eq!(answer.status(), 200);
    black_box(answer);
}
