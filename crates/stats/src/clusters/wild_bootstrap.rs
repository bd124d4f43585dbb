//! The wild cluster bootstrap: p-values and limits for a regression coefficient with few clusters.

use nalgebra::{DMatrix, DVector, DVectorView};
use rand_chacha::ChaCha20Rng;
use rand_chacha::rand_core::{Rng, SeedableRng};

use super::inversion::{TIE, limits, note_missing_limit};
use super::sign_flips::check_draws;
use crate::error::open_unit;
use crate::refusal::{Stop, outcome};
use crate::regression::LeastSquares;
use crate::regression::cluster_scores::ClusterScores;
use crate::regression::covariance::{FEW_CLUSTERS, scores};
use crate::{Estimate, Outcome, StatsError};

/// Up to this number of clusters all 2^G sign vectors are enumerated.
pub const ENUMERATED_CLUSTERS: usize = 12;

/// How the bootstrap is run.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Bootstrap<'c> {
    /// Cluster of each row of the fit.
    pub by: &'c [usize],
    /// Whether the residuals whose signs flip come from the model with the coefficient held at the null value. Prefer `true`.
    pub impose_null: bool,
    /// Random sign vectors beyond [`ENUMERATED_CLUSTERS`] clusters, 99 or more.
    pub draws: usize,
    /// Seed of those (ChaCha20).
    pub seed: u64,
}

/// Tests and bounds one coefficient by flipping the signs of all residuals of a cluster together (Rademacher weights).
///
/// # Definition
/// t = (b - null) / se with CR1S errors. p = share of the sign vectors (identity included, ties counted) with |t*| >= |t|; variant "11":
/// residuals as they are, t* with the errors of its own bootstrap sample. Up to [`ENUMERATED_CLUSTERS`] clusters all 2^G vectors are used,
/// beyond them `draws` random ones and p = (1 + extreme) / (1 + draws). The limits are the null values that the same test does not reject.
/// Rows enter only through sums per cluster, so the cost does not depend on their number.
///
/// # Input
/// A fit, the name of one of its columns, and one cluster label per row in [`Bootstrap::by`].
///
/// # Output
/// Point: the coefficient; variance: CR1S; p-value against 0.
///
/// # Undefined when
/// There are fewer than two clusters. With five clusters or fewer no p is below 2^(1-G) >= 0.0625, so limits at 95 % are missing.
///
/// # Assumptions
/// Clusters are independent, and errors symmetric in sign. With 8 clusters of unequal size it rejected a true null at 5 % in 6.5 % of
/// simulated studies, with 6, 16 and 40 in 5.0 to 5.3 % (docs/calibration.md); below [`FEW_CLUSTERS`] the estimate says so. It fails when very few clusters are treated: with one treated cluster the
/// restricted p is far too large and the unrestricted far too small. Prefer [`super::randomisation`] when arms were drawn by cluster.
///
/// # Errors
/// [`StatsError::OutOfRange`] names `name`, `level` or `draws`; [`StatsError::LengthMismatch`] names `by`.
///
/// # Source
/// Cameron, Gelbach and Miller 2008, doi:10.1162/rest.90.3.414, section IV; Roodman, MacKinnon, Nielsen and Webb 2019,
/// doi:10.1177/1536867X19830877, section 5; Canay, Santos and Shaikh 2021, doi:10.1162/rest_a_00887 (few clusters).
///
/// # Example
/// A regression on the constant alone, one row per cluster, is the sign-flip test of [`super::sign_flips`]: Fisher, The Design of
/// Experiments, 1935, section 21, 12 of Darwin's pairs by enumeration of 4096 sign vectors.
/// ```
/// use candor_stats::clusters::{sign_flips, wild_bootstrap::{Bootstrap, coefficient}};
/// use candor_stats::regression::{LeastSquares, Regressors};
///
/// let pairs = [49.0, -67.0, 8.0, 16.0, 6.0, 23.0, 28.0, 41.0, 14.0, 29.0, 56.0, 24.0];
/// let by: Vec<usize> = (0..12).collect();
/// let fitted = LeastSquares::fit(&pairs, Regressors::with_intercept(12))?;
/// let run = Bootstrap { by: &by, impose_null: true, draws: 9_999, seed: 1 };
/// let wild = coefficient(fitted.fit().unwrap(), "intercept", &run, 0.95)?;
/// let flips = sign_flips::mean_difference(&pairs, 0.95, 9_999, 1)?;
/// assert_eq!(wild.estimate().unwrap().p_value, flips.estimate().unwrap().p_value);
/// # Ok::<(), candor_stats::StatsError>(())
/// ```
pub fn coefficient(fit: &LeastSquares<'_>, name: &str, run: &Bootstrap<'_>, level: f64) -> Result<Outcome, StatsError> {
    outcome(try_coefficient(fit, name, run, level))
}

