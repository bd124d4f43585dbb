//! What a cluster-robust variance needs of the rows, gathered per cluster: no matrix is larger than columns x columns.
//!
//! With Q orthonormal (Q'Q = I, rows z), cluster g enters only through S_g = sum z z' and u_g = sum z e. The adjustment of
//! Bell and McCaffrey, A_g = (I - Q_g Q_g')^(-1/2), is n_g x n_g, but Q_g' A_g = (I - S_g)^(-1/2) Q_g', which is p x p.

use nalgebra::{DMatrix, DVector, SymmetricEigen};

use crate::labels::Groups;
use crate::refusal::Stop;

/// Eigenvalues of I - S_g below this are 0: the cluster alone identifies that direction, and has no residual in it.
const IDENTIFIED_BY_ONE_CLUSTER: f64 = 1e-10;

/// How residuals are adjusted for their own leverage.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Power {
    /// Not at all.
    Zero,
    /// (I - H_gg)^(-1/2): unbiased under equal variances.
    InverseRoot,
    /// (I - H_gg)^(-1): the jackknife that leaves one cluster out.
    Inverse,
}

/// Sums of one cluster.
#[derive(Debug, Clone)]
pub(crate) struct Cluster {
    /// Sum of z z'.
    pub(crate) gram: DMatrix<f64>,
    /// Sum of z e.
    pub(crate) score: DVector<f64>,
    rows: usize,
    /// Sum of l z, l^2 and l e, with l what an error common to the cluster adds to the row.
    common: DVector<f64>,
    loading: f64,
    lean: f64,
}

/// All clusters, ordered by label.
#[derive(Debug, Clone)]
pub(crate) struct ClusterScores {
    pub(crate) clusters: Vec<Cluster>,
    pub(crate) width: usize,
    /// Sum of e^2.
    squares: f64,
}

impl ClusterScores {
    pub(crate) fn new(groups: &Groups, width: usize) -> Self {
        let empty = |rows| Cluster {
            gram: DMatrix::zeros(width, width),
            score: DVector::zeros(width),
            rows,
            common: DVector::zeros(width),
            loading: 0.0,
            lean: 0.0,
        };
        Self { clusters: groups.sizes().into_iter().map(empty).collect(), width, squares: 0.0 }
    }

    /// Adds one row to its cluster; `loading` is what an error common to the cluster adds to its whitened outcome.
    pub(crate) fn add(&mut self, cluster: usize, z: &DVector<f64>, residual: f64, loading: f64) {
        let Some(cluster) = self.clusters.get_mut(cluster) else { return };
        self.squares += residual * residual;
        cluster.common.axpy(loading, z, 1.0);
        cluster.loading += loading * loading;
        cluster.lean += loading * residual;
        for column in 0..self.width {
            for row in 0..self.width {
                cluster.gram[(row, column)] += z[row] * z[column];
            }
            cluster.score[column] += z[column] * residual;
        }
    }

    /// Sum over clusters of (adjusted score)(adjusted score)'.
    pub(crate) fn meat(&self, power: Power) -> Result<DMatrix<f64>, Stop> {
        let mut meat = DMatrix::zeros(self.width, self.width);
        for cluster in &self.clusters {
            let score = match power {
                Power::Zero => cluster.score.clone(),
                Power::InverseRoot | Power::Inverse => cluster.adjustment(power)? * &cluster.score,
            };
            meat.ger(1.0, &score, &score, 1.0);
        }
        Ok(meat)
    }

    /// Variance of w'Q'y under CR2 and its degrees of freedom: 2 mean^2 / variance under independent equal errors.
    ///
    /// Bell and McCaffrey 2002, equation 8; Pustejovsky and Tipton 2018, equation 10.
    pub(crate) fn satterthwaite(&self, w: &DVector<f64>) -> Result<(f64, f64), Stop> {
        let mut cross = DMatrix::zeros(self.width, self.width);
        let (mut variance, mut trace, mut squares, mut corrections) = (0.0, 0.0, 0.0, 0.0);
        for cluster in &self.clusters {
            let v = cluster.adjustment(Power::InverseRoot)? * w;
            variance += v.dot(&cluster.score).powi(2);
            let q = &cluster.gram * &v;
            let (own, shared) = (v.dot(&q), q.norm_squared());
            trace += own - shared;
            // The sum over all pairs of (q_g'q_h)^2 is the squared norm of sum q q'; only the diagonal pairs differ from it.
            squares += (own - shared).powi(2);
            corrections += shared * shared;
            cross.ger(1.0, &q, &q, 1.0);
        }
        let spread = cross.norm_squared() - corrections + squares;
        Ok((variance, if spread > 0.0 { trace * trace / spread } else { f64::NAN }))
    }

