//! The samples of a measurement, and what is made of them.

use crate::{BandwidthRun, RateRun, Reading};

/// What was measured in all rounds.
#[derive(Debug, Default)]
pub(super) struct Samples {
    /// Work a second: GB/s or TFLOPS.
    rates: Vec<f64>,
    /// Whether the next sample takes the place of all rates so far.
    replace: bool,
    /// Whether the GPU's clock gave a time that is none: zero, or not a number.
    no_time: bool,
    /// Whether a result was wrong.
    wrong: bool,
}

impl Samples {
    /// Takes a sample: `work` in bytes or operations, the time in milliseconds. The rate is in
    /// 10⁹ a second.
    pub(super) fn add(&mut self, work: f64, milliseconds: f64) {
        if std::mem::take(&mut self.replace) {
            self.rates.clear();
        }
        let rate = work / milliseconds / 1e6;
        if rate.is_finite() && milliseconds > 0.0 {
            self.rates.push(rate);
        } else {
            self.no_time = true;
        }
    }

    /// Forgets the rates as soon as there is another; errors stay.
    pub(super) fn replace_rates(&mut self) {
        self.replace = true;
    }

    /// Takes what the comparison said.
    pub(super) fn verify(&mut self, right: bool) {
        self.wrong |= !right;
    }

    /// The rate, and whether it can be believed. A time that is none makes the rate zero, so that
    /// it is seen as the error that it is.
    fn median(&self) -> Reading<(f64, bool)> {
        if self.no_time {
            return Reading::Found((0.0, false));
        }
        let mut sorted = self.rates.clone();
        sorted.sort_by(f64::total_cmp);
        sorted
            .get(sorted.len() / 2)
            .map_or_else(Reading::default, |median| Reading::Found((*median, !self.wrong)))
    }

    pub(super) fn bandwidth(&self, peak_gb_per_s: Option<f64>) -> Reading<BandwidthRun> {
        self.median().map(|(gb_per_s, verified)| BandwidthRun { gb_per_s, peak_gb_per_s, verified })
    }

    pub(super) fn rate(&self, peak_tflops: Option<f64>) -> Reading<RateRun> {
        self.median().map(|(rate, verified)| RateRun { tflops: rate / 1e3, peak_tflops, verified })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_median_of_good_samples_counts() {
        let mut samples = Samples::default();
        for milliseconds in [1.0, 4.0, 2.0] {
            samples.add(8e9, milliseconds);
        }
        samples.verify(true);
        let run = BandwidthRun { gb_per_s: 4000.0, peak_gb_per_s: Some(4800.0), verified: true };
        assert_eq!(samples.bandwidth(Some(4800.0)), Reading::Found(run));
        samples.verify(false);
        assert!(!samples.rate(None).found().unwrap().verified);
    }

    #[test]
    fn rates_are_replaced_and_errors_stay() {
        let mut samples = Samples::default();
        samples.add(8e9, 8.0);
        samples.verify(false);
        samples.replace_rates();
        let rate = |samples: &Samples| *samples.rate(None).found().unwrap();
        assert_eq!(rate(&samples), RateRun { tflops: 1.0, peak_tflops: None, verified: false });
        samples.add(8e9, 2.0);
        samples.add(8e9, 2.0);
        assert_eq!(rate(&samples), RateRun { tflops: 4.0, peak_tflops: None, verified: false });
    }

    #[test]
    fn a_time_that_is_none_is_an_error_and_never_a_rate() {
        for milliseconds in [f64::NAN, 0.0, -1.0] {
            let mut samples = Samples::default();
            samples.add(8e9, 1.0);
            samples.add(8e9, milliseconds);
            let run = RateRun { tflops: 0.0, peak_tflops: None, verified: false };
            assert_eq!(samples.rate(None), Reading::Found(run), "{milliseconds}");
        }
        let mut samples = Samples::default();
        samples.add(8e9, f64::INFINITY);
        assert_eq!(samples.rate(None).found().map(|run| run.tflops), Some(0.0));
    }

    #[test]
    fn nothing_measured_is_not_looked_at() {
        assert!(Samples::default().bandwidth(None).unknown().is_some());
    }
}
