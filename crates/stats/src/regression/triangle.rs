//! QR factorisation one row at a time: n rows need the memory of one triangle, and no normal equations lose half the digits.

use nalgebra::{DMatrix, DVector};

/// Upper triangle R of `X = QR` with `Q'y`, updated by Givens rotations (Golub and Van Loan, Matrix Computations, 6.5.3).
pub(crate) struct Triangle {
    width: usize,
    /// Row by row, only the part on and above the diagonal is used.
    entries: Vec<f64>,
    right: Vec<f64>,
}

/// A column that is a combination of the columns before it.
pub(crate) struct Dependent(pub(crate) usize);

/// Columns are scaled to length 1; a remainder below this share of it is taken for rounding. The limit of LINPACK's dqrdc2 and R's `lm`.
const RANK_TOLERANCE: f64 = 1e-7;

impl Triangle {
    pub(crate) fn new(width: usize) -> Self {
        Self { width, entries: vec![0.0; width * width], right: vec![0.0; width] }
    }

    /// Rotates one row into the triangle; `row` is used up.
    pub(crate) fn absorb(&mut self, row: &mut [f64], mut right: f64) {
        let width = self.width;
        for pivot in 0..width {
            let incoming = row[pivot];
            if incoming == 0.0 {
                continue;
            }
            let kept = &mut self.entries[pivot * width..(pivot + 1) * width];
            let length = kept[pivot].hypot(incoming);
            let (cosine, sine) = (kept[pivot] / length, incoming / length);
            kept[pivot] = length;
            for (above, below) in kept[pivot + 1..].iter_mut().zip(row[pivot + 1..].iter_mut()) {
                let turned = cosine * *above + sine * *below;
                *below = cosine * *below - sine * *above;
                *above = turned;
            }
            let turned = cosine * self.right[pivot] + sine * right;
            right = cosine * right - sine * self.right[pivot];
            self.right[pivot] = turned;
        }
    }

    /// `Q'y`.
    pub(crate) fn right(&self) -> DVector<f64> {
        DVector::from_column_slice(&self.right)
    }

    /// Inverse of R for columns that were divided by their lengths.
    pub(crate) fn inverse(&self) -> Result<DMatrix<f64>, Dependent> {
        let width = self.width;
        let entry = |row: usize, column: usize| self.entries[row * width + column];
        let mut inverse = DMatrix::zeros(width, width);
        for column in 0..width {
            let diagonal = entry(column, column);
            // Written so that a NaN is dependent as well.
            if !(diagonal.abs() > RANK_TOLERANCE && diagonal.is_finite()) {
                return Err(Dependent(column));
            }
            inverse[(column, column)] = 1.0 / diagonal;
            for row in (0..column).rev() {
                let sum: f64 = (row + 1..=column).map(|middle| entry(row, middle) * inverse[(middle, column)]).sum();
                inverse[(row, column)] = -sum / entry(row, row);
            }
        }
        Ok(inverse)
    }
}
