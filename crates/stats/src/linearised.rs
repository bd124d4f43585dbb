//! Variance of a linearised estimator from sums per cluster, with the small-sample method that holds for few and unequal clusters.
//!
//! A clustered curve, ratio or share is, to first order, a sum of one influence per cluster. The plain variance is the sum of their
//! squares (infinitesimal jackknife); it is too small when clusters are few or one of them carries much of the sample. The
//! small-sample method inflates each influence by the share that its cluster carries (CR2) and refers to Student's t with Satterthwaite's
//! degrees of freedom: Bell and McCaffrey 2002, "Bias reduction in standard errors for linear regression with multi-stage samples",
//! Survey Methodology 28(2), applied to a weighted mean of clusters.

use serde::Serialize;

use crate::distributions::{normal_critical, normal_two_sided, student_critical, student_two_sided};

/// Below this number of clusters an estimate says that a small-sample method was used.
pub const FEW_CLUSTERS: usize = 10;

/// How the spread between clusters becomes an interval.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum Reference {
    /// CR2-type variance, Student's t with Satterthwaite's degrees of freedom. Tends to [`Reference::Normal`] as clusters grow in number.
    SmallSample,
    /// Sum of squared influences times G / (G - 1), Student's t with G - 1 degrees of freedom, as R's `survey` package does; G counts also the
    /// clusters that carry nothing.
    Design,
    /// Plain sum of squared influences and the normal law, as R's `survival` package does.
    Normal,
}

impl Reference {
    /// What to write into a method, after `infinitesimal jackknife` or `linearised`.
    #[must_use]
    pub(crate) fn name(self) -> &'static str {
        match self {
            Self::SmallSample => "by cluster with CR2 factors, Student's t",
            Self::Design => "by cluster with G/(G-1), Student's t",
            Self::Normal => "by cluster, normal limits",
        }
    }
}

/// One estimator seen by cluster. The three vectors have one entry per cluster, sorted by cluster identifier.
#[derive(Debug, Clone, PartialEq)]
pub struct Linearised {
    /// Cluster identifiers, ascending.
    pub clusters: Vec<u32>,
    /// First-order change of the estimator when the weights of the cluster are scaled by (1 + e), per e.
    pub influence: Vec<f64>,
    /// Share of the information that the cluster carries; sums to 1.
    pub share: Vec<f64>,
    /// Variance that the estimator would have if single units were independent of each other; 0 when it is not known. It tells noise within
    /// clusters, which large clusters average out, from differences between clusters, which they do not: that decides the degrees of freedom.
    pub unit_variance: f64,
}

impl Linearised {
    /// The largest share of one cluster, 0 to 1; `None` without clusters.
    #[must_use]
    pub fn leading(&self) -> Option<f64> {
        self.share.iter().copied().reduce(f64::max)
    }
}

/// A variance with what is needed to read it.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Spread {
    /// Variance of the estimator.
    pub variance: f64,
    /// Satterthwaite's degrees of freedom; `None` for the normal law.
    pub degrees_of_freedom: Option<f64>,
    /// Number of clusters that enter.
    pub clusters: usize,
}

impl Spread {
    /// Half-width of the two-sided interval at `level`.
    #[must_use]
    pub fn margin(&self, level: f64) -> f64 {
        let critical = match self.degrees_of_freedom {
            Some(degrees) => student_critical(1.0 - level, degrees),
            None => normal_critical(1.0 - level),
        };
        critical * self.variance.sqrt()
    }

    /// Two-sided p-value of `value` against 0; `None` without any spread.
    #[must_use]
    pub fn p_value(&self, value: f64) -> Option<f64> {
        let t = value / self.variance.sqrt();
        t.is_finite().then(|| match self.degrees_of_freedom {
            Some(degrees) => student_two_sided(t, degrees),
            None => normal_two_sided(t),
        })
    }

    /// What a reader of the estimate must know about the number of clusters, if anything.
    #[must_use]
    pub fn note(&self) -> Option<String> {
        if self.clusters >= FEW_CLUSTERS {
            return None;
        }
        Some(match self.degrees_of_freedom {
            Some(degrees) => {
                format!(
                    "only {} clusters: small-sample variance and Student's t with {degrees:.1} degrees of freedom",
                    self.clusters
                )
            }
            None => format!("only {} clusters: normal limits are too narrow for so few", self.clusters),
        })
    }
}

