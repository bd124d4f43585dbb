//! `candor digest`: packs for executives, teams, leaders, and a person's own page.

use std::path::PathBuf;
use std::process::{Command, Stdio};

use arrow_array::cast::AsArray;
use candor_digest::{Asked, Digest, Observations, Order, OrderError, Who, digest, html, markdown};
use candor_lake::{Lake, Snapshot};

use super::baseline;
use super::init::Organisation;
use crate::failure::Failure;
use crate::{Done, engine, output};

/// Arguments of `candor digest`.
#[derive(clap::Args)]
#[command(after_help = "Examples:
  candor digest --tier 2 --period 2025-W10
  candor digest --tier 2 --period 2025-W10 --team checkout
  candor digest --tier 1 --period 2025-03 --html march.html
  candor digest --tier 1 --period 2025-Q1
  candor digest --tier 3 --period 2025
  candor digest --tier 3 --period 2025-03 --person me

Tier 1 of a month is the business pack, tier 2 of a week the team pack, a quarter the review of both, tier 3 of a year the talent pack.
A group needs five people. A person's own page is for that person: who asks is who git says you are (`git config user.email`), looked up
in identities.csv.")]
pub struct Args {
    /// 1 = business outcomes, 2 = team health, 3 = individual patterns.
    #[arg(long, value_name = "TIER", value_parser = clap::value_parser!(u8).range(1..=3))]
    tier: u8,
    /// A week (2025-W10), a month (2025-03), a quarter (2025-Q1) or a year (2025).
    #[arg(long, value_name = "PERIOD")]
    period: String,
    /// Only this team.
    #[arg(long, value_name = "TEAM", conflicts_with = "person")]
    team: Option<String>,
    /// The own page: `me`, or your own id or address.
    #[arg(long, value_name = "me")]
    person: Option<String>,
    /// Compare with this baseline instead of the newest one.
    #[arg(long, value_name = "FILE")]
    baseline: Option<PathBuf>,
    #[command(flatten)]
    pin: engine::Pin,
    /// One JSON document on standard output (docs/digest-schema.md).
    #[arg(long, conflicts_with = "md")]
    json: bool,
    /// One self-contained page in this file.
    #[arg(long, value_name = "FILE", conflicts_with_all = ["json", "md"])]
    html: Option<PathBuf>,
    /// Markdown on standard output: what is printed without any of these.
    #[arg(long)]
    md: bool,
}

/// Runs the command.
pub fn run(args: &Args) -> Done {
    let period = Asked::parse(&args.period).map_err(|error| wrong(&error))?;
    let organisation = Organisation::here()?;
    let catalogue = engine::catalogue(&organisation)?;
    let who = who(args, &organisation)?;
    let (_, session) = args.pin.open(&organisation)?;
    catalogue.check_own(&session)?;
    let (baseline, count) = baseline::newest(&organisation, args.baseline.as_deref(), period.from)?;
    if baseline.is_none() && !matches!(who, Who::Person(_)) {
        output::say(&match count {
            0 => "no baseline to compare with: `candor baseline` writes one".to_owned(),
            _ => format!("no baseline ends before {}: nothing is compared with one", period.name),
        });
    }
    let description = organisation.description();
    let order = Order {
        organisation: description.name.clone(),
        tier: args.tier,
        period,
        who,
        baseline,
        control_team: description.control_team.clone(),
    };
    let found = digest(&Observations::passing(&session), &catalogue, &order)?;
    if let Some(team) = &found.team
        && !knows(&session, team)?
    {
        return Err(
            Failure::user(format!("no fact names a team `{team}`")).hint("teams are those of teams.csv and employment.csv")
        );
    }
    if let Some(file) = &args.html {
        output::write_file(file, html(&found).as_bytes())?;
        output::say(&format!("wrote `{}`", file.display()));
        return Ok(());
    }
    let text = if args.json { json(&found)? } else { markdown(&found) };
    output::print(text.as_bytes())
}

/// A digest as JSON.
pub fn json(found: &Digest) -> Result<String, Failure> {
    serde_json::to_string_pretty(found).map(|text| format!("{text}\n")).map_err(|error| Failure::machine(error.to_string()))
}

