//! How far two independent kinds of evidence agree: what a recording tool attests against what commits declare.

use candor_stats::linearised::Spread;
use candor_stats::proportions::single::wilson;
use candor_stats::{Estimate, Interval, Outcome};

use crate::document::{Agreement, AgreementRow};
use crate::error::MetricsError;
use crate::facts;

/// Estimates how well declarations (trailers, identities, footers) find what a recording tool attests.
///
/// # Definition
/// Over the commits with a record: sensitivity by commits = flagged commits / commits whose record attests at least half of the added lines
/// to AI; sensitivity by lines = attested lines in flagged commits / attested lines; false flags = flagged commits / commits with a record
/// that attests no line; attested inside = attested lines that the commit itself added / lines that the record claims.
///
/// # Output
/// Shares, 0 to 1, with Wilson limits. Lines of one commit agree or disagree together, so the limits of the two shares of lines use
/// the effective number of commits `(sum w)^2 / sum w^2` instead of the number of lines.
///
/// # Undefined when
/// There is no commit (no line) in the denominator: `Insufficient`.
///
/// # Assumptions
/// The record is the more trustworthy side. It is no proof that lines which it does not attest are human.
///
/// # Source
/// Wilson 1927, "Probable inference, the law of succession, and statistical inference", J. Am. Stat. Assoc. 22, 209-212;
/// Kish 1965, "Survey Sampling", section 8.2, for the effective number.
pub(crate) fn compute<'a>(rows: impl Iterator<Item = &'a facts::AgreementRow>, level: f64) -> Result<Agreement, MetricsError> {
    const KINDS: [&str; 5] = ["at_least_half_ai", "some_ai", "no_ai", "no_lines", "no_record"];
    let mut table = [[0_u64; 2]; KINDS.len()];
    let (mut by_lines, mut inside) = (Share::default(), Share::default());
    let mut recorded_commits = 0;
    for row in rows {
        let kind = kind(row);
        recorded_commits += u64::from(row.has_record);
        table[kind][usize::from(!row.declared_ai)] += 1;
        if row.has_record {
            by_lines.add(if row.declared_ai { row.recorded_ai } else { 0 }, row.recorded_ai);
            inside.add(row.recorded_ai.min(row.claimed), row.claimed);
        }
    }
    let commits = |kind: usize, nothing: &str| match table[kind].iter().sum() {
        0 => Ok(Outcome::insufficient("0 commits", "1 commit", nothing)),
        all => wilson(table[kind][0], all, level)
            .map_err(|source| MetricsError::Statistic { figure: "agreement by commits".to_string(), source }),
    };
    Ok(Agreement {
        recorded_commits,
        sensitivity_commits: commits(0, "no commit has a record that attests at least half of its lines to AI")?,
        sensitivity_lines: by_lines.estimate(level, "no line is attested to AI by a recording tool"),
        flagged_without_ai: commits(2, "no commit has a record that attests none of its lines to AI")?,
        attested_inside: inside.estimate(level, "no record claims a line"),
        table: KINDS
            .iter()
            .zip(table)
            .map(|(record, [declared, not_declared])| AgreementRow { record: (*record).to_string(), declared, not_declared })
            .collect(),
    })
}

fn kind(row: &facts::AgreementRow) -> usize {
    match (row.has_record, row.added, row.recorded_ai) {
        (false, _, _) => 4,
        (true, 0, _) => 3,
        (true, _, 0) => 2,
        (true, added, ai) if 2 * ai >= added => 0,
        (true, _, _) => 1,
    }
}

/// A share of a weight that comes in lumps.
#[derive(Default)]
struct Share {
    part: f64,
    whole: f64,
    squares: f64,
    lumps: usize,
}

impl Share {
    fn add(&mut self, part: u64, whole: u64) {
        self.part += part as f64;
        self.whole += whole as f64;
        self.squares += (whole as f64).powi(2);
        self.lumps += usize::from(whole > 0);
    }

    fn estimate(&self, level: f64, nothing: &str) -> Outcome {
        if self.whole <= 0.0 {
            return Outcome::insufficient("0 lines", "1 line", nothing);
        }
        let point = self.part / self.whole;
        let mut estimate = Estimate::new(point, "share of lines, Wilson limits on the effective number of commits", self.whole);
        let (lower, upper) = wilson_limits(point, self.whole * self.whole / self.squares, level);
        estimate.interval = Some(Interval::new(lower, upper, level));
        estimate.clusters = Some(self.lumps);
        Outcome::Estimate(estimate)
    }
}

/// Wilson's score limits of a share seen on `n` units, which here is an effective number and not whole.
fn wilson_limits(share: f64, n: f64, level: f64) -> (f64, f64) {
    let z = Spread { variance: 1.0, degrees_of_freedom: None, clusters: 0 }.margin(level);
    let (square, scale) = (z * z, 1.0 + z * z / n);
    let middle = (share + square / (2.0 * n)) / scale;
    let half = z * (share * (1.0 - share) / n + square / (4.0 * n * n)).sqrt() / scale;
    ((middle - half).max(0.0), (middle + half).min(1.0))
}
