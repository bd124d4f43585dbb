//! `candor reconcile`: figures as others define them, on the same facts, and the steps from each to ours.

use std::fmt::Write;

use candor_catalogue::Answer;
use candor_catalogue::reconcile::{Peer, Reconciliation, reconcile};

use super::init::Organisation;
use crate::failure::Failure;
use crate::{Done, engine, output};

/// Arguments of `candor reconcile`.
#[derive(clap::Args)]
#[command(after_help = "Examples:
  candor reconcile
  candor reconcile gitclear_churn --period 2025-Q2
  candor reconcile swarmia_ai_changes claude_code_ai_changes --json")]
pub struct Args {
    /// Definitions, such as gitclear_churn; all of them without one.
    #[arg(value_name = "DEFINITION")]
    ids: Vec<String>,
    /// The period: 2025-03, 2025-W10, 2025-Q1, 2025-03-04 or overall.
    #[arg(long, value_name = "PERIOD", default_value = "overall")]
    period: String,
    #[command(flatten)]
    pin: engine::Pin,
    /// One JSON document on standard output.
    #[arg(long)]
    json: bool,
}

/// Runs the command.
pub fn run(args: &Args) -> Done {
    let organisation = Organisation::here()?;
    let catalogue = engine::catalogue(&organisation)?;
    let (_, session) = args.pin.open(&organisation)?;
    let found = reconcile(&session, &catalogue, &args.ids, &args.period)?;
    let text = if args.json {
        let json = serde_json::to_string_pretty(&found).map_err(|error| Failure::machine(error.to_string()))?;
        format!("{json}\n")
    } else {
        waterfalls(&found)
    };
    output::print(text.as_bytes())
}

fn waterfalls(found: &Reconciliation) -> String {
    let mut text = String::new();
    for peer in &found.peers {
        waterfall(&mut text, peer);
    }
    let settings = &found.settings;
    let snapshot = found.snapshot.map_or_else(|| "no snapshot".to_owned(), |id| format!("snapshot {id}"));
    let _ = writeln!(
        text,
        "{snapshot}; {}; {} to {} (not included), {}",
        found.period, settings.window_start, settings.as_of, settings.timezone
    );
    text
}

/// Decimals with which the smallest figure of a way still has four digits; the changes are those of the printed figures, so they add up.
fn decimals(points: &[f64]) -> usize {
    let least = points.iter().map(|point| point.abs()).filter(|size| *size > 0.0).fold(f64::INFINITY, f64::min);
    if least.is_finite() { (3 - least.log10().floor() as i32).clamp(0, 9) as usize } else { 0 }
}

fn waterfall(text: &mut String, peer: &Peer) {
    let _ = writeln!(text, "{}: {}\n  {}\n", peer.id, peer.question, peer.definition);
    let points: Vec<f64> = peer.steps.iter().filter_map(|step| step.cell.answer.point()).collect();
    let places = decimals(&points);
    let rounded = |value: f64| {
        let unit = 10_f64.powi(i32::try_from(places).unwrap_or(0));
        (value * unit).round() / unit
    };
    let mut before: Option<f64> = None;
    for step in &peer.steps {
        match (&step.cell.answer, step.cell.answer.point()) {
            (_, Some(point)) => {
                let change = before.map_or_else(String::new, |before| format!("{:+.places$}", rounded(point) - rounded(before)));
                let _ = writeln!(text, "  {point:>12.places$} {change:>12}  {} ({})", step.what, step.unit);
                before = Some(point);
            }
            (Answer::Insufficient { code, .. } | Answer::NotApplicable { code, .. } | Answer::NotObserved { code, .. }, _) => {
                let _ = writeln!(text, "  {:>12} {:>12}  {} ({code})", "-", "", step.what);
                before = None;
            }
            (Answer::Estimate(_), None) => {}
        }
    }
    let slice: String = peer.ours_by.iter().map(|(dimension, value)| format!(", {dimension} {value}")).collect();
    let ours = format!("`{}`{slice}", peer.ours);
    let end = match (peer.agrees, &peer.our_cell) {
        (Some(true), _) => format!("That is {ours}, as `candor metrics run` computes it."),
        (Some(false), Some(cell)) => {
            format!("{ours} is {} instead: please report this.", cell.answer.point().unwrap_or(f64::NAN))
        }
        _ => format!("The way leads to {ours}; there is no figure at one of its ends."),
    };
    let _ = writeln!(text, "\n  {end}\n  Source: {}. {}\n", peer.source, peer.caveats);
}

#[cfg(test)]
mod tests {
    use super::decimals;

    #[test]
    fn four_digits_of_the_smallest() {
        assert_eq!((decimals(&[0.1234, 12.0]), decimals(&[123.0]), decimals(&[0.0]), decimals(&[])), (4, 1, 0, 0));
    }
}
