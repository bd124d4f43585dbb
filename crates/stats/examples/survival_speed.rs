//! How long clustered survival takes on many rows, and what comes out of it, to be held against other packages on the same rows.
//!
//! `cargo run --release -p candor-stats --example survival_speed -- [--rows N] [--seconds] [--only km|cox] [--csv FILE]`
//!
//! Times are whole days, or whole seconds with `--seconds`. With `--csv` the rows are written for `benches/stats` and nothing is timed.
#![allow(clippy::print_stdout)]

use std::fs::File;
use std::io::{BufWriter, Write};
use std::time::Instant;

use candor_stats::linearised::Reference;
use candor_stats::survival::cox::{self, CoxRows, Ties};
use candor_stats::survival::{Confidence, LifeTable, Lives, comparison};
use rand_chacha::ChaCha20Rng;
use rand_chacha::rand_core::{Rng, SeedableRng};

type Failure = Box<dyn std::error::Error>;

const AUTHORS: u32 = 500;
const HORIZONS: [f64; 3] = [30.0, 60.0, 90.0];

fn main() -> Result<(), Failure> {
    let (mut rows, mut day, mut csv) = (1_000_000, 1.0, None);
    let mut only = String::new();
    let mut arguments = std::env::args().skip(1);
    while let Some(argument) = arguments.next() {
        match argument.as_str() {
            "--rows" => rows = arguments.next().ok_or("--rows needs a number")?.parse()?,
            "--seconds" => day = 86_400.0,
            "--only" => {
                only = arguments.next().filter(|part| part == "km" || part == "cox").ok_or("--only needs `km` or `cox`")?;
            }
            "--csv" => csv = Some(arguments.next().ok_or("--csv needs a file")?),
            _ => return Err(format!("`{argument}` is not an option: --rows N, --seconds, --only km|cox, --csv FILE").into()),
        }
    }
    let cohort = Cohort::new(rows, day);
    match csv {
        Some(file) => Ok(cohort.write(BufWriter::new(File::create(file)?))?),
        None => {
            if only != "cox" {
                cohort.curves(day)?;
            }
            if only != "km" {
                cohort.regression()?;
            }
            Ok(())
        }
    }
}

/// Rows that each stand for up to 50 lines of one change: two arms, the same 500 authors in both, unequal in how much they write and how
/// long it lasts; about 45 % of the rows outlive their follow-up of up to 700 days.
#[derive(Default)]
struct Cohort {
    times: Vec<f64>,
    died: Vec<bool>,
    weights: Vec<f64>,
    authors: Vec<u32>,
    arm: Vec<f64>,
    size: Vec<f64>,
    tenure: Vec<f64>,
}

impl Cohort {
    fn new(rows: usize, day: f64) -> Self {
        let mut random = ChaCha20Rng::seed_from_u64(1);
        let mut uniform = || ((random.next_u64() >> 11) as f64 + 0.5) / (1_u64 << 53) as f64;
        let frailty: Vec<f64> = (0..AUTHORS).map(|_| (0.6 * (uniform() + uniform() + uniform() - 1.5)).exp()).collect();
        let mut cohort = Self::default();
        for _ in 0..rows {
            // Squaring makes a few authors write much of the code.
            let author = (f64::from(AUTHORS) * uniform().powi(2)) as u32;
            let arm = f64::from(u8::from(uniform() < 0.3 + 0.4 * f64::from(author % 5) / 4.0));
            let (size, tenure) = ((-uniform().ln() * 40.0).ln_1p(), uniform() * 10.0);
            let own = frailty.get(author as usize).copied().unwrap_or(1.0);
            let rate = 0.0026 * own * (0.1 * arm + 0.05 * (size - 3.0) - 0.02 * (tenure - 5.0)).exp();
            let (death, end) = (-uniform().ln() / rate, 700.0 * uniform());
            cohort.times.push((death.min(end) * day).ceil());
            cohort.died.push(death <= end);
            cohort.weights.push(1.0 + (uniform() * 50.0).floor());
            cohort.authors.push(author);
            cohort.arm.push(arm);
            cohort.size.push(size);
            cohort.tenure.push(tenure);
        }
        cohort
    }

