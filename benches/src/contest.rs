//! Ways to do the same, on one thread, in turn and in short slices, so that whatever else the machine
//! does hits all of them alike.

use std::{
    hint::black_box,
    time::{Duration, Instant},
};

use crate::run::setting;

/// Something that can be done again and again.
pub struct Contestant<'a> {
    name: &'static str,
    run: Box<dyn FnMut(u32) + 'a>,
}

/// What one contestant took, in ns each, round by round.
#[derive(Clone, Debug)]
pub struct Measured {
    /// The contestant.
    pub name: &'static str,
    /// The figures.
    pub rounds: Vec<f64>,
}

impl<'a> Contestant<'a> {
    /// Does this.
    pub fn new<T>(name: &'static str, mut run: impl FnMut() -> T + 'a) -> Self {
        // The loop is inside: what is called through a pointer is called once a slice.
        let run = move |repeats| {
            for _ in 0..repeats {
                black_box(run());
            }
        };
        Self { name, run: Box::new(run) }
    }

    /// Does this, which has to succeed.
    ///
    /// # Panics
    /// When it does not.
    pub fn succeeding(name: &'static str, mut run: impl FnMut() -> bool + 'a) -> Self {
        assert!(run(), "{name} fails");
        Self::new(name, run)
    }

    /// How often it runs in a slice of that length; this warms it up, too.
    fn repeats(&mut self, slice: Duration) -> u32 {
        let mut repeats = 1;
        loop {
            let before = Instant::now();
            (self.run)(repeats);
            let took = before.elapsed();
            if took >= slice {
                return repeats;
            }
            repeats = repeats.saturating_mul(2);
        }
    }

    /// How many ns one takes.
    fn timed(&mut self, repeats: u32) -> f64 {
        let before = Instant::now();
        (self.run)(repeats);
        before.elapsed().as_secs_f64() * 1e9 / f64::from(repeats)
    }
}

/// Lets all of them run. `WEBHOOK_BENCH_ROUNDS` and `WEBHOOK_BENCH_SLICE_US` say how often and for how
/// long.
#[must_use]
pub fn measure(mut contestants: Vec<Contestant<'_>>) -> Vec<Measured> {
    let slice = Duration::from_micros(setting("WEBHOOK_BENCH_SLICE_US", 200, 2000));
    let repeats: Vec<u32> =
        contestants.iter_mut().map(|contestant| contestant.repeats(slice)).collect();
    let mut measured: Vec<Measured> = contestants
        .iter()
        .map(|contestant| Measured { name: contestant.name, rounds: Vec::new() })
        .collect();
    for round in 0..setting("WEBHOOK_BENCH_ROUNDS", 3, 200) {
        // There and back again, so that nobody always has the same neighbour before it.
        let mut order: Vec<usize> = (0..contestants.len()).collect();
        if round % 2 == 1 {
            order.reverse();
        }
        for at in order {
            measured[at].rounds.push(contestants[at].timed(repeats[at]));
        }
    }
    measured
}
