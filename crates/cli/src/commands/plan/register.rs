//! Plans and amendments on their way into the ledger: signed by two, marked where the data came first.

use std::path::PathBuf;

use candor_experiment::canonical::Hash;
use candor_experiment::key::{SecretKey, Signed};
use candor_experiment::ledger::{Amendment, Body, PlanRegistration, Retrospective, When};
use candor_experiment::plan::{Plan, differences};
use jiff::Timestamp;
use jiff::tz::TimeZone;
use serde::{Deserialize, Serialize};
use serde_json::Value;

use super::{day, sound};
use crate::failure::Failure;
use crate::signing::{self, Signing};
use crate::{Done, output, store};

#[derive(clap::Args)]
#[command(after_help = "Examples:
  candor plan sign plan.toml --key grace --out grace.sig
  candor plan sign plan.toml --key grace --out grace.sig --amends --reason \"two teams merged\"")]
pub struct Sign {
    /// The plan file.
    #[arg(value_name = "FILE")]
    file: PathBuf,
    /// Where the signature goes; give it to whoever registers.
    #[arg(long, value_name = "FILE")]
    out: PathBuf,
    /// It changes the plan that is in force.
    #[arg(long, requires = "reason")]
    amends: bool,
    /// Why it changes; the same words as in `candor plan amend`.
    #[arg(long, value_name = "TEXT", requires = "amends")]
    reason: Option<String>,
    #[command(flatten)]
    signing: Signing,
}

#[derive(clap::Args)]
#[command(after_help = "Examples:
  candor plan register plan.toml --key ada --key grace
  candor plan register plan.toml --key ada --approval grace.sig
  candor plan register plan.toml --key ada --key grace --first-outcome 2026-05-03    data came first: marked for good")]
pub struct Register {
    /// The plan file.
    #[arg(value_name = "FILE")]
    file: PathBuf,
    /// A signature that `candor plan sign` wrote. May be repeated.
    #[arg(long, value_name = "FILE")]
    approval: Vec<PathBuf>,
    /// Day of the first outcome row of the pilot, where there is one [default: the pilot's first day, if that is past].
    #[arg(long, value_name = "DATE")]
    first_outcome: Option<String>,
    #[command(flatten)]
    signing: Signing,
}

#[derive(clap::Args)]
#[command(after_help = "Example:
  candor plan amend plan.toml --reason \"two teams merged\" --key ada --key grace")]
pub struct Amend {
    /// The plan file as it is from now on.
    #[arg(value_name = "FILE")]
    file: PathBuf,
    /// Why.
    #[arg(long, value_name = "TEXT")]
    reason: String,
    /// A signature that `candor plan sign --amends` wrote. May be repeated.
    #[arg(long, value_name = "FILE")]
    approval: Vec<PathBuf>,
    #[command(flatten)]
    signing: Signing,
}

/// A signature on its way.
#[derive(Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
struct Approval {
    /// Id of the plan.
    plan: String,
    approval: Signed,
}

fn canonical(plan: &Plan) -> Result<Value, Failure> {
    // Through the canonical text, so that what is signed is what will be read back.
    let text = candor_experiment::canonical::text(plan)?;
    serde_json::from_str(&text).map_err(|error| Failure::machine(format!("the plan cannot be read back: {error}")))
}

fn approvals(files: &[PathBuf], id: &str, keys: &[SecretKey], message: &[u8]) -> Result<Vec<Signed>, Failure> {
    let mut approvals: Vec<Signed> = keys.iter().map(|key| key.sign(message)).collect();
    for file in files {
        let text = store::read_text(file)?;
        let read: Approval = serde_json::from_str(&text).map_err(|error| {
            Failure::user(format!(
                "{}:{}:{}: expected a signature as `candor plan sign` writes it: {error}",
                file.display(),
                error.line(),
                error.column()
            ))
        })?;
        if read.plan != id || !read.approval.key.has_signed(message, &read.approval.signature) {
            return Err(Failure::user(format!("the signature in `{}` is not over this plan", file.display()))
                .hint("the file was changed after it was signed, or the reason differs: have it signed again"));
        }
        approvals.push(read.approval);
    }
    approvals.sort_by_key(|signed| signed.key);
    approvals.dedup_by_key(|signed| signed.key);
    if approvals.len() < 2 {
        return Err(Failure::user(format!("{} signed, and a plan takes two people", approvals.len()))
            .hint("add a second `--key`, or `--approval FILE` of somebody who ran `candor plan sign`"));
    }
    Ok(approvals)
}

/// What is signed where a plan changes, with the entry that it amends.
fn amendment(id: &str, plan: &Value, reason: &str) -> Result<(Hash, Vec<u8>), Failure> {
    let (amends, _) = signing::chain()?.plan_in_force(id)?;
    Ok((amends, Amendment::message(&amends, plan, reason)?))
}

