//! Bias-reduced linearisation (CR2): variances whose degrees of freedom are estimated along with them.
//!
//! The adjustment of Bell and McCaffrey, A_g = (I - Q_g Q_g')^(-1/2), is n_g x n_g, but Q_g' A_g = (I - S_g)^(-1/2) Q_g', which is p x p and
//! the same for all clusters of one shape. It is computed once, and every contrast uses it.

use nalgebra::{DMatrix, DVector};

use super::cluster_scores::{Adjustments, ClusterScores, Power, spectral};
use crate::refusal::Stop;

/// Clusters with the inverse roots of their shapes.
#[derive(Debug, Clone)]
pub(crate) struct BiasReduced {
    scores: ClusterScores,
    roots: Adjustments,
}

impl BiasReduced {
    pub(crate) fn new(scores: ClusterScores) -> Result<Self, Stop> {
        Ok(Self { roots: scores.adjustments(Power::InverseRoot)?, scores })
    }

    /// Sum over clusters of (adjusted score)(adjusted score)'.
    pub(crate) fn meat(&self) -> DMatrix<f64> {
        self.scores.adjusted_meat(&self.roots)
    }

    /// (I - S_g)^(-1/2) w of each shape, as columns.
    fn adjusted(&self, w: &DVector<f64>) -> DMatrix<f64> {
        let mut adjusted = DMatrix::zeros(self.scores.width(), self.scores.shapes().len());
        let w = w.as_view();
        for (shape, mut column) in adjusted.column_iter_mut().enumerate() {
            column.copy_from(&self.roots.apply(&self.scores, shape, &w));
        }
        adjusted
    }

    /// Variance of w'Q'y under CR2 and its degrees of freedom: 2 mean^2 / variance under independent equal errors.
    ///
    /// Bell and McCaffrey 2002, equation 8; Pustejovsky and Tipton 2018, equation 10.
    pub(crate) fn satterthwaite(&self, w: &DVector<f64>) -> (f64, f64) {
        self.independent(&self.adjusted(w))
    }

    /// [`Self::satterthwaite`] of the adjusted contrasts.
    fn independent(&self, adjusted: &DMatrix<f64>) -> (f64, f64) {
        let scores = &self.scores;
        let variance = scores.clusters().map(|(shape, score, _)| adjusted.column(shape).dot(&score).powi(2)).sum();
        let mut cross = DMatrix::zeros(scores.width(), scores.width());
        let (mut trace, mut squares, mut corrections) = (0.0, 0.0, 0.0);
        for (at, shape) in scores.shapes().iter().enumerate() {
            let v = adjusted.column(at);
            let q = scores.gram_of(at) * v;
            let (own, shared) = (v.dot(&q), q.norm_squared());
            trace += shape.count * (own - shared);
            // The sum over all pairs of (q_g'q_h)^2 is the squared norm of sum q q'; only the diagonal pairs differ from it.
            squares += shape.count * (own - shared).powi(2);
            corrections += shape.count * (shared * shared);
            cross.ger(shape.count, &q, &q, 1.0);
        }
        let spread = cross.norm_squared() - corrections + squares;
        (variance, if spread > 0.0 { trace * trace / spread } else { f64::NAN })
    }

