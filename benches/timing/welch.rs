//! Welch's t-test of two classes of times, with what is slow left out step by step.

/// How many percentiles are tried; `dudect` has as many.
const CROPS: u32 = 100;

/// Less than this is no class to compare.
const LEAST: u32 = 500;

/// The largest |t| of two classes, whole and below each percentile of both together.
pub(crate) fn largest_t(times: &[Vec<u32>; 2]) -> f64 {
    let mut all: Vec<u32> = times.concat();
    all.sort_unstable();
    let percentile = |crop: u32| {
        // Close together where most of the samples are.
        let share = 1.0 - 0.5_f64.powf(10.0 * f64::from(crop) / f64::from(CROPS));
        #[allow(
            clippy::cast_possible_truncation,
            clippy::cast_sign_loss,
            clippy::cast_precision_loss
        )]
        let at = (share * all.len() as f64) as usize;
        all[at.min(all.len() - 1)]
    };
    let cropped = (1..=CROPS).map(percentile);
    cropped.chain([u32::MAX]).filter_map(|limit| t(times, limit)).fold(0.0, f64::max)
}

/// |t| of the times below a limit.
fn t(times: &[Vec<u32>; 2], limit: u32) -> Option<f64> {
    let [left, right] = times.each_ref().map(|times| Moments::of(times, limit));
    if left.count < LEAST || right.count < LEAST {
        return None;
    }
    let spread = (left.of_the_mean() + right.of_the_mean()).sqrt();
    (spread > 0.0).then(|| (left.mean - right.mean).abs() / spread)
}

/// Number, mean and sum of squared differences from it (Welford).
#[derive(Default)]
struct Moments {
    count: u32,
    mean: f64,
    squares: f64,
}

impl Moments {
    fn of(times: &[u32], limit: u32) -> Self {
        let mut moments = Self::default();
        for time in times.iter().copied().filter(|time| *time < limit) {
            moments.count += 1;
            let from_old = f64::from(time) - moments.mean;
            moments.mean += from_old / f64::from(moments.count);
            moments.squares += from_old * (f64::from(time) - moments.mean);
        }
        moments
    }

    /// The variance of the mean.
    fn of_the_mean(&self) -> f64 {
        self.squares / f64::from(self.count - 1) / f64::from(self.count)
    }
}
