//! `candor assign`: who gets which arm, by lot, from seeds whose hashes stood in the ledger before.

mod units;

use std::path::{Path, PathBuf};

use candor_experiment::assign::redraw::{changed_forecasts, commitments, draw_key, redraw, revealed};
use candor_experiment::assign::seed::Seed;
use candor_experiment::assign::{Drawn, Roll, draw, enrol};
use candor_experiment::canonical::Hash;
use candor_experiment::key::SecretKey;
use candor_experiment::ledger::{Body, Chain, LedgerWriter, SeedCommitment, SeedReveal, When};
use serde_json::json;

use crate::failure::Failure;
use crate::signing::{self, Signing};
use crate::{Done, output, store};

/// Arguments of `candor assign`.
#[derive(clap::Args)]
pub struct Args {
    #[command(subcommand)]
    action: Action,
}

#[derive(clap::Subcommand)]
enum Action {
    /// Make a secret seed and write its hash into the ledger, before anybody is enrolled.
    Commit(Commit),
    /// Enrol units with their forecasts, then draw them and show the arms.
    Enrol(Enrol),
    /// Everything that was drawn, in the form of assignments.csv.
    Show(Show),
    /// Publish the seed when the experiment is over, so that anybody can draw again.
    Reveal(Reveal),
    /// Draw everything again and compare.
    Verify(Verify),
}

#[derive(clap::Args)]
#[command(after_help = "Examples:
  candor assign commit task-trial --key ada
  candor assign commit task-trial --key grace --seed grace.seed     a second person: now neither could have chosen the draw")]
struct Commit {
    /// The plan.
    #[arg(value_name = "EXPERIMENT")]
    experiment: String,
    /// File of the secret seed [default: EXPERIMENT.seed in your own folder].
    #[arg(long, value_name = "FILE")]
    seed: Option<PathBuf>,
    #[command(flatten)]
    signing: Signing,
}

#[derive(clap::Args)]
#[command(after_help = "Examples:
  candor assign enrol task-trial tasks.csv --key ada
  candor assign enrol task-trial --unit k17 --stratum p07/tests --minutes-without 80 --minutes-with 60
  candor assign enrol team-trial teams.csv --seed ada.seed --seed grace.seed

Columns of the file: unit (or task, or team); stratum, or person and context; forecast_minutes_without_ai, forecast_minutes_with_ai,
forecast_at. Others are ignored, so that tasks.csv will do. Units that are enrolled already keep their arm.
The ledger holds codes for people and contexts and commitments to forecasts, not the figures.")]
struct Enrol {
    /// The plan.
    #[arg(value_name = "EXPERIMENT")]
    experiment: String,
    /// Units to enrol.
    #[arg(value_name = "FILE", required_unless_present = "unit", conflicts_with = "unit")]
    file: Option<PathBuf>,
    /// One unit, instead of a file.
    #[arg(long, value_name = "ID", requires = "stratum")]
    unit: Option<String>,
    /// Its stratum: PERSON/CONTEXT for tasks.
    #[arg(long, value_name = "NAME", requires = "unit")]
    stratum: Option<String>,
    /// The person's forecast without AI.
    #[arg(long, value_name = "MINUTES", requires = "unit")]
    minutes_without: Option<f64>,
    /// The person's forecast with AI.
    #[arg(long, value_name = "MINUTES", requires = "unit")]
    minutes_with: Option<f64>,
    /// File of a secret seed; every committed one is needed [default: EXPERIMENT.seed in your own folder].
    #[arg(long, value_name = "FILE")]
    seed: Vec<PathBuf>,
    #[command(flatten)]
    signing: Signing,
}

#[derive(clap::Args)]
#[command(after_help = "Example:
  candor assign show task-trial --out assignments.csv")]
struct Show {
    /// The plan.
    #[arg(value_name = "EXPERIMENT")]
    experiment: String,
    /// Write here instead of to standard output.
    #[arg(long, value_name = "FILE")]
    out: Option<PathBuf>,
    /// JSON instead of CSV.
    #[arg(long)]
    json: bool,
}

#[derive(clap::Args)]
#[command(after_help = "Example:
  candor assign reveal task-trial --key ada")]
struct Reveal {
    /// The plan.
    #[arg(value_name = "EXPERIMENT")]
    experiment: String,
    /// File of the secret seed [default: EXPERIMENT.seed in your own folder].
    #[arg(long, value_name = "FILE")]
    seed: Option<PathBuf>,
    #[command(flatten)]
    signing: Signing,
}