    /// As [`Self::satterthwaite`], but with the degrees of freedom under errors that clusters have in common, as strongly as the residuals
    /// say: variance matrix `own * I + shared * l l'` per cluster, and the variance divided by its relative bias under that matrix. Where
    /// residuals show nothing in common it is [`Self::satterthwaite`].
    ///
    /// Degrees of freedom under an estimated random effect: Imbens and Kolesar 2016, doi:10.1162/REST_a_00552. The matrix of the quadratic form
    /// is a diagonal plus W'CW with W of 2 p rows, so that no matrix grows with the number of clusters. `own` is given where the family fixes it.
    pub(crate) fn correlated(&self, w: &DVector<f64>, own: Option<f64>) -> (f64, f64) {
        let scores = &self.scores;
        let adjusted = self.adjusted(w);
        let (independent, plain) = self.independent(&adjusted);
        let (own, shared) = self.components(own);
        if shared == 0.0 {
            return (independent, plain);
        }
        let width = scores.width();
        let mut common = DMatrix::zeros(width, width);
        for (at, shape) in scores.shapes().iter().enumerate() {
            common.ger(shape.count, &scores.common_of(at), &scores.common_of(at), 1.0);
        }
        let identity = DMatrix::<f64>::identity(width, width);
        let mut middle = DMatrix::zeros(2 * width, 2 * width);
        middle.view_mut((0, 0), (width, width)).copy_from(&(&common * shared - &identity * own));
        middle.view_mut((0, width), (width, width)).copy_from(&(&identity * -shared));
        middle.view_mut((width, 0), (width, width)).copy_from(&(&identity * -shared));
        let mut cross = DMatrix::zeros(2 * width, 2 * width);
        let (mut trace, mut squares) = (0.0, 0.0);
        let mut wide = DVector::zeros(2 * width);
        for (at, shape) in scores.shapes().iter().enumerate() {
            let v = adjusted.column(at);
            let q = scores.gram_of(at) * v;
            let direction = v.dot(&scores.common_of(at));
            wide.rows_mut(0, width).copy_from(&q);
            wide.rows_mut(width, width).copy_from(&(scores.common_of(at) * direction));
            let diagonal = own * v.dot(&q) + shared * direction * direction;
            let rest = wide.dot(&(&middle * &wide));
            trace += shape.count * (diagonal + rest);
            squares += shape.count * (diagonal * (diagonal + 2.0 * rest));
            cross.ger(shape.count, &wide, &wide, 1.0);
        }
        let mixed = &middle * cross;
        let spread = squares + (&mixed * &mixed).trace();
        let truth = own * w.norm_squared() + shared * w.dot(&(&common * w));
        let sound = trace > 0.0 && spread > 0.0 && truth.is_finite() && (truth / trace).is_finite();
        if sound { (independent * (truth / trace), trace * trace / spread) } else { (independent, plain) }
    }

    /// Variance of a row's own error and of the error that clusters have in common, by the moments of an analysis of variance; the latter
    /// cut at 0.
    fn components(&self, own: Option<f64>) -> (f64, f64) {
        let scores = &self.scores;
        let width = scores.width();
        let (mut common, mut weighted) = (DMatrix::<f64>::zeros(width, width), DMatrix::<f64>::zeros(width, width));
        let (mut rows, mut loading, mut lost, mut lost_weighted, mut seen) = (0.0, 0.0, 0.0, 0.0, 0.0);
        for (at, shape) in scores.shapes().iter().enumerate().filter(|(_, shape)| shape.loading > 0.0) {
            let leaning = scores.common_of(at);
            common.ger(shape.count, &leaning, &leaning, 1.0);
            weighted.ger(shape.count * shape.loading.recip(), &leaning, &leaning, 1.0);
            rows += shape.count * shape.rows as f64;
            loading += shape.count * shape.loading;
            lost += shape.count * leaning.norm_squared();
            lost_weighted += shape.count * (leaning.norm_squared() / shape.loading);
            seen += shape.count;
        }
        let shares = scores.clusters().map(|(shape, _, lean)| (scores.shapes()[shape].loading, lean));
        let between: f64 = shares.filter(|(loading, _)| *loading > 0.0).map(|(loading, lean)| lean * lean / loading).sum();
        // E(between) = own a + shared b, E(all squares) = own free + shared c.
        let (a, b) = (seen - lost_weighted, loading - 2.0 * lost + (&common * &weighted).trace());
        let (free, c) = (rows - width as f64, loading - lost);
        let (own, shared) = match own {
            Some(own) => (own, (between - own * a) / b),
            None => {
                // With clusters of one row the two kinds of error are the same.
                let apart = b * free - a * c;
                let shared = if apart > 1e-9 * b * free { (between * free - a * scores.squares()) / apart } else { 0.0 };
                ((scores.squares() - shared * c) / free, shared)
            }
        };
        let sound = own >= 0.0 && own.is_finite() && shared > 0.0 && shared.is_finite();
        if sound { (own, shared) } else { (1.0, 0.0) }
    }