    fn write(&self, mut out: impl Write) -> std::io::Result<()> {
        writeln!(out, "time,died,weight,author,arm,size,tenure")?;
        let columns = self.times.iter().zip(&self.died).zip(&self.weights).zip(&self.authors);
        let columns = columns.zip(&self.arm).zip(&self.size).zip(&self.tenure);
        for ((((((time, died), weight), author), arm), size), tenure) in columns {
            writeln!(out, "{time},{},{weight},{author},{arm},{size},{tenure}", u8::from(*died))?;
        }
        out.flush()
    }

    /// Rows of one arm, as a caller has them before the clock starts.
    fn of_arm(&self, arm: f64) -> Self {
        let mut part = Self::default();
        let rows = self.times.iter().zip(&self.died).zip(&self.weights).zip(&self.authors).zip(&self.arm);
        for ((((time, died), weight), author), _) in rows.filter(|(_, own)| **own == arm) {
            part.times.push(*time);
            part.died.push(*died);
            part.weights.push(*weight);
            part.authors.push(*author);
        }
        part
    }

    fn lives(&self) -> Lives<'_> {
        Lives::new(&self.times, &self.died).weighted(&self.weights).clustered(&self.authors)
    }

    fn curves(&self, day: f64) -> Result<(), Failure> {
        let deaths = self.died.iter().filter(|died| **died).count();
        println!("{} rows, {} of them end with a death, {AUTHORS} authors", self.times.len(), deaths);
        let (exposed, control) = (self.of_arm(1.0), self.of_arm(0.0));
        // As R's survival package has it: plain sums of squares and the normal law.
        let plain = Confidence { reference: Reference::Normal, ..Confidence::default() };
        let start = Instant::now();
        let (exposed, control) = std::thread::scope(|scope| {
            let exposed = scope.spawn(|| LifeTable::new(&exposed.lives()));
            let control = LifeTable::new(&control.lives());
            (exposed.join(), control)
        });
        let (exposed, control) = (exposed.map_err(|_| "the thread of the first arm ended early")??, control?);
        let horizons = HORIZONS.map(|horizon| horizon * day);
        let curves = [exposed.survivals(&horizons, &plain)?, control.survivals(&horizons, &plain)?];
        let differences = horizons
            .map(|horizon| comparison::difference(&exposed, &control, horizon, &plain))
            .into_iter()
            .collect::<Result<Vec<_>, _>>()?;
        println!(
            "{:.4} s  Kaplan-Meier of both arms, by author, and their difference at 30, 60 and 90 days",
            start.elapsed().as_secs_f64()
        );
        for (name, outcomes) in [("S exposed", &curves[0]), ("S control", &curves[1]), ("difference", &differences)] {
            for (day, outcome) in HORIZONS.iter().zip(outcomes) {
                print_figure(&format!("{name} at {day}"), outcome.estimate().map(|e| (e.point, e.variance)));
            }
        }
        Ok(())
    }

    fn regression(&self) -> Result<(), Failure> {
        let covariates: [&[f64]; 3] = [&self.arm, &self.size, &self.tenure];
        let start = Instant::now();
        let fitted = cox::fit(&CoxRows { lives: self.lives(), covariates: &covariates, strata: None }, Ties::Efron)?;
        let plain = Confidence { reference: Reference::Normal, ..Confidence::default() };
        let fit = fitted.fit().ok_or("the model was refused")?;
        let found: Vec<_> = (0..covariates.len()).filter_map(|index| fit.coefficient(index, &plain)).collect();
        println!("{:.4} s  Cox regression, Efron's ties, errors by author", start.elapsed().as_secs_f64());
        for (name, outcome) in ["arm", "size", "tenure"].iter().zip(&found) {
            print_figure(name, outcome.estimate().map(|e| (e.point, e.variance)));
        }
        println!("  log likelihood {:.4}, concordance {:.8}", fit.log_likelihood, fit.concordance.unwrap_or(f64::NAN));
        Ok(())
    }
}

fn print_figure(name: &str, figure: Option<(f64, Option<f64>)>) {
    match figure {
        Some((point, Some(variance))) => println!("  {name:<18} {point:.10}  standard error {:.10}", variance.sqrt()),
        Some((point, None)) => println!("  {name:<18} {point:.10}"),
        None => println!("  {name:<18} no figure"),
    }
}
