//! Over sockets.

use std::time::Duration;

use webhook_benches::{Client, Server, Slice, setting};

use crate::{Rounds, app, case::ALL};

/// The server's processor time a request, in µs.
pub(crate) fn measure() -> Rounds {
    let rounds = setting("WEBHOOK_BENCH_ROUNDS", 2, 60);
    let slice = Duration::from_millis(setting("WEBHOOK_BENCH_SLICE_MS", 50, 200));
    let server = Server::start(app::NAME);
    let mut clients = ALL.map(|case| Client::connect(server.port, case.wire(), case.status()));
    for client in &mut clients {
        client.drive(slice);
    }
    let mut measured = ALL.map(|_| Vec::new());
    for round in 0..rounds {
        // There and back again, so that nobody always has the same neighbour before it.
        let mut order: Vec<usize> = (0..ALL.len()).collect();
        if round % 2 == 1 {
            order.reverse();
        }
        for at in order {
            let slice: Slice = server.measured(|| clients[at].drive(slice));
            measured[at].push(slice.cost());
        }
    }
    measured
}