/// One sign vector: t* squared = (a0 + d a1)^2 / (factor (c0 + 2 d c1 + d^2 c2)), d = (b - null) / w'w; d = 0 without the null imposed.
struct Flip {
    numerator: [f64; 2],
    denominator: [f64; 3],
}

/// What the clusters contribute, and from it any sign vector.
struct Parts {
    /// w'u_g and w'S_g w per cluster.
    own: Vec<[f64; 2]>,
    /// (S_h w)'u_g and (S_h w)'(S_g w), row h, column g.
    cross: Vec<Vec<[f64; 2]>>,
}

fn try_coefficient(fit: &LeastSquares<'_>, name: &str, run: &Bootstrap<'_>, level: f64) -> Result<Estimate, Stop> {
    open_unit("level", level)?;
    let Some(at) = fit.regressors().position(name) else {
        return Err(StatsError::OutOfRange {
            argument: "name",
            value: name.to_owned(),
            expected: "the name of a column of the regression",
        }
        .into());
    };
    let scores = scores(fit, "by", run.by)?;
    let count = scores.count();
    let w: DVector<f64> = fit.back().row(at).transpose();
    let mut slopes = DMatrix::zeros(w.len(), count);
    for ((shape, _, _), mut slope) in scores.clusters().zip(slopes.column_iter_mut()) {
        slope.gemv(1.0, &scores.gram_of(shape), &w, 0.0);
    }
    let own: Vec<[f64; 2]> =
        scores.clusters().zip(slopes.column_iter()).map(|((_, score, _), slope)| [w.dot(&score), w.dot(&slope)]).collect();
    let rows = fit.regressors().rows() as f64;
    let g = count as f64;
    let factor = g / (g - 1.0) * (rows - 1.0) / fit.residual_degrees();
    let variance = factor * own.iter().map(|[score, _]| score * score).sum::<f64>();
    let point = fit.coefficients()[at];
    let error = variance.sqrt();
    if !(error.is_finite() && error > 0.0) {
        return Err(Stop::insufficient(
            "residuals without variation between clusters",
            "clusters that differ",
            "flipping the signs of residuals that are all zero tells nothing",
        ));
    }
    let sampled = count > ENUMERATED_CLUSTERS;
    let flips: Vec<Flip> = if sampled {
        check_draws(run.draws)?;
        random_vectors(&own, &slopes, &scores, run)
    } else {
        let pair = |row: usize, column: usize, score: DVectorView<'_, f64>| {
            [slopes.column(row).dot(&score), slopes.column(row).dot(&slopes.column(column))]
        };
        let line = |row| scores.clusters().enumerate().map(|(column, (_, score, _))| pair(row, column, score)).collect();
        let cross = (0..count).map(line).collect();
        every_vector(&Parts { own, cross })
    };
    let squared = w.norm_squared();
    let p_value = |null: f64| {
        let t = ((point - null) / error).abs();
        let bar = (t - TIE * t.max(1.0)).max(0.0);
        let shift = if run.impose_null { (point - null) / squared } else { 0.0 };
        let extreme = flips.iter().filter(|flip| flip.reaches(bar, shift, factor)).count() as f64;
        if sampled { (1.0 + extreme) / (1.0 + flips.len() as f64) } else { extreme / flips.len() as f64 }
    };
    let null_text = if run.impose_null { "null imposed" } else { "null not imposed" };
    let method = if sampled {
        format!("wild cluster bootstrap, Rademacher, {null_text}, {} draws (ChaCha20, seed {})", run.draws, run.seed)
    } else {
        format!("wild cluster bootstrap, Rademacher, {null_text}, all 2^{count} sign vectors")
    };
    let mut estimate = Estimate::new(point, method, rows);
    estimate.variance = Some(variance);
    estimate.clusters = Some(count);
    estimate.p_value = Some(p_value(0.0));
    let interval = limits(point, error, level, p_value);
    estimate.notes.extend(note_missing_limit(&interval));
    estimate.interval = Some(interval);
    if count < FEW_CLUSTERS {
        estimate.notes.push(format!(
            "only {count} clusters: small-sample method (wild cluster bootstrap); with 8 clusters of unequal size 6 to 7 % of simulated studies \
             reject a true null at 5 %"
        ));
    }
    Ok(estimate)
}

