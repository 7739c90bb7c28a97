//! Without sockets.

use std::{
    future::Future as _,
    pin::pin,
    task::{Context, Poll, Waker},
};

use axum::{Router, body::Body, extract::Request};
use tower_service::Service as _;
use webhook_benches::Contestant;

use crate::{Rounds, app, case::ALL};

/// What an answer takes, in ns, without what the making of the request does.
pub(crate) fn measure() -> Rounds {
    let mut contestants = Vec::new();
    for case in ALL {
        let (head, body) = (case.head(), case.body());
        let request = move || Request::from_parts(head.clone(), Body::from(body.clone()));
        contestants.push(Contestant::new("the request", request.clone()));
        let mut router = app::router();
        contestants.push(Contestant::succeeding("the answer", move || {
            answer(&mut router, request()) == case.status()
        }));
    }
    let measured = webhook_benches::measure(contestants);
    let mut answers = measured.chunks(2).map(|pair| {
        let [request, answer] = pair else { unreachable!("two of each case") };
        answer
            .rounds
            .iter()
            .zip(&request.rounds)
            .map(|(answer, request)| answer - request)
            .collect()
    });
    ALL.map(|_| answers.next().expect("every case was measured"))
}

/// The status of the answer.
fn answer(router: &mut Router, request: Request) -> u16 {
    let mut answer = pin!(router.call(request));
    // The body is there, and nothing else is waited for: no runtime is needed.
    let mut context = Context::from_waker(Waker::noop());
    let Poll::Ready(Ok(answer)) = answer.as_mut().poll(&mut context) else {
        panic!("the answer has to wait for something");
    };
    answer.status().as_u16()
}