#[derive(clap::Args)]
#[command(after_help = "Examples:
  candor assign verify task-trial                     with the seeds that the ledger reveals
  candor assign verify task-trial --seed ada.seed     before they are public
  candor assign verify task-trial --units tasks.csv   and whether a forecast was changed after its draw

Exit codes: 0 = every arm comes out again; 2 = one does not.")]
struct Verify {
    /// The plan.
    #[arg(value_name = "EXPERIMENT")]
    experiment: String,
    /// File of a secret seed. May be repeated.
    #[arg(long, value_name = "FILE")]
    seed: Vec<PathBuf>,
    /// Compare the forecasts in this file with those that were made.
    #[arg(long, value_name = "FILE")]
    units: Option<PathBuf>,
    /// Print JSON.
    #[arg(long)]
    json: bool,
}

/// Runs the command.
pub fn run(args: &Args) -> Done {
    match &args.action {
        Action::Commit(args) => commit(args),
        Action::Enrol(args) => enrol_units(args),
        Action::Show(args) => show(args),
        Action::Reveal(args) => reveal(args),
        Action::Verify(args) => verify(args),
    }
}

fn seed_file(given: Option<&PathBuf>, experiment: &str) -> Result<PathBuf, Failure> {
    match given {
        Some(path) => Ok(path.clone()),
        None => Ok(signing::secrets("seeds")?.join(format!("{experiment}.seed"))),
    }
}

fn read_seed(path: &Path) -> Result<Seed, Failure> {
    Ok(Seed::from_text(path, &store::read_text(path)?)?)
}

fn append(writer: &mut LedgerWriter, at: When, body: Body, keys: &[SecretKey]) -> Result<Hash, Failure> {
    let signers: Vec<&SecretKey> = keys.iter().collect();
    Ok(writer.append(at, body, &signers)?.0)
}

fn commit(args: &Commit) -> Done {
    let keys = args.signing.keys()?;
    let at = args.signing.at()?;
    let mut writer = signing::writer("candor assign commit")?;
    let (plan, _) = writer.chain().plan_in_force(&args.experiment)?;
    let path = seed_file(args.seed.as_ref(), &args.experiment)?;
    // A seed that a stopped run left is used, not replaced: its hash may be in the ledger.
    let seed = match path.is_file() {
        true => read_seed(&path)?,
        false => {
            let seed = Seed::new(signing::entropy()?);
            signing::write_secret(&path, &seed.to_text())?;
            seed
        }
    };
    let commitment = seed.commitment(&args.experiment);
    if commitments(writer.chain(), &args.experiment).iter().any(|(_, own)| *own == commitment) {
        output::say("the hash of this seed is in the ledger already");
    } else {
        append(
            &mut writer,
            at,
            Body::SeedCommitment(SeedCommitment { experiment: args.experiment.clone(), plan, commitment }),
            &keys,
        )?;
    }
    output::say(&format!("secret seed: `{}`; keep it, nothing can be drawn or checked without it", path.display()));
    if commitments(writer.chain(), &args.experiment).len() == 1 {
        output::say(
            "note: one person alone could have tried seeds until the draw pleased; a second one who runs this rules that out",
        );
    }
    output::print(format!("{commitment}\n").as_bytes())
}

