//! Properties of the family `regression`: what must hold whatever the data.

use candor_stats::regression::{Correction, Errors, LeastSquares, Regressors, joint_test};
use nalgebra::{DMatrix, DVector, SymmetricEigen};

use super::draws::{Source, close, close_maybe, reordered};

/// Clustered data with unequal clusters: outcome, two columns, labels.
struct Data {
    y: Vec<f64>,
    x: Vec<f64>,
    arm: Vec<f64>,
    by: Vec<usize>,
}

fn data(seed: u64, clusters: usize) -> Data {
    let mut source = Source::new(seed);
    let mut data = Data { y: Vec::new(), x: Vec::new(), arm: Vec::new(), by: Vec::new() };
    for cluster in 0..clusters {
        let level = source.noise();
        for _ in 0..2 + source.below(7) {
            let x = source.noise();
            let arm = f64::from(u8::from(cluster % 3 == 0));
            data.y.push(0.5 * arm + x + level + source.noise());
            data.x.push(x);
            data.arm.push(arm);
            data.by.push(100 - cluster);
        }
    }
    data
}

fn fit(data: &Data) -> LeastSquares<'_> {
    let right = Regressors::with_intercept(data.y.len()).column("x", &data.x).unwrap().column("arm", &data.arm).unwrap();
    LeastSquares::fit(&data.y, right).unwrap().fit().unwrap().clone()
}

fn kinds(by: &[usize]) -> Vec<Errors<'_>> {
    let mut kinds = vec![Errors::Homoskedastic, Errors::Hc0, Errors::Hc1, Errors::Hc2, Errors::Hc3];
    let all = [Correction::Cr0, Correction::Cr1, Correction::Cr1s, Correction::Cr2, Correction::Cr2Correlated, Correction::Cr3];
    kinds.extend(all.map(|correction| Errors::Clustered { by, correction }));
    kinds
}

/// (point, variance, degrees, p-value) of the arm.
fn figures(fit: &LeastSquares<'_>, errors: &Errors<'_>) -> [f64; 4] {
    let covariance = fit.covariance(errors).unwrap();
    let outcome = covariance.fit().unwrap().coefficient("arm", 0.95).unwrap();
    let estimate = outcome.estimate().unwrap();
    [estimate.point, estimate.variance.unwrap(), estimate.degrees_of_freedom.unwrap(), estimate.p_value.unwrap()]
}

#[test]
fn the_order_of_rows_and_the_names_of_clusters_do_not_matter() {
    for seed in 0..10 {
        let data = data(seed, 7);
        let order = Source::new(seed + 99).shuffled(data.y.len());
        let other = Data {
            y: reordered(&data.y, &order),
            x: reordered(&data.x, &order),
            arm: reordered(&data.arm, &order),
            by: reordered(&data.by, &order).iter().map(|label| 3 * (label % 5) + 1000 * label).collect(),
        };
        let (one, two) = (fit(&data), fit(&other));
        for (a, b) in kinds(&data.by).iter().zip(kinds(&other.by)) {
            for (value, expected) in figures(&two, &b).into_iter().zip(figures(&one, a)) {
                close(value, expected, 1e-8);
            }
        }
    }
}

#[test]
fn units_of_the_outcome_scale_the_figures_and_a_turned_arm_flips_the_sign() {
    let data = data(3, 8);
    let scaled =
        Data { y: data.y.iter().map(|y| 60.0 * y).collect(), x: data.x.clone(), arm: data.arm.clone(), by: data.by.clone() };
    let turned = Data {
        y: data.y.clone(),
        x: data.x.iter().map(|x| 1e6 * x).collect(),
        arm: data.arm.iter().map(|arm| 1.0 - arm).collect(),
        by: data.by.clone(),
    };
    let (plain, scaled, turned) = (fit(&data), fit(&scaled), fit(&turned));
    for errors in kinds(&data.by) {
        let [point, variance, df, p] = figures(&plain, &errors);
        let [point60, variance60, df60, p60] = figures(&scaled, &errors);
        let [point_turned, variance_turned, df_turned, p_turned] = figures(&turned, &errors);
        close(point60, 60.0 * point, 1e-9);
        close(variance60, 3600.0 * variance, 1e-9);
        close(point_turned, -point, 1e-8);
        close(variance_turned, variance, 1e-8);
        for (value, expected) in [(df60, df), (df_turned, df), (p60, p), (p_turned, p)] {
            close(value, expected, 1e-7);
        }
    }
}