    /// As [`Self::satterthwaite`], but with the degrees of freedom under errors that clusters have in common, as strongly as the residuals
    /// say: variance matrix `own * I + shared * l l'` per cluster, and the variance divided by its relative bias under that matrix. Where
    /// residuals show nothing in common it is [`Self::satterthwaite`].
    ///
    /// Degrees of freedom under an estimated random effect: Imbens and Kolesar 2016, doi:10.1162/REST_a_00552. The matrix of the quadratic form
    /// is a diagonal plus W'CW with W of 2 p rows, so that no matrix grows with the number of clusters. `own` is given where the family fixes it.
    pub(crate) fn correlated(&self, w: &DVector<f64>, own: Option<f64>) -> Result<(f64, f64), Stop> {
        let (independent, plain) = self.satterthwaite(w)?;
        let (own, shared) = self.components(own);
        if shared == 0.0 {
            return Ok((independent, plain));
        }
        let width = self.width;
        let mut common = DMatrix::zeros(width, width);
        for cluster in &self.clusters {
            common.ger(1.0, &cluster.common, &cluster.common, 1.0);
        }
        let identity = DMatrix::<f64>::identity(width, width);
        let mut middle = DMatrix::zeros(2 * width, 2 * width);
        middle.view_mut((0, 0), (width, width)).copy_from(&(&common * shared - &identity * own));
        middle.view_mut((0, width), (width, width)).copy_from(&(&identity * -shared));
        middle.view_mut((width, 0), (width, width)).copy_from(&(&identity * -shared));
        let mut cross = DMatrix::zeros(2 * width, 2 * width);
        let (mut trace, mut squares) = (0.0, 0.0);
        let mut wide = DVector::zeros(2 * width);
        for cluster in &self.clusters {
            let v = cluster.adjustment(Power::InverseRoot)? * w;
            let q = &cluster.gram * &v;
            let direction = v.dot(&cluster.common);
            wide.rows_mut(0, width).copy_from(&q);
            wide.rows_mut(width, width).copy_from(&(&cluster.common * direction));
            let diagonal = own * v.dot(&q) + shared * direction * direction;
            let rest = wide.dot(&(&middle * &wide));
            trace += diagonal + rest;
            squares += diagonal * (diagonal + 2.0 * rest);
            cross.ger(1.0, &wide, &wide, 1.0);
        }
        let mixed = &middle * cross;
        let spread = squares + (&mixed * &mixed).trace();
        let truth = own * w.norm_squared() + shared * w.dot(&(&common * w));
        let sound = trace > 0.0 && spread > 0.0 && truth.is_finite() && (truth / trace).is_finite();
        if sound { Ok((independent * (truth / trace), trace * trace / spread)) } else { Ok((independent, plain)) }
    }

    /// Variance of a row's own error and of the error that clusters have in common, by the moments of an analysis of variance; the latter
    /// cut at 0.
    fn components(&self, own: Option<f64>) -> (f64, f64) {
        let width = self.width;
        let (mut common, mut weighted) = (DMatrix::<f64>::zeros(width, width), DMatrix::<f64>::zeros(width, width));
        let (mut between, mut rows, mut loading, mut lost, mut lost_weighted, mut seen) = (0.0, 0.0, 0.0, 0.0, 0.0, 0.0);
        for cluster in self.clusters.iter().filter(|cluster| cluster.loading > 0.0) {
            common.ger(1.0, &cluster.common, &cluster.common, 1.0);
            weighted.ger(cluster.loading.recip(), &cluster.common, &cluster.common, 1.0);
            between += cluster.lean * cluster.lean / cluster.loading;
            rows += cluster.rows as f64;
            loading += cluster.loading;
            lost += cluster.common.norm_squared();
            lost_weighted += cluster.common.norm_squared() / cluster.loading;
            seen += 1.0;
        }
        // E(between) = own a + shared b, E(all squares) = own free + shared c.
        let (a, b) = (seen - lost_weighted, loading - 2.0 * lost + (&common * &weighted).trace());
        let (free, c) = (rows - width as f64, loading - lost);
        let (own, shared) = match own {
            Some(own) => (own, (between - own * a) / b),
            None => {
                // With clusters of one row the two kinds of error are the same.
                let apart = b * free - a * c;
                let shared = if apart > 1e-9 * b * free { (between * free - a * self.squares) / apart } else { 0.0 };
                ((self.squares - shared * c) / free, shared)
            }
        };
        let sound = own >= 0.0 && own.is_finite() && shared > 0.0 && shared.is_finite();
        if sound { (own, shared) } else { (1.0, 0.0) }
    }

