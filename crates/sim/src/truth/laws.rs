//! Limits of estimators where units with different laws are followed for different times.

use std::collections::BTreeMap;

/// Lives with Weibull laws of one shape and different shares at 90 days, each followed for some whole days.
#[derive(Debug, Default)]
pub struct Mixture {
    /// From (share at 90 days in millionths, days followed) to weight.
    parts: BTreeMap<(u32, usize), f64>,
    /// Blocks.
    pub units: usize,
}

impl Mixture {
    /// Adds lives.
    pub fn add(&mut self, survival_90d: f64, followed: usize, weight: f64) {
        *self.parts.entry(((survival_90d * 1e6).round() as u32, followed)).or_default() += weight;
        self.units += 1;
    }

    /// The limit of Kaplan and Meier's estimator after so many days; `None` where nobody is followed for as long.
    pub fn weibull(&self, shape: f64, days: usize) -> Option<f64> {
        let mut product = 1.0;
        for day in 1..=days {
            let (mut dead, mut all) = (0.0, 0.0);
            for ((share, followed), weight) in &self.parts {
                if *followed >= day {
                    let at = |day: usize| (f64::from(*share) / 1e6).powf((day as f64 / 90.0).powf(shape));
                    dead += weight * (at(day - 1) - at(day));
                    all += weight * at(day - 1);
                }
            }
            if all <= 0.0 {
                return None;
            }
            product *= 1.0 - dead / all;
        }
        Some(product)
    }
}

/// Features with log-normal durations of different medians, each followed for some days.
#[derive(Debug, Default)]
pub struct Features(Vec<(f64, f64)>);

impl Features {
    /// Adds a feature.
    pub fn add(&mut self, median: f64, followed: f64) {
        self.0.push((median, followed));
    }

    /// Number of features.
    pub fn units(&self) -> usize {
        self.0.len()
    }

    /// The limit of the median by Kaplan and Meier; `None` where it is not reached.
    pub fn median(&self, sd: f64) -> Option<f64> {
        const STEP: f64 = 0.25;
        let longest = self.0.iter().map(|(_, followed)| *followed).fold(0.0, f64::max);
        let (mut product, mut day) = (1.0, 0.0);
        while day < longest {
            let (mut dead, mut all) = (0.0, 0.0);
            for (median, _) in self.0.iter().filter(|(_, followed)| *followed >= day + STEP) {
                let alive = |day: f64| if day <= 0.0 { 1.0 } else { 1.0 - normal((day / median).ln() / sd) };
                dead += alive(day) - alive(day + STEP);
                all += alive(day);
            }
            if all <= 0.0 {
                return None;
            }
            let next = product * (1.0 - dead / all);
            if next < 0.5 {
                return Some(day + STEP * (product - 0.5) / (product - next));
            }
            product = next;
            day += STEP;
        }
        None
    }
}

/// The distribution function of the standard normal law (Abramowitz and Stegun 1964, 7.1.26: within 1.5e-7).
pub fn normal(x: f64) -> f64 {
    let z = x.abs() / std::f64::consts::SQRT_2;
    let t = 1.0 / (1.0 + 0.327_591_1 * z);
    let tail = t * (0.254_829_592 + t * (-0.284_496_736 + t * (1.421_413_741 + t * (-1.453_152_027 + t * 1.061_405_429))));
    let upper = 0.5 * tail * (-z * z).exp();
    if x < 0.0 { upper } else { 1.0 - upper }
}

/// The mean of a normal value that is cut to 0 and 1.
pub fn clamped(mean: f64, sd: f64) -> f64 {
    let density = |x: f64| (-0.5 * x * x).exp() / (2.0 * std::f64::consts::PI).sqrt();
    let (low, high) = ((0.0 - mean) / sd, (1.0 - mean) / sd);
    let inside = normal(high) - normal(low);
    mean * inside - sd * (density(high) - density(low)) + 1.0 - normal(high)
}

/// Limits of Aalen and Johansen's estimator at 24 months, promoted and left, for juniors with (chance of promotion, chance of leaving, months
/// followed). Promotions come evenly from 8 to 23.9 months, leaving from 1 to 23.9, as careers are drawn.
pub fn promotions(juniors: &[(f64, f64, f64)]) -> Option<(f64, f64)> {
    const STEPS: usize = 480;
    let step = 24.0 / STEPS as f64;
    let passed = |from: f64, month: f64| ((month - from) / (23.9 - from)).clamp(0.0, 1.0);
    let (mut still, mut promoted, mut left) = (1.0, 0.0, 0.0);
    for number in 0..STEPS {
        let (from, to) = (number as f64 * step, (number + 1) as f64 * step);
        let (mut up, mut out, mut all) = (0.0, 0.0, 0.0);
        for (chance, leaving, _) in juniors.iter().filter(|(_, _, followed)| *followed >= to) {
            up += chance * (passed(8.0, to) - passed(8.0, from));
            out += leaving * (passed(1.0, to) - passed(1.0, from));
            all += 1.0 - chance * passed(8.0, from) - leaving * passed(1.0, from);
        }
        if all <= 0.0 {
            return None;
        }
        promoted += still * up / all;
        left += still * out / all;
        still *= 1.0 - (up + out) / all;
    }
    Some((promoted, left))
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used, clippy::panic)]
    use super::*;

    #[test]
    fn limits_are_the_laws_where_all_have_one() {
        let mut mixture = Mixture::default();
        for followed in [20, 90, 90, 50, 90] {
            mixture.add(0.58, followed, 3.0);
        }
        let share = mixture.weibull(0.7, 90).unwrap();
        assert!((share - 0.58).abs() < 1e-9, "{share}");
        let juniors = vec![(0.65, 0.15, 40.0), (0.65, 0.15, 12.0), (0.65, 0.15, 30.0)];
        let (promoted, left) = promotions(&juniors).unwrap();
        assert!((promoted - 0.65).abs() < 1e-9 && (left - 0.15).abs() < 1e-9, "{promoted} {left}");
        let mut features = Features::default();
        (0..4).for_each(|number| features.add(32.0, 100.0 + f64::from(number)));
        let median = features.median(0.5).unwrap();
        assert!((median - 32.0).abs() < 0.05, "{median}");
        assert!((clamped(0.6, 0.01) - 0.6).abs() < 1e-6);
    }
}