#[test]
fn clusters_of_one_row_give_the_heteroskedastic_errors() {
    let data = data(5, 6);
    let alone: Vec<usize> = (0..data.y.len()).collect();
    let fit = fit(&data);
    let pairs = [(Errors::Hc0, Correction::Cr0), (Errors::Hc2, Correction::Cr2), (Errors::Hc3, Correction::Cr3)];
    for (errors, correction) in pairs {
        let clustered = figures(&fit, &Errors::Clustered { by: &alone, correction });
        close(clustered[1], figures(&fit, &errors)[1], 1e-10);
    }
    close(figures(&fit, &Errors::NeweyWest { lag: 0, adjusted: false })[1], figures(&fit, &Errors::Hc0)[1], 1e-10);
    let same = Errors::TwoWay { first: &data.by, second: &data.by };
    let one_way = figures(&fit, &Errors::Clustered { by: &data.by, correction: Correction::Cr1 });
    close(figures(&fit, &same)[1], one_way[1], 1e-10);
}

/// CR2, Satterthwaite and HTZ written down as in the sources, with n x n matrices.
struct Naive {
    variance: DMatrix<f64>,
    df_of_arm: f64,
    eta: f64,
}

fn naive(data: &Data) -> Naive {
    let n = data.y.len();
    let x = DMatrix::from_fn(n, 3, |row, column| [1.0, data.x[row], data.arm[row]][column]);
    let bread = (x.transpose() * &x).try_inverse().unwrap();
    let residual_maker = DMatrix::identity(n, n) - &x * &bread * x.transpose();
    let residuals = &residual_maker * DVector::from_column_slice(&data.y);
    let mut labels = data.by.clone();
    labels.sort_unstable();
    labels.dedup();
    let mut variance = DMatrix::zeros(3, 3);
    // Per cluster the n x 3 matrix G_g with V = sum over g of (G_g' y)(G_g' y)'.
    let mut makers = Vec::new();
    for label in labels {
        let rows: Vec<usize> = (0..n).filter(|row| data.by[*row] == label).collect();
        let own = residual_maker.select_rows(&rows).select_columns(&rows);
        let eigen = SymmetricEigen::new(own);
        let root = eigen.eigenvalues.map(|value| if value > 1e-10 { value.powf(-0.5) } else { 0.0 });
        let adjust = &eigen.eigenvectors * DMatrix::from_diagonal(&root) * eigen.eigenvectors.transpose();
        let left = &bread * x.select_rows(&rows).transpose() * adjust;
        let term = &left * residuals.select_rows(&rows);
        variance += &term * term.transpose();
        makers.push((left * residual_maker.select_rows(&rows)).transpose());
    }
    let arm = DVector::from_column_slice(&[0.0, 0.0, 1.0]);
    let parts: Vec<DVector<f64>> = makers.iter().map(|maker| maker * &arm).collect();
    let trace: f64 = parts.iter().map(DVector::norm_squared).sum();
    let squares: f64 = parts.iter().flat_map(|a| parts.iter().map(move |b| a.dot(b).powi(2))).sum();
    let contrasts = DMatrix::from_row_slice(3, 2, &[0.0, 0.0, 1.0, 0.0, 0.0, 1.0]);
    let pairs: Vec<DMatrix<f64>> = makers.iter().map(|maker| maker * &contrasts).collect();
    let omega: DMatrix<f64> = pairs.iter().map(|pair| pair.transpose() * pair).fold(DMatrix::zeros(2, 2), |sum, own| sum + own);
    let eigen = SymmetricEigen::new(omega);
    let root =
        &eigen.eigenvectors * DMatrix::from_diagonal(&eigen.eigenvalues.map(|v| v.powf(-0.5))) * eigen.eigenvectors.transpose();
    let mut spread = 0.0;
    for a in &pairs {
        for b in &pairs {
            let k = &root * a.transpose() * b * &root;
            spread += k.trace().powi(2) + (&k * &k).trace();
        }
    }
    Naive { variance, df_of_arm: trace * trace / squares, eta: 6.0 / spread }
}