    /// Degrees of freedom eta of the approximate Hotelling test of several contrasts: columns of `w` are the contrasts as in
    /// [`Self::satterthwaite`]. Pustejovsky and Tipton 2018, equations 15 to 17 (the test HTZ).
    pub(crate) fn hotelling_degrees(&self, w: &DMatrix<f64>) -> Result<f64, Stop> {
        let q = w.ncols();
        let raw = self.hotelling_parts(w)?;
        let mut omega = DMatrix::zeros(q, q);
        for (own, n) in &raw {
            omega += own - n.transpose() * n;
        }
        let root = inverse_root(&omega, 0.0)?;
        // With contrasts in units in which the mean of the variance matrix is I, eta = q (q + 1) / sum of the variances of its entries.
        let width = self.width;
        let mut pairs = DMatrix::zeros(width * q, width * q);
        let mut diagonal = 0.0;
        for (own, n) in &raw {
            let (own, n) = (&root * own * &root, n * &root);
            let shared = n.transpose() * &n;
            let full = &own - &shared;
            diagonal += pair_variance(&full) - pair_variance(&shared);
            let flat = DVector::from_column_slice(n.as_slice());
            pairs.ger(1.0, &flat, &flat, 1.0);
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

    /// Per cluster (V'SV, SV) with V = B W.
    fn hotelling_parts(&self, w: &DMatrix<f64>) -> Result<Vec<Contrasts>, Stop> {
        let part = |cluster: &Cluster| {
            let v = cluster.adjustment(Power::InverseRoot)? * w;
            let n = &cluster.gram * &v;
            Ok((v.transpose() * &n, n))
        };
        self.clusters.iter().map(part).collect()
    }
}

/// (V'SV, SV) of one cluster.
type Contrasts = (DMatrix<f64>, DMatrix<f64>);

/// tr(K)^2 + tr(K K): what one pair of clusters adds to the variances of all entries.
fn pair_variance(k: &DMatrix<f64>) -> f64 {
    k.trace().powi(2) + k.component_mul(&k.transpose()).sum()
}

impl Cluster {
    /// (I - S_g) to the power -1/2 or -1, on the directions that other clusters also inform.
    fn adjustment(&self, power: Power) -> Result<DMatrix<f64>, Stop> {
        let raised = |left: f64| match power {
            _ if left < IDENTIFIED_BY_ONE_CLUSTER => 0.0,
            Power::Zero => 1.0,
            Power::InverseRoot => left.powf(-0.5),
            Power::Inverse => 1.0 / left,
        };
        let width = self.score.len();
        if self.rows == 1 {
            // S_g = z z' has one direction, z, with eigenvalue |z|^2 (its trace).
            let length = self.gram.trace();
            let mut adjusted = DMatrix::identity(width, width);
            if length > 0.0 {
                adjusted += &self.gram * ((raised(1.0 - length) - 1.0) / length);
            }
            return Ok(adjusted);
        }
        spectral(&self.gram, |value| raised(1.0 - value))
    }
}

/// V f(lambda) V' of a symmetric matrix.
fn spectral(matrix: &DMatrix<f64>, f: impl Fn(f64) -> f64) -> Result<DMatrix<f64>, Stop> {
    if matrix.iter().any(|entry| !entry.is_finite()) {
        return Err(Stop::overflow());
    }
    let eigen = SymmetricEigen::try_new(matrix.clone(), f64::EPSILON, 10_000).ok_or_else(Stop::overflow)?;
    let scaled = &eigen.eigenvectors * DMatrix::from_diagonal(&eigen.eigenvalues.map(f));
    Ok(scaled * eigen.eigenvectors.transpose())
}

/// Inverse square root of a positive definite matrix; a direction at or below `floor` has no inverse.
fn inverse_root(matrix: &DMatrix<f64>, floor: f64) -> Result<DMatrix<f64>, Stop> {
    let root = spectral(matrix, |value| if value > floor { value.powf(-0.5) } else { f64::NAN })?;
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