/// Signs for somebody else to register.
pub fn sign(args: &Sign) -> Done {
    let (plan, _) = sound(&args.file)?;
    let value = canonical(&plan)?;
    let message = match &args.reason {
        Some(reason) => amendment(&plan.id, &value, reason)?.1,
        None => PlanRegistration::message(&value)?,
    };
    let keys = args.signing.keys()?;
    let Some(key) = keys.first() else { return Err(Failure::user("no key signs")) };
    let approval = Approval { plan: plan.id, approval: key.sign(&message) };
    let text = candor_experiment::canonical::text(&approval)?;
    output::write_file(&args.out, format!("{text}\n").as_bytes())?;
    output::say(&format!("signed as {}; give `{}` to whoever registers", key.public(), args.out.display()));
    Ok(())
}

/// Whether the data came first.
fn retrospective(args: &Register, plan: &Plan, at: Timestamp) -> Result<Option<Retrospective>, Failure> {
    let registered_on = at.to_zoned(TimeZone::UTC).date();
    let first_outcome = match &args.first_outcome {
        Some(text) => day("--first-outcome", text)?,
        None => plan.dates.pilot_from,
    };
    if first_outcome < plan.dates.pilot_from {
        return Err(Failure::user(format!(
            "`--first-outcome {first_outcome}` lies before the pilot, which begins on {}",
            plan.dates.pilot_from
        ))
        .hint("rows before it belong to the baseline and mark nothing"));
    }
    Ok((registered_on > first_outcome).then_some(Retrospective { first_outcome, registered_on }))
}

/// Puts a plan into the ledger.
pub fn register(args: &Register) -> Done {
    let (plan, text) = sound(&args.file)?;
    let value = canonical(&plan)?;
    let keys = args.signing.keys()?;
    let approvals = approvals(&args.approval, &plan.id, &keys, &PlanRegistration::message(&value)?)?;
    let mut at = args.signing.at()?;
    let mut writer = signing::writer("candor plan register")?;
    if let Some(entry) = known(writer.chain(), &plan.id, &value) {
        output::say(&format!("plan `{}` is registered already, as it is", plan.id));
        return output::print(format!("{entry}\n").as_bytes());
    }
    // A date that was typed cannot lie before what is in the ledger already.
    if let Some(last) = writer.chain().entries().last() {
        at.at = at.at.max(last.at);
    }
    let retrospective = retrospective(args, &plan, at.at)?;
    if let Some(mark) = &retrospective {
        output::say(&format!(
            "note: outcomes exist since {}, and the plan is registered on {}: it is marked retrospective for good",
            mark.first_outcome, mark.registered_on
        ));
    }
    let body = Body::Plan(PlanRegistration {
        id: plan.id.clone(),
        plan: value,
        source: Hash::of(text.as_bytes()),
        retrospective,
        approvals,
    });
    append(&mut writer, at, body, &keys)
}

/// The entry of a plan that is registered in exactly this form.
fn known(chain: &candor_experiment::ledger::Chain, id: &str, value: &Value) -> Option<Hash> {
    match chain.plans(id).last() {
        Some((hash, entry)) => match &entry.body {
            Body::Plan(own) if own.plan == *value => Some(*hash),
            Body::Amendment(own) if own.plan == *value => Some(*hash),
            _ => None,
        },
        None => None,
    }
}

fn append(writer: &mut candor_experiment::ledger::LedgerWriter, at: When, body: Body, keys: &[SecretKey]) -> Done {
    let signers: Vec<&SecretKey> = keys.iter().collect();
    let (hash, entry) = writer.append(at, body, &signers)?;
    output::say(&format!("entry {} of the ledger; anchor it, so that its date can be proved: `candor ledger anchor`", entry.seq));
    output::print(format!("{hash}\n").as_bytes())
}

/// Changes a registered plan.
pub fn amend(args: &Amend) -> Done {
    let (plan, _) = sound(&args.file)?;
    let value = canonical(&plan)?;
    if args.reason.split_whitespace().count() < 2 {
        return Err(Failure::user(format!("`--reason {}` gives no reason", args.reason))
            .hint("say what happened that the plan did not foresee"));
    }
    let keys = args.signing.keys()?;
    let at = args.signing.at()?;
    let mut writer = signing::writer("candor plan amend")?;
    let chain = writer.chain();
    if let Some(entry) = known(chain, &plan.id, &value) {
        output::say(&format!("plan `{}` is in force already, as it is", plan.id));
        return output::print(format!("{entry}\n").as_bytes());
    }
    let (amends, before) = chain.plan_in_force(&plan.id)?;
    let approvals = approvals(&args.approval, &plan.id, &keys, &Amendment::message(&amends, &value, &args.reason)?)?;
    let looks_held = chain.looks_held(&plan.id);
    let changes = differences(&canonical(&before)?, &value);
    for change in &changes {
        output::say(&super::show::change(change));
    }
    if looks_held > 0 {
        output::say(&format!(
            "note: {looks_held} looks had been held or missed before this amendment; readers of every verdict are told"
        ));
    }
    let body = Body::Amendment(Amendment {
        id: plan.id,
        amends,
        plan: value,
        reason: args.reason.clone(),
        changes,
        looks_held,
        approvals,
    });
    append(&mut writer, at, body, &keys)
}
