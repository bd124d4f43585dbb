//! How long few-cluster inference takes on many rows: `cargo run --release -p candor-stats --example wild_bootstrap_speed [rows]`.

use std::time::Instant;

use candor_stats::clusters::wild_bootstrap::{Bootstrap, coefficient};
use candor_stats::regression::{Correction, Errors, LeastSquares, Regressors};
use rand_chacha::ChaCha20Rng;
use rand_chacha::rand_core::{Rng, SeedableRng};

fn main() -> Result<(), Box<dyn std::error::Error>> {
    let rows: usize = std::env::args().nth(1).map_or(Ok(100_000), |rows| rows.parse())?;
    let mut random = ChaCha20Rng::seed_from_u64(1);
    let mut uniform = || (random.next_u64() >> 11) as f64 / (1_u64 << 53) as f64;
    let by: Vec<usize> = (0..rows).map(|row| row % 12).collect();
    let arm: Vec<f64> = by.iter().map(|cluster| f64::from(u8::from(cluster % 2 == 0))).collect();
    let x: Vec<f64> = (0..rows).map(|_| uniform()).collect();
    let y: Vec<f64> = by.iter().map(|cluster| 0.1 * *cluster as f64 + uniform()).collect();

    let start = Instant::now();
    let right = Regressors::with_intercept(rows).column("arm", arm.as_slice())?.column("x", x.as_slice())?;
    let fitted = LeastSquares::fit(&y, right)?;
    let Some(fit) = fitted.fit() else { return Err("the model was refused".into()) };
    println!("{:>10.3} s  least squares, {rows} rows, 3 columns", start.elapsed().as_secs_f64());

    let start = Instant::now();
    let covariance = fit.covariance(&Errors::Clustered { by: &by, correction: Correction::Cr2 })?;
    if let Some(covariance) = covariance.fit() {
        let arm = covariance.coefficient("arm", 0.95)?;
        println!("{:>10.3} s  CR2 with Satterthwaite degrees of freedom, 12 clusters", start.elapsed().as_secs_f64());
        println!("              p = {:?}", arm.estimate().and_then(|estimate| estimate.p_value));
    }

    let start = Instant::now();
    let outcome = coefficient(fit, "arm", &Bootstrap { by: &by, impose_null: true, draws: 9_999, seed: 1 }, 0.95)?;
    println!("{:>10.3} s  wild cluster bootstrap, all 4096 sign vectors, p-value and limits", start.elapsed().as_secs_f64());
    println!("              p = {:?}", outcome.estimate().and_then(|estimate| estimate.p_value));
    Ok(())
}