/// One estimator's part in a combination: the clusters, and the factor of the estimator.
#[derive(Debug, Clone, Copy)]
pub struct Part<'a> {
    /// The estimator by cluster.
    pub linearised: &'a Linearised,
    /// Factor, for example 1 and -1 in a difference.
    pub factor: f64,
}

/// Variance of the sum of `factor * estimator` over `parts`, joint over clusters that occur in several of them.
///
/// `None` when there are fewer than two clusters in some part, or when one cluster carries a whole part: then nothing says how clusters vary.
///
/// The degrees of freedom treat the parts of one cluster as independent, each with its own variance (Welch). Their working model is a mixture of
/// noise within clusters and differences between clusters, in the proportion of `unit_variance` to the variance by cluster.
#[must_use]
pub fn spread(parts: &[Part<'_>], reference: Reference) -> Option<Spread> {
    let mut clusters: Vec<u32> = parts.iter().flat_map(|part| part.linearised.clusters.iter().copied()).collect();
    clusters.sort_unstable();
    clusters.dedup();
    let mut total = vec![0.0; clusters.len()];
    let mut terms = Vec::with_capacity(parts.len());
    for part in parts {
        let of = part.linearised;
        let carried = of.share.iter().fold(0.0_f64, |most, share| most.max(*share));
        if of.clusters.len() < 2 || carried > 1.0 - 1e-9 {
            return None;
        }
        let units = part.factor * part.factor * of.unit_variance.max(0.0);
        let mut term = Term::empty(clusters.len(), if units.is_finite() { units } else { 0.0 });
        let mut at = 0;
        for ((cluster, influence), share) in of.clusters.iter().zip(&of.influence).zip(&of.share) {
            while clusters.get(at).is_some_and(|known| known < cluster) {
                at += 1;
            }
            let inflation = match reference {
                Reference::SmallSample => (1.0 - share).sqrt().recip(),
                Reference::Design | Reference::Normal => 1.0,
            };
            let moved = part.factor * influence * inflation;
            if let Some(sum) = total.get_mut(at) {
                *sum += moved;
            }
            term.keep(at, *share, inflation, moved);
        }
        terms.push(term);
    }
    let squares: f64 = total.iter().map(|moved| moved * moved).sum();
    let count = clusters.len() as f64;
    let (variance, degrees_of_freedom) = match reference {
        Reference::Normal => (squares, None),
        Reference::Design => (squares * count / (count - 1.0), Some(count - 1.0)),
        Reference::SmallSample => (squares, Some(satterthwaite(&mut terms, squares, clusters.len()))),
    };
    Some(Spread { variance, degrees_of_freedom, clusters: clusters.len() }).filter(|spread| spread.variance.is_finite())
}

/// One part on the joint list of clusters: shares, the weights `share * inflation` of the residuals, and the working variances of cluster means.
struct Term {
    share: Vec<f64>,
    weight: Vec<f64>,
    /// Working variance of the mean of each cluster; 0 for clusters that are not in the part.
    working: Vec<f64>,
    variance: f64,
    unit_variance: f64,
    /// Sum of `share^2 * working`.
    square: f64,
}

impl Term {
    fn empty(clusters: usize, unit_variance: f64) -> Self {
        let zeros = vec![0.0; clusters];
        Self { share: zeros.clone(), weight: zeros.clone(), working: zeros, variance: 0.0, unit_variance, square: 0.0 }
    }

    fn keep(&mut self, at: usize, share: f64, inflation: f64, moved: f64) {
        if let (Some(kept), Some(weight)) = (self.share.get_mut(at), self.weight.get_mut(at)) {
            *kept = share;
            *weight = share * inflation;
            self.variance += moved * moved;
        }
    }

    /// Sets the working variances: `within` of the part's variance is noise that falls with the size of a cluster, the rest is the same for all.
    fn mix(&mut self, within: f64) {
        let between = 1.0 - within;
        let squares: f64 = self.share.iter().map(|share| share * share).sum();
        for (working, share) in self.working.iter_mut().zip(&self.share) {
            *working = if *share > 0.0 { between + within * squares / share } else { 0.0 };
        }
        self.square = self.share.iter().zip(&self.working).map(|(share, working)| share * share * working).sum();
        let trace = self.trace();
        let aim = between * self.variance + within * self.unit_variance;
        let scale = if trace > 0.0 { (aim / trace).sqrt() } else { 0.0 };
        self.weight.iter_mut().for_each(|weight| *weight *= scale);
    }

    /// Expectation of this part's quadratic form under its working variances.
    fn trace(&self) -> f64 {
        let parts = self.share.iter().zip(&self.weight).zip(&self.working);
        parts.map(|((h, d), v)| d * d * (v - 2.0 * h * v + self.square)).sum()
    }

    /// Trace of the product of two parts' matrices `D (I - 1h') V (I - h1') D`, in one pass over the clusters.
    fn cross(&self, other: &Self) -> f64 {
        let (p, q) = (self.square, other.square);
        let (mut all, mut with_a, mut with_b, mut with_both, mut diagonal) = (0.0, 0.0, 0.0, 0.0, 0.0);
        let mine = self.share.iter().zip(&self.weight).zip(&self.working);
        let others = other.share.iter().zip(&other.weight).zip(&other.working);
        for (((h, c), v), ((k, d), w)) in mine.zip(others) {
            let (e, a, b) = (c * d, h * v, k * w);
            all += e;
            with_a += e * a;
            with_b += e * b;
            with_both += e * a * b;
            diagonal += e * e * ((v - 2.0 * a + p) * (w - 2.0 * b + q) - (p - 2.0 * a) * (q - 2.0 * b));
        }
        let square =
            p * q * all * all - 2.0 * p * all * with_b - 2.0 * q * all * with_a + 2.0 * all * with_both + 2.0 * with_a * with_b;
        square + diagonal
    }
}

/// Satterthwaite's degrees of freedom of the summed quadratic form, each part scaled to its own variance; never below 1.
fn satterthwaite(terms: &mut [Term], variance: f64, clusters: usize) -> f64 {
    let rows: f64 = terms.iter().map(|term| term.unit_variance).sum();
    let within = if variance > 0.0 { (rows / variance).clamp(0.0, 1.0) } else { 0.0 };
    terms.iter_mut().for_each(|term| term.mix(within));
    let mean: f64 = terms.iter().map(Term::trace).sum();
    let mut square = 0.0;
    for a in terms.iter() {
        for b in terms.iter() {
            square += a.cross(b);
        }
    }
    let most = (clusters as f64 - 1.0).max(1.0);
    let degrees = mean * mean / square;
    if degrees.is_finite() { degrees.clamp(1.0, most) } else { most }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_mean_of_equal_clusters_is_the_textbook_t_test() {
        // Four clusters with means 1, 2, 4, 9: variance of the mean is s^2 / 4 with 3 degrees of freedom.
        let values = [1.0, 2.0, 4.0, 9.0];
        let influence = values.iter().map(|value| (value - 4.0) / 4.0).collect();
        let mean = Linearised { clusters: vec![1, 2, 3, 4], influence, share: vec![0.25; 4], unit_variance: 0.0 };
        let found = spread(&[Part { linearised: &mean, factor: 1.0 }], Reference::SmallSample).unwrap();
        assert!((found.variance - 38.0 / 12.0).abs() < 1e-12, "{found:?}");
        assert!((found.degrees_of_freedom.unwrap() - 3.0).abs() < 1e-9, "{found:?}");
    }

    #[test]
    fn disjoint_arms_give_welch() {
        let arm = |first: u32, values: &[f64]| {
            let mean = values.iter().sum::<f64>() / values.len() as f64;
            let share = 1.0 / values.len() as f64;
            Linearised {
                clusters: (first..).take(values.len()).collect(),
                influence: values.iter().map(|value| (value - mean) * share).collect(),
                share: vec![share; values.len()],
                unit_variance: 0.0,
            }
        };
        let (a, b) = (arm(0, &[1.0, 2.0, 4.0, 9.0]), arm(10, &[3.0, 3.5, 5.0]));
        let parts = [Part { linearised: &a, factor: 1.0 }, Part { linearised: &b, factor: -1.0 }];
        let found = spread(&parts, Reference::SmallSample).unwrap();
        let (va, vb) = (38.0 / 12.0, (13.0 / 6.0 / 2.0) / 3.0);
        assert!((found.variance - (va + vb)).abs() < 1e-12, "{found:?}");
        let welch = (va + vb) * (va + vb) / (va * va / 3.0 + vb * vb / 2.0);
        assert!((found.degrees_of_freedom.unwrap() - welch).abs() < 1e-9, "{found:?} against {welch}");
    }

    #[test]
    fn one_cluster_says_nothing_about_clusters() {
        let one = Linearised { clusters: vec![7], influence: vec![0.0], share: vec![1.0], unit_variance: 0.0 };
        assert!(spread(&[Part { linearised: &one, factor: 1.0 }], Reference::SmallSample).is_none());
    }
}