impl Flip {
    /// Whether |t*| >= `bar`.
    fn reaches(&self, bar: f64, shift: f64, factor: f64) -> bool {
        let numerator = self.numerator[0] + shift * self.numerator[1];
        let [c0, c1, c2] = self.denominator;
        let denominator = factor * (c0 + 2.0 * shift * c1 + shift * shift * c2);
        // A sample without variance has an infinite t*, unless its numerator is 0 as well: then it counts as a tie.
        numerator * numerator >= bar * bar * denominator.max(0.0)
    }

    /// From the sum of v_g a_g and, per cluster h, v_h a_h - sum of v_g cross_hg.
    fn new(numerator: [f64; 2], deviations: impl Iterator<Item = [f64; 2]>) -> Self {
        let mut denominator = [0.0; 3];
        for [level, slope] in deviations {
            denominator[0] += level * level;
            denominator[1] += level * slope;
            denominator[2] += slope * slope;
        }
        Self { numerator, denominator }
    }
}

/// All sign vectors whose first sign is plus (the mirrored half has the same |t*|), one flip apart from each other (Gray code).
fn every_vector(parts: &Parts) -> Vec<Flip> {
    let count = parts.own.len();
    let mut signs = vec![1.0; count];
    let mut numerator = parts.own.iter().fold([0.0; 2], |sum, own| [sum[0] + own[0], sum[1] + own[1]]);
    let mut shared: Vec<[f64; 2]> =
        parts.cross.iter().map(|row| row.iter().fold([0.0; 2], |sum, own| [sum[0] + own[0], sum[1] + own[1]])).collect();
    let mut flips = Vec::with_capacity(1 << (count - 1));
    for step in 1_usize..=1 << (count - 1) {
        let deviations = parts.own.iter().zip(&signs).zip(&shared);
        flips.push(Flip::new(numerator, deviations.map(|((a, v), s)| [v * a[0] - s[0], v * a[1] - s[1]])));
        let turned = step.trailing_zeros() as usize + 1;
        if turned >= count {
            break;
        }
        signs[turned] = -signs[turned];
        let change = 2.0 * signs[turned];
        for k in 0..2 {
            numerator[k] += change * parts.own[turned][k];
            for (sum, row) in shared.iter_mut().zip(&parts.cross) {
                sum[k] += change * row[turned][k];
            }
        }
    }
    flips
}

/// Random sign vectors; sums go over columns first, which is cheaper than over pairs of clusters.
fn random_vectors(own: &[[f64; 2]], slopes: &DMatrix<f64>, scores: &ClusterScores, run: &Bootstrap<'_>) -> Vec<Flip> {
    let mut random = ChaCha20Rng::seed_from_u64(run.seed);
    let width = slopes.nrows();
    let mut signs = vec![1.0; own.len()];
    let one = |_| {
        for chunk in signs.chunks_mut(64) {
            let mut bits = random.next_u64();
            for sign in chunk {
                *sign = if bits & 1 == 1 { 1.0 } else { -1.0 };
                bits >>= 1;
            }
        }
        let mut numerator = [0.0; 2];
        let (mut level, mut slope) = (DVector::zeros(width), DVector::zeros(width));
        for (((a, v), (_, score, _)), own_slope) in own.iter().zip(&signs).zip(scores.clusters()).zip(slopes.column_iter()) {
            numerator[0] += v * a[0];
            numerator[1] += v * a[1];
            level.axpy(*v, &score, 1.0);
            slope.axpy(*v, &own_slope, 1.0);
        }
        let deviations = own.iter().zip(&signs).zip(slopes.column_iter());
        Flip::new(numerator, deviations.map(|((a, v), row)| [v * a[0] - row.dot(&level), v * a[1] - row.dot(&slope)]))
    };
    (0..run.draws).map(one).collect()
}