fn enrol_units(args: &Enrol) -> Done {
    let at = args.signing.at()?;
    let candidates = match (&args.file, &args.unit, &args.stratum) {
        (Some(file), ..) => units::read(file, &args.experiment)?,
        (None, Some(unit), Some(stratum)) => vec![units::one(unit, stratum, args.minutes_with, args.minutes_without, at.at)?],
        _ => return Err(Failure::user("name a file of units, or one by `--unit` and `--stratum`")),
    };
    let keys = args.signing.keys()?;
    let files = if args.seed.is_empty() { vec![seed_file(None, &args.experiment)?] } else { args.seed.clone() };
    let mut writer = signing::writer("candor assign enrol")?;
    let (_, plan) = writer.chain().plan_in_force(&args.experiment)?;
    if commitments(writer.chain(), &args.experiment).is_empty() {
        return Err(Failure::user(format!("no seed is committed for `{}`", args.experiment))
            .hint(format!("`candor assign commit {}` comes first", args.experiment)));
    }
    let seeds = files.iter().map(|path| read_seed(path)).collect::<Result<Vec<_>, _>>()?;
    let key = draw_key(writer.chain(), &args.experiment, &seeds)?;
    // What a stopped run had enrolled is drawn first: its places are taken, and its draw is fixed.
    for (hash, enrolment) in Roll::of(writer.chain(), &args.experiment).waiting {
        append(&mut writer, at, Body::Assignment(draw(hash, &enrolment, &key)), &keys)?;
    }
    let roll = Roll::of(writer.chain(), &args.experiment);
    if let Some(enrolment) = enrol(&plan, &roll, &key, &candidates, at.at)? {
        let hash = append(&mut writer, at, Body::Enrolment(enrolment.clone()), &keys)?;
        append(&mut writer, at, Body::Assignment(draw(hash, &enrolment, &key)), &keys)?;
        output::say(&format!(
            "{} units enrolled and drawn, {} were before",
            enrolment.units.len(),
            candidates.len().saturating_sub(enrolment.units.len())
        ));
    } else {
        output::say("every unit was drawn before; this is what was drawn");
    }
    let drawn = Roll::of(writer.chain(), &args.experiment).drawn;
    let wanted: Vec<&Drawn> = candidates.iter().filter_map(|own| drawn.iter().find(|drawn| drawn.unit == own.unit)).collect();
    output::print(&units::table(&wanted)?)
}

fn show(args: &Show) -> Done {
    let chain = signing::chain()?;
    chain.plan_in_force(&args.experiment)?;
    let drawn = Roll::of(&chain, &args.experiment).drawn;
    let bytes = match args.json {
        true => format!("{}\n", json!({ "assignments": drawn })).into_bytes(),
        false => units::table(&drawn.iter().collect::<Vec<_>>())?,
    };
    match &args.out {
        Some(path) => {
            output::write_file(path, &bytes)?;
            output::say(&format!("wrote {} assignments to `{}`", drawn.len(), path.display()));
            Ok(())
        }
        None => output::print(&bytes),
    }
}

fn reveal(args: &Reveal) -> Done {
    let keys = args.signing.keys()?;
    let path = seed_file(args.seed.as_ref(), &args.experiment)?;
    let seed = read_seed(&path)?;
    let at = args.signing.at()?;
    let mut writer = signing::writer("candor assign reveal")?;
    let own = seed.commitment(&args.experiment);
    let found = commitments(writer.chain(), &args.experiment).into_iter().find(|(_, commitment)| *commitment == own);
    let Some((entry, _)) = found else {
        return Err(Failure::user(format!(
            "the seed in `{}` is not one whose hash is in the ledger for `{}`",
            path.display(),
            args.experiment
        )));
    };
    if revealed(writer.chain(), &args.experiment).contains(&seed) {
        output::say("this seed is public already");
        return Ok(());
    }
    append(
        &mut writer,
        at,
        Body::SeedReveal(SeedReveal { experiment: args.experiment.clone(), commitment: entry, seed: seed.reveal() }),
        &keys,
    )?;
    output::say("the seed is public: nobody can be enrolled any more, and anybody can run `candor assign verify`");
    Ok(())
}

fn verify(args: &Verify) -> Done {
    let chain: Chain = signing::chain()?;
    chain.plan_in_force(&args.experiment)?;
    let mut seeds = revealed(&chain, &args.experiment);
    for path in &args.seed {
        seeds.push(read_seed(path)?);
    }
    let mut found = redraw(&chain, &args.experiment, &seeds)?;
    if let Some(path) = &args.units {
        let candidates = units::read(path, &args.experiment)?;
        found.differences.extend(changed_forecasts(&chain, &args.experiment, &seeds, &candidates)?);
    }
    if args.json {
        output::print(format!("{}\n", json!(found)).as_bytes())?;
    } else {
        let mut text: String = found.differences.iter().map(|line| format!("{line}\n")).collect();
        text.push_str(&format!("{} units drawn again from the seeds of {} people\n", found.units, found.seeds));
        if found.seeds == 1 {
            text.push_str("not proved: that this one person did not try seeds until the draw pleased\n");
        }
        output::print(text.as_bytes())?;
    }
    match found.differences.len() {
        0 => Ok(()),
        count => Err(Failure::user(format!("{} between the ledger and the lot", output::counted(count, "difference")))),
    }
}