fn wrong(error: &OrderError) -> Failure {
    Failure::user(error.to_string()).hint("write 2025-W10, 2025-03, 2025-Q1 or 2025")
}

fn knows(session: &candor_catalogue::Session, team: &str) -> Result<bool, Failure> {
    let frame = session
        .rows("the teams", "SELECT team FROM teams UNION SELECT team FROM employment UNION SELECT team FROM repositories")?;
    Ok((0..frame.rows).any(|row| frame.name("team", row) == Some(team)))
}

/// Whose figures are asked for. A person gets the own page and nobody else's.
fn who(args: &Args, organisation: &Organisation) -> Result<Who, Failure> {
    if let Some(team) = &args.team {
        return Ok(Who::Team(team.clone()));
    }
    let Some(asked) = &args.person else { return Ok(Who::All) };
    if args.tier != 3 {
        return Err(Failure::user("a person's own page is tier 3").hint("candor digest --tier 3 --person me --period PERIOD"));
    }
    let folder = organisation.lake();
    let snapshot = if folder.exists() { Lake::open(&folder)?.latest()? } else { None };
    let Some(snapshot) = snapshot else {
        return Err(Failure::user("there are no facts yet").hint("`candor import FILE` or `candor mine` brings some"));
    };
    let address = address()?;
    let accounts = accounts(&snapshot)?;
    let find = |name: &str| owner(&accounts, name);
    let me = find(&address).ok_or_else(|| {
        Failure::user(format!("git says that you are `{address}`, and nobody is known by this address")).hint(
            "add a line `email,ADDRESS,PERSON` to identities.csv and import it, or mine the repositories that you commit to",
        )
    })?;
    let is_me = asked == "me" || asked.eq_ignore_ascii_case(&address) || find(asked).is_some_and(|person| person == me);
    if !is_me {
        return Err(Failure::user(format!(
            "`{asked}` is not you: a person's figures go to that person and to nobody else, whatever the role"
        ))
        .hint("`--person me` is your own page; figures of groups need five people: leave --person out"));
    }
    Ok(Who::Person(me))
}

/// Whose account this is. Who was entered by hand comes before who a commit shows.
fn owner(accounts: &[Account], name: &str) -> Option<String> {
    let same = |kinds: &[&str]| {
        accounts.iter().find(|account| kinds.contains(&account.kind.as_str()) && account.value.eq_ignore_ascii_case(name))
    };
    same(&["email"]).or_else(|| same(&["commit"])).or_else(|| same(&["id"])).map(|account| account.person.clone())
}

/// Whom an address stands for, as the facts name people.
pub fn named(snapshot: &Snapshot, address: &str) -> Result<Option<String>, Failure> {
    Ok(owner(&accounts(snapshot)?, address))
}

/// Who git says the user is.
fn address() -> Result<String, Failure> {
    let asked = Command::new("git").args(["config", "--get", "user.email"]).stdin(Stdio::null()).output();
    let output = asked.map_err(|error| Failure::machine(format!("git cannot be started: {error}")))?;
    let address = String::from_utf8_lossy(&output.stdout).trim().to_owned();
    if address.is_empty() {
        return Err(Failure::user("git does not know who you are").hint("git config --global user.email YOU@EXAMPLE.COM"));
    }
    Ok(address)
}

struct Account {
    kind: String,
    value: String,
    person: String,
}

fn accounts(snapshot: &Snapshot) -> Result<Vec<Account>, Failure> {
    use arrow_array::Array;
    let mut accounts = Vec::new();
    for batch in snapshot.read("identities", &["kind", "value", "person"])? {
        let columns: Vec<_> = batch.columns().iter().filter_map(|column| column.as_string_opt::<i32>()).collect();
        let [kinds, values, people] = columns.as_slice() else { continue };
        for row in (0..batch.num_rows()).filter(|row| kinds.is_valid(*row) && values.is_valid(*row) && people.is_valid(*row)) {
            accounts.push(Account {
                kind: kinds.value(row).to_owned(),
                value: values.value(row).to_owned(),
                person: people.value(row).to_owned(),
            });
        }
    }
    Ok(accounts)
}
