//! What a cluster-robust variance needs of the rows, gathered per cluster: no matrix is larger than columns x columns.
//!
//! With Q orthonormal (Q'Q = I, rows z), cluster g enters only through S_g = sum z z' and u_g = sum z e. Clusters with the same S_g share one
//! [`Shape`]: a panel of a million units has as many shapes as there are arms and patterns of missing periods, so what costs a
//! factorisation is done once per shape. CR2 on top of it is in [`super::bias_reduced`].

use std::collections::HashMap;
use std::hash::{DefaultHasher, Hasher};

use nalgebra::{DMatrix, DMatrixView, DVector, DVectorView, SymmetricEigen};

use crate::labels::Groups;
use crate::refusal::Stop;

/// Eigenvalues of I - S_g below this are 0: the cluster alone identifies that direction, and has no residual in it.
const IDENTIFIED_BY_ONE_CLUSTER: f64 = 1e-10;

/// How residuals are adjusted for their own leverage.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Power {
    /// (I - H_gg)^(-1/2): unbiased under equal variances.
    InverseRoot,
    /// (I - H_gg)^(-1): the jackknife that leaves one cluster out.
    Inverse,
}

/// What clusters with equal rows have in common, whatever their residuals are.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Shape {
    pub(crate) rows: usize,
    /// Sum of l^2, with l what an error common to the cluster adds to the row.
    pub(crate) loading: f64,
    /// Number of clusters that have it.
    pub(crate) count: f64,
}

/// All clusters, ordered by label.
///
/// The arrays are flat: with a cluster for each of ten million rows the heads of ten million little vectors weigh more than the numbers.
#[derive(Debug, Clone)]
pub(crate) struct ClusterScores {
    width: usize,
    /// In the order in which the clusters first show them.
    shapes: Vec<Shape>,
    /// Sum of z z', width x width per shape.
    grams: Vec<f64>,
    /// Sum of l z, width per shape.
    commons: Vec<f64>,
    /// Shape of each cluster.
    shape_of: Vec<usize>,
    /// Sum of z e, width per cluster.
    scores: Vec<f64>,
    /// Sum of l e per cluster.
    leans: Vec<f64>,
    /// Sum of e^2.
    squares: f64,
}

impl ClusterScores {
    /// Gathers the rows; `read` writes z of a row and gives its residual e and its loading l: what an error common to the cluster adds to its
    /// whitened outcome.
    pub(crate) fn gather(groups: &Groups, width: usize, mut read: impl FnMut(usize, &mut DVector<f64>) -> (f64, f64)) -> Self {
        let sizes = groups.sizes();
        let mut found = Self {
            width,
            shapes: Vec::new(),
            grams: Vec::new(),
            commons: Vec::new(),
            shape_of: Vec::with_capacity(sizes.len()),
            scores: Vec::with_capacity(sizes.len() * width),
            leans: Vec::with_capacity(sizes.len()),
            squares: 0.0,
        };
        let order = groups.rows_by_group();
        let mut known = HashMap::new();
        let mut z = DVector::zeros(width);
        let (mut gram, mut common) = (vec![0.0; width * width], vec![0.0; width]);
        let mut from = 0;
        for rows in sizes {
            gram.fill(0.0);
            common.fill(0.0);
            let (mut loadings, mut lean, at) = (0.0, 0.0, found.scores.len());
            found.scores.resize(at + width, 0.0);
            for row in &order[from..from + rows] {
                let (residual, loading) = read(*row, &mut z);
                found.squares += residual * residual;
                loadings += loading * loading;
                lean += loading * residual;
                for column in 0..width {
                    common[column] += loading * z[column];
                    found.scores[at + column] += z[column] * residual;
                    for row in column..width {
                        gram[column * width + row] += z[row] * z[column];
                    }
                }
            }
            for column in 1..width {
                for row in 0..column {
                    gram[column * width + row] = gram[row * width + column];
                }
            }
            from += rows;
            found.leans.push(lean);
            let shape = found.shape(&mut known, Shape { rows, loading: loadings, count: 0.0 }, &gram, &common);
            found.shapes[shape].count += 1.0;
            found.shape_of.push(shape);
        }
        found
    }

    /// Position of the shape with exactly these numbers, a new one where there is none.
    fn shape(&mut self, known: &mut HashMap<u64, usize>, own: Shape, gram: &[f64], common: &[f64]) -> usize {
        let mut hasher = DefaultHasher::new();
        for number in gram.iter().chain(common).chain([&own.loading]) {
            hasher.write_u64(number.to_bits());
        }
        let at = *known.entry(hasher.finish()).or_insert(self.shapes.len());
        if let Some(shape) = self.shapes.get(at) {
            let same = |a: &[f64], b: &[f64]| a.iter().zip(b).all(|(a, b)| a.to_bits() == b.to_bits());
            let (size, width) = (self.width * self.width, self.width);
            let heads = shape.rows == own.rows && shape.loading.to_bits() == own.loading.to_bits();
            if heads && same(&self.grams[at * size..], gram) && same(&self.commons[at * width..], common) {
                return at;
            }
        }
        self.shapes.push(own);
        self.grams.extend_from_slice(gram);
        self.commons.extend_from_slice(common);
        self.shapes.len() - 1
    }