#[test]
fn cr2_and_its_tests_equal_the_definition_with_full_matrices() {
    for seed in 0..8 {
        let data = data(seed, 5 + seed as usize);
        let expected = naive(&data);
        let fit = fit(&data);
        let covariance = fit.covariance(&Errors::Clustered { by: &data.by, correction: Correction::Cr2 }).unwrap();
        let covariance = covariance.fit().unwrap();
        let [_, variance, df, _] = figures(&fit, &Errors::Clustered { by: &data.by, correction: Correction::Cr2 });
        close(variance, expected.variance[(2, 2)], 1e-9);
        close(df, expected.df_of_arm, 1e-8);
        let outcome = joint_test::joint(covariance, &["x", "arm"]).unwrap();
        close(outcome.estimate().unwrap().degrees_of_freedom.unwrap(), expected.eta - 1.0, 1e-7);
    }
}

#[test]
fn dummies_of_nested_units_and_unit_means_taken_out_agree() {
    // Pustejovsky and Tipton 2018, theorem 2, on an unbalanced panel: the ground of the difference-in-differences design.
    let data = data(11, 9);
    let sizes = |label: usize| data.by.iter().filter(|own| **own == label).count() as f64;
    let mean = |values: &[f64], label: usize| {
        values.iter().zip(&data.by).filter(|(_, own)| **own == label).map(|(value, _)| value).sum::<f64>() / sizes(label)
    };
    let within = |values: &[f64]| values.iter().zip(&data.by).map(|(value, own)| value - mean(values, *own)).collect::<Vec<_>>();
    let post: Vec<f64> = (0..data.y.len()).map(|row| f64::from(u8::from(row % 3 == 0))).collect();
    let n = data.y.len();
    let full = Regressors::without_intercept(n).dummies("unit", &data.by, usize::MAX).unwrap();
    let full = full.column("x", &data.x).unwrap().column("arm", &post).unwrap();
    let absorbed = Regressors::without_intercept(n).column("x", within(&data.x)).unwrap().column("arm", within(&post)).unwrap();
    let full = LeastSquares::fit(&data.y, full).unwrap().fit().unwrap().clone();
    let absorbed = LeastSquares::fit(&within(&data.y), absorbed).unwrap().fit().unwrap().clone();
    for correction in [Correction::Cr0, Correction::Cr1, Correction::Cr2, Correction::Cr3] {
        let errors = Errors::Clustered { by: &data.by, correction };
        for (value, expected) in figures(&absorbed, &errors).into_iter().zip(figures(&full, &errors)) {
            close(value, expected, 1e-7);
        }
    }
}

#[test]
fn a_joint_test_does_not_depend_on_the_order_of_names_and_rises_with_the_effect() {
    let data = data(21, 12);
    let plain = fit(&data);
    let shifted = Data {
        y: data.y.iter().zip(&data.arm).map(|(y, arm)| y + 20.0 * arm).collect(),
        x: data.x.clone(),
        arm: data.arm.clone(),
        by: data.by.clone(),
    };
    let strong = fit(&shifted);
    for errors in kinds(&shifted.by) {
        let p = |fit: &LeastSquares<'_>, names: &[&str]| {
            let covariance = fit.covariance(&errors).unwrap();
            joint_test::joint(covariance.fit().unwrap(), names).unwrap().estimate().unwrap().p_value
        };
        close_maybe(p(&plain, &["x", "arm"]), p(&plain, &["arm", "x"]), 1e-8);
        assert!(p(&strong, &["arm"]) < p(&plain, &["arm"]));
    }
}