    /// Degrees of freedom eta of the approximate Hotelling test of several contrasts: columns of `w` are the contrasts as in
    /// [`Self::satterthwaite`]. Pustejovsky and Tipton 2018, equations 15 to 17 (the test HTZ).
    pub(crate) fn hotelling_degrees(&self, w: &DMatrix<f64>) -> Result<f64, Stop> {
        let q = w.ncols();
        let mut omega = DMatrix::zeros(q, q);
        for (at, shape) in self.scores.shapes().iter().enumerate() {
            let (own, n) = self.contrasts(at, w);
            omega += (own - n.transpose() * n) * shape.count;
        }
        let root = inverse_root(omega)?;
        // With contrasts in units in which the mean of the variance matrix is I, eta = q (q + 1) / sum of the variances of its entries.
        let width = self.scores.width();
        let mut pairs = DMatrix::zeros(width * q, width * q);
        let mut diagonal = 0.0;
        for (at, shape) in self.scores.shapes().iter().enumerate() {
            let (own, n) = self.contrasts(at, w);
            let (own, n) = (&root * own * &root, n * &root);
            let shared = n.transpose() * &n;
            let full = &own - &shared;
            diagonal += shape.count * (pair_variance(&full) - pair_variance(&shared));
            let flat = DVector::from_column_slice(n.as_slice());
            pairs.ger(shape.count, &flat, &flat, 1.0);
        }
        // Sum over all pairs of clusters of tr(N_g'N_h)^2 + tr(N_g'N_h N_g'N_h), from the second moments of N alone.
        let mut total = pairs.norm_squared();
        for (s, t) in (0..q).flat_map(|s| (0..q).map(move |t| (s, t))) {
            let (straight, crossed) =
                (pairs.view((s * width, t * width), (width, width)), pairs.view((t * width, s * width), (width, width)));
            total += straight.component_mul(&crossed).sum();
        }
        let spread = total + diagonal;
        let q = q as f64;
        if spread > 0.0 { Ok(q * (q + 1.0) / spread) } else { Err(Stop::overflow()) }
    }

    /// (V'SV, SV) of one shape with V = B W: recomputed rather than kept, because a shape for each cluster would be most of the memory.
    fn contrasts(&self, shape: usize, w: &DMatrix<f64>) -> (DMatrix<f64>, DMatrix<f64>) {
        let mut v = DMatrix::zeros(w.nrows(), w.ncols());
        for (mut into, column) in v.column_iter_mut().zip(w.column_iter()) {
            into.copy_from(&self.roots.apply(&self.scores, shape, &column.as_view()));
        }
        let n = self.scores.gram_of(shape) * &v;
        (v.transpose() * &n, n)
    }
}

/// tr(K)^2 + tr(K K): what one pair of clusters adds to the variances of all entries.
fn pair_variance(k: &DMatrix<f64>) -> f64 {
    k.trace().powi(2) + k.component_mul(&k.transpose()).sum()
}

/// Inverse square root of a positive definite matrix.
fn inverse_root(matrix: DMatrix<f64>) -> Result<DMatrix<f64>, Stop> {
    let root = spectral(matrix, |value| if value > 0.0 { value.powf(-0.5) } else { f64::NAN })?;
    if root.iter().all(|entry| entry.is_finite()) { Ok(root) } else { Err(one_cluster()) }
}

/// The refusal where a contrast has no variance that more than one cluster could show.
pub(crate) fn one_cluster() -> Stop {
    Stop::insufficient(
        "a contrast that only one cluster informs",
        "at least two clusters that inform the contrast",
        "the variance between clusters cannot be seen where one cluster alone decides the figure",
    )
}