    /// Number of columns.
    pub(crate) fn width(&self) -> usize {
        self.width
    }

    /// Number of clusters.
    pub(crate) fn count(&self) -> usize {
        self.shape_of.len()
    }

    pub(crate) fn shapes(&self) -> &[Shape] {
        &self.shapes
    }

    /// Sum of z z' of a shape.
    pub(crate) fn gram_of(&self, shape: usize) -> DMatrixView<'_, f64> {
        let size = self.width * self.width;
        DMatrixView::from_slice(&self.grams[shape * size..(shape + 1) * size], self.width, self.width)
    }

    /// Sum of l z of a shape.
    pub(crate) fn common_of(&self, shape: usize) -> DVectorView<'_, f64> {
        DVectorView::from_slice(&self.commons[shape * self.width..(shape + 1) * self.width], self.width)
    }

    /// Shape, sum of z e and sum of l e of each cluster, by label.
    pub(crate) fn clusters(&self) -> impl Iterator<Item = (usize, DVectorView<'_, f64>, f64)> {
        let score = |cluster: usize| DVectorView::from_slice(&self.scores[cluster * self.width..], self.width);
        self.shape_of.iter().zip(&self.leans).enumerate().map(move |(cluster, (shape, lean))| (*shape, score(cluster), *lean))
    }

    /// Sum over rows of e^2.
    pub(crate) fn squares(&self) -> f64 {
        self.squares
    }

    /// Sum over clusters of score score'.
    pub(crate) fn meat(&self) -> DMatrix<f64> {
        let mut meat = DMatrix::zeros(self.width, self.width);
        for (_, score, _) in self.clusters() {
            meat.ger(1.0, &score, &score, 1.0);
        }
        meat
    }

    /// Sum over clusters of (adjusted score)(adjusted score)'.
    pub(crate) fn adjusted_meat(&self, adjustments: &Adjustments) -> DMatrix<f64> {
        let mut meat = DMatrix::zeros(self.width, self.width);
        for (shape, score, _) in self.clusters() {
            let score = adjustments.apply(self, shape, &score);
            meat.ger(1.0, &score, &score, 1.0);
        }
        meat
    }

    /// (I - S_g) to the power -1/2 or -1 per shape, on the directions that other clusters also inform.
    pub(crate) fn adjustments(&self, power: Power) -> Result<Adjustments, Stop> {
        let raised = |left: f64| match power {
            _ if left < IDENTIFIED_BY_ONE_CLUSTER => 0.0,
            Power::InverseRoot => left.powf(-0.5),
            Power::Inverse => 1.0 / left,
        };
        let mut made = Adjustments { of_shape: Vec::with_capacity(self.shapes.len()), matrices: Vec::new() };
        for (at, shape) in self.shapes.iter().enumerate() {
            let gram = self.gram_of(at);
            made.of_shape.push(if shape.rows == 1 {
                // S_g = z z' has one direction, z, with eigenvalue |z|^2 (its trace).
                let length = gram.trace();
                Adjustment::OneRow(if length > 0.0 { (raised(1.0 - length) - 1.0) / length } else { 0.0 })
            } else {
                let matrix = spectral(gram.into_owned(), |value| raised(1.0 - value))?;
                made.matrices.extend_from_slice(matrix.as_slice());
                Adjustment::Matrix(made.matrices.len() / (self.width * self.width).max(1) - 1)
            });
        }
        Ok(made)
    }
}

/// One symmetric matrix per shape.
#[derive(Debug, Clone)]
pub(crate) struct Adjustments {
    of_shape: Vec<Adjustment>,
    matrices: Vec<f64>,
}

#[derive(Debug, Clone, Copy)]
enum Adjustment {
    /// I + factor * S_g.
    OneRow(f64),
    /// The matrix at this position.
    Matrix(usize),
}

impl Adjustments {
    /// The adjustment of a shape of `scores` times `vector`.
    pub(crate) fn apply(&self, scores: &ClusterScores, shape: usize, vector: &DVectorView<'_, f64>) -> DVector<f64> {
        match self.of_shape[shape] {
            Adjustment::OneRow(factor) => {
                let mut adjusted = vector.into_owned();
                adjusted.gemv(factor, &scores.gram_of(shape), vector, 1.0);
                adjusted
            }
            Adjustment::Matrix(at) => {
                let size = scores.width * scores.width;
                DMatrixView::from_slice(&self.matrices[at * size..(at + 1) * size], scores.width, scores.width) * vector
            }
        }
    }
}

/// V f(lambda) V' of a symmetric matrix.
pub(crate) fn spectral(matrix: DMatrix<f64>, f: impl Fn(f64) -> f64) -> Result<DMatrix<f64>, Stop> {
    if matrix.iter().any(|entry| !entry.is_finite()) {
        return Err(Stop::overflow());
    }
    let eigen = SymmetricEigen::try_new(matrix, f64::EPSILON, 10_000).ok_or_else(Stop::overflow)?;
    let scaled = &eigen.eigenvectors * DMatrix::from_diagonal(&eigen.eigenvalues.map(f));
    Ok(scaled * eigen.eigenvectors.transpose())
}