/// The same by matrices of rows x rows: components by moments, bias and degrees of freedom of the quadratic form.
#[test]
fn correlated_degrees_follow_the_matrices_of_rows() {
    let by: Vec<usize> = [2, 3, 9, 4, 7, 5, 14].iter().enumerate().flat_map(|(cluster, size)| vec![cluster; *size]).collect();
    let rows = by.len();
    let wave = |row: usize, pace: f64| (pace * row as f64).sin();
    let arm: Vec<f64> = by.iter().map(|cluster| (cluster % 2) as f64).collect();
    let slope: Vec<f64> = (0..rows).map(|row| wave(row, 1.7)).collect();
    let y: Vec<f64> = (0..rows).map(|row| 1.5 * wave(by[row] + 1, 2.3) + wave(row, 0.9) + slope[row]).collect();
    let right =
        Regressors::with_intercept(rows).column("arm", arm.as_slice()).unwrap().column("slope", slope.as_slice()).unwrap();
    let fitted = LeastSquares::fit(&y, right).unwrap();
    let figure = |correction| {
        let covariance = fitted.fit().unwrap().covariance(&Errors::Clustered { by: &by, correction }).unwrap();
        let outcome = covariance.fit().unwrap().coefficient("arm", 0.95).unwrap();
        let estimate = outcome.estimate().unwrap();
        (estimate.variance.unwrap(), estimate.degrees_of_freedom.unwrap())
    };
    let x = DMatrix::from_fn(rows, 3, |row, column| [1.0, arm[row], slope[row]][column]);
    let inverse = (x.transpose() * &x).try_inverse().unwrap();
    let hat = &x * &inverse * x.transpose();
    let rest = DMatrix::identity(rows, rows) - &hat;
    let together = DMatrix::from_fn(rows, rows, |a, b| f64::from(u8::from(by[a] == by[b])));
    let size = |cluster: usize| by.iter().filter(|own| **own == cluster).count() as f64;
    let means = DMatrix::from_fn(rows, rows, |a, b| together[(a, b)] / size(by[a]));
    let e = &rest * DVector::from_column_slice(&y);
    // E e'Me = own tr(M rest) + shared tr(M rest together rest), for M = means and M = 1.
    let expected = |m: &DMatrix<f64>| ((m * &rest).trace(), (m * &rest * &together * &rest).trace());
    let ((a, b), (free, c)) = (expected(&means), expected(&DMatrix::identity(rows, rows)));
    let (between, all) = ((e.transpose() * &means * &e)[0], e.norm_squared());
    let shared = (between * free - a * all) / (b * free - a * c);
    let own = (all - shared * c) / free;
    assert!(shared > 0.1 && own > 0.1, "the example shows nothing: {shared} {own}");
    let omega = DMatrix::identity(rows, rows) * own + &together * shared;
    let contrast = &x * inverse.row(1).transpose();
    let columns: Vec<DVector<f64>> = (0..7)
        .map(|cluster| {
            let at: Vec<usize> = (0..rows).filter(|row| by[*row] == cluster).collect();
            let eigen = SymmetricEigen::new(DMatrix::from_fn(at.len(), at.len(), |i, j| rest[(at[i], at[j])]));
            let root = eigen.eigenvalues.map(|value| if value > 1e-10 { value.powf(-0.5) } else { 0.0 });
            let adjusted = &eigen.eigenvectors
                * DMatrix::from_diagonal(&root)
                * eigen.eigenvectors.transpose()
                * DVector::from_fn(at.len(), |i, _| contrast[at[i]]);
            let mut wide = DVector::zeros(rows);
            at.iter().zip(adjusted.iter()).for_each(|(row, value)| wide[*row] = *value);
            &rest * wide
        })
        .collect();
    let g = DMatrix::from_columns(&columns);
    let form = g.transpose() * &omega * &g;
    let (variance, degrees) = figure(Correction::Cr2Correlated);
    let trace = form.trace();
    let bias = (contrast.transpose() * &omega * &contrast)[0] / trace;
    assert!((variance / figure(Correction::Cr2).0 / bias - 1.0).abs() < 1e-9, "{variance} {bias}");
    let awaited = trace * trace / (&form * &form).trace();
    assert!((degrees / awaited - 1.0).abs() < 1e-9, "{degrees} {awaited}");
}

#[test]
fn clusters_of_one_row_have_nothing_in_common() {
    let y: Vec<f64> = (0..9).map(|row| (1.3 * f64::from(row)).sin()).collect();
    let by: Vec<usize> = (0..9).collect();
    let fitted = LeastSquares::fit(&y, Regressors::with_intercept(9)).unwrap();
    let figure = |correction| {
        let covariance = fitted.fit().unwrap().covariance(&Errors::Clustered { by: &by, correction }).unwrap();
        let outcome = covariance.fit().unwrap().coefficient("intercept", 0.95).unwrap();
        let estimate = outcome.estimate().unwrap();
        (estimate.variance, estimate.degrees_of_freedom)
    };
    assert_eq!(figure(Correction::Cr2), figure(Correction::Cr2Correlated));
}
