//! `candor demo`: an organisation that never was, with its truth beside it, brought in by the same code as a real one, and its packs.

mod packs;

use std::io::Write as _;
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};

use candor_git::LineRules;
use candor_lake::{Lake, Wait};
use candor_sim::code::stream::Landed;
use candor_sim::effects::BUILT_IN;
use candor_sim::world::Shape;
use candor_sim::{Effects, Truth, World};
use candor_sources::csv::{self, Input, Options};
use candor_tables::Settings;
use jiff::Timestamp;
use jiff::civil::Date;

use super::init::{self, Organisation};
use super::template;
use crate::failure::Failure;
use crate::{Done, output, store};

/// Folder of the files in the organisation's.
const FILES: &str = "import";
/// Folder of the repositories in it.
const REPOSITORIES: &str = "repositories";
/// File of the planted truth in it.
const TRUTH: &str = "truth.json";
/// Metrics whose planted comparisons are printed.
const SHOWN: &[&str] = &["code_durability_90d", "revert_rate_30d", "defect_rate", "review_time", "change_failure_rate"];
/// Contexts for which they are.
const PLACES: &[&str] = &[" in payments", " in tests"];
/// The zone of the organisation.
const ZONE: &str = "Europe/Berlin";

/// Arguments of `candor demo`.
#[derive(clap::Args)]
#[command(after_help = "Examples:
  candor demo acme && cd acme
  candor demo --people 40 --months 12 --effects null quiet
  candor demo --effects-template > truth.toml
  candor demo --effects truth.toml --seed 7 --sensitivity 0.6 --specificity 0.97 acme

Truths that come with the program: mixed (helps in tests and boilerplate, harms in payments), null, helpful, harmful.")]
pub struct Args {
    /// Folder to make.
    #[arg(value_name = "DIR", required_unless_present = "effects_template")]
    dir: Option<PathBuf>,
    /// Seats.
    #[arg(long, value_name = "NUMBER", default_value_t = 120, value_parser = clap::value_parser!(u32).range(12..=5000))]
    people: u32,
    /// Months that the facts cover.
    #[arg(long, value_name = "NUMBER", default_value_t = 24, value_parser = clap::value_parser!(u32).range(4..=60))]
    months: u32,
    /// Teams [default: one for ten people].
    #[arg(long, value_name = "NUMBER", value_parser = clap::value_parser!(u32).range(1..=500))]
    teams: Option<u32>,
    /// What is planted: mixed, null, helpful, harmful, or a TOML file.
    #[arg(long, alias = "truth", value_name = "NAME|FILE", default_value = "mixed")]
    effects: String,
    /// Seed of all draws.
    #[arg(long, value_name = "NUMBER", default_value_t = 1)]
    seed: u64,
    /// Share of changes with AI that leave evidence.
    #[arg(long, value_name = "SHARE", default_value_t = 0.9, value_parser = share)]
    sensitivity: f64,
    /// Share of human changes without evidence of AI.
    #[arg(long, value_name = "SHARE", default_value_t = 0.98, value_parser = share)]
    specificity: f64,
    /// The day after the last one.
    #[arg(long, value_name = "DAY", default_value = "2026-07-01")]
    until: Date,
    /// Make files and facts only, no git repositories.
    #[arg(long)]
    without_repositories: bool,
    /// Write no baseline and no packs.
    #[arg(long)]
    without_packs: bool,
    /// Print a truth file with every key, and make nothing.
    #[arg(long, exclusive = true)]
    effects_template: bool,
}

fn share(text: &str) -> Result<f64, String> {
    text.parse().ok().filter(|share| (0.0..=1.0).contains(share)).ok_or_else(|| "expected a share from 0 to 1".to_owned())
}

/// Runs the command.
pub fn run(args: &Args) -> Done {
    let Some(dir) = args.dir.as_deref().filter(|_| !args.effects_template) else {
        return output::print(candor_sim::effects::template().as_bytes());
    };
    let effects = effects(&args.effects)?;
    let shape = Shape {
        people: args.people as usize,
        months: args.months as usize,
        teams: args.teams.map(|teams| teams as usize),
        until: args.until,
        sensitivity: args.sensitivity,
        specificity: args.specificity,
    };
    if args.people < 4 * shape.team_count() as u32 {
        return Err(Failure::user(format!("{} people are too few for {} teams", args.people, shape.team_count()))
            .hint("a team needs four people or more"));
    }
    // Facts are fetched on the morning after the last day, so figures without --as-of know that day, wherever and whenever this runs.
    let now = args
        .until
        .at(6, 0, 0, 0)
        .in_tz("UTC")
        .map(|at| at.timestamp())
        .map_err(|error| Failure::user(format!("--until: {error}")))?;
    if now > store::now() {
        return Err(Failure::user(format!("--until: {} lies ahead", args.until)).hint("name a day that has been"));
    }
    let world = candor_sim::simulate(&shape, &effects, args.seed);
    init::make(dir, &description(&world, !args.without_repositories))?;
    let landings = if args.without_repositories { Vec::new() } else { repositories(dir, &world)? };
    let truth = candor_sim::truth(&world);
    let json = serde_json::to_string_pretty(&truth).map_err(|error| Failure::machine(error.to_string()))?;
    output::write_file(&dir.join(TRUTH), format!("{json}\n").as_bytes())?;
    let tables = candor_sim::files(&world, &landings);
    let folder = dir.join(FILES);
    std::fs::create_dir_all(&folder).map_err(|error| Failure::file("make the folder", &folder, &error))?;
    let mut inputs = Vec::new();
    for table in tables {
        let path = folder.join(format!("{}.csv", table.name));
        output::write_file(&path, table.text.as_bytes())?;
        let name = path.display().to_string();
        inputs.push(Input {
            name,
            table: template::table(table.name)?,
            bytes: table.text.into_bytes(),
            text: None,
            source: "csv",
        });
    }
    let organisation = Organisation::open(dir)?;
    import(&organisation, &inputs, now)?;
    if !args.without_repositories {
        mine(dir, now)?;
    }
    if !args.without_packs {
        packs::write(dir, &world)?;
    }
    output::print(next(dir, &world, &truth, args).as_bytes())
}

/// The truth of that name, or of that file.
fn effects(name: &str) -> Result<Effects, Failure> {
    if let Some(effects) = Effects::built_in(name) {
        return Ok(effects);
    }
    let path = Path::new(name);
    if !path.exists() && path.extension().is_none() {
        let known: Vec<&str> = BUILT_IN.iter().map(|(name, _)| *name).collect();
        return Err(Failure::user(format!("--effects: there is no truth `{name}`, and no file of that name"))
            .hint(format!("the truths that come with the program are {}", known.join(", "))));
    }
    Effects::parse(name, &store::read_text(path)?).map_err(|error| Failure::user(error.to_string()).hint(error.hint))
}

/// The description of the organisation: that of `candor init`, filled in.
fn description(world: &World, has_repositories: bool) -> String {
    let shape = &world.shape;
    let control = world.crowd.teams.iter().find(|team| team.is_control).map_or("", |team| team.id.as_str());
    let pilot = shape.pilot();
    let mut text = init::DESCRIPTION
        .replace("name = \"\"", "name = \"Acme (simulated)\"")
        .replace("timezone = \"UTC\"", &format!("timezone = \"{ZONE}\""))
        .replace("# window_start = \"2025-01-01\"", &format!("window_start = \"{}\"", shape.start()))
        .replace("ai_reviewers = []\n# ai_reviewers = [\"bot:codereview\"]", "ai_reviewers = [\"bot:codereview\"]")
        .replace("# failed_hire = 60000", "failed_hire = 60000")
        .replace("# stuck_junior_per_month = 3500", "stuck_junior_per_month = 3500")
        .replace("# start = \"2025-03-01\"", &format!("start = \"{pilot}\""))
        .replace("# control_team = \"platform\"", &format!("control_team = \"{control}\""));
    for repo in world.crowd.repos.iter().filter(|_| has_repositories) {
        let team = world.crowd.teams.get(repo.team);
        text.push_str(&format!(
            "\n[[repository]]\npath = \"{REPOSITORIES}/{}\"\nrepo = \"{}\"\nbusiness = \"{}\"\nteam = \"{}\"\nbranch = \"main\"\n",
            repo.folder,
            repo.id,
            repo.business,
            team.map_or("", |team| team.id.as_str()),
        ));
        if team.is_some_and(|team| team.is_complete) {
            text.push_str(&format!("attribution_complete_from = \"{}\"\n", shape.start()));
        }
    }
    text
}

/// Makes the repositories; answers their landings.
fn repositories(dir: &Path, world: &World) -> Result<Vec<Landed>, Failure> {
    let mut all = Vec::new();
    for (position, repo) in world.crowd.repos.iter().enumerate() {
        let folder = dir.join(REPOSITORIES).join(&repo.folder);
        std::fs::create_dir_all(&folder).map_err(|error| Failure::file("make the folder", &folder, &error))?;
        git(&folder, &["init", "-q", "-b", "main"], None)?;
        let mut landed = Ok(Vec::new());
        git(
            &folder,
            &["fast-import", "--quiet", "--done", "--date-format=raw"],
            Some(&mut |to| {
                landed = candor_sim::stream(world, position, to);
            }),
        )?;
        let landed = landed.map_err(|error| Failure::file("write", &folder, &error))?;
        git(&folder, &["reset", "-q", "--hard"], None)?;
        output::say(&format!("{}: {} landings", repo.id, landed.len()));
        all.extend(landed);
    }
    Ok(all)
}

type Feed<'a> = &'a mut dyn FnMut(&mut dyn std::io::Write);

/// Runs git in a folder, without the user's settings.
fn git(folder: &Path, args: &[&str], feed: Option<Feed<'_>>) -> Result<(), Failure> {
    let failed = |error: &std::io::Error| {
        Failure::machine(format!("git cannot be run: {error}"))
            .hint("the demo makes its repositories with git; `--without-repositories` needs none")
    };
    let mut command = Command::new("git");
    command.arg("-C").arg(folder).args(["-c", "core.autocrlf=false", "-c", "gc.auto=0"]).args(args);
    for name in ["GIT_DIR", "GIT_WORK_TREE", "GIT_INDEX_FILE", "GIT_OBJECT_DIRECTORY"] {
        command.env_remove(name);
    }
    command.env("GIT_CONFIG_NOSYSTEM", "1").env("GIT_CONFIG_GLOBAL", if cfg!(windows) { "NUL" } else { "/dev/null" });
    command.stdin(if feed.is_some() { Stdio::piped() } else { Stdio::null() }).stdout(Stdio::null()).stderr(Stdio::piped());
    let mut child = command.spawn().map_err(|error| failed(&error))?;
    if let (Some(feed), Some(stdin)) = (feed, child.stdin.take()) {
        let mut to = std::io::BufWriter::with_capacity(1 << 20, stdin);
        feed(&mut to);
        // What git refuses is told by git itself, below.
        let _ = to.flush();
    }
    let done = child.wait_with_output().map_err(|error| failed(&error))?;
    if done.status.success() {
        return Ok(());
    }
    let said = String::from_utf8_lossy(&done.stderr);
    Err(Failure::machine(format!("`git {}` in `{}` failed: {}", args.join(" "), folder.display(), said.trim())))
}

/// Imports the files, as `candor import` does.
fn import(organisation: &Organisation, inputs: &[Input], now: Timestamp) -> Done {
    let described = organisation.description();
    let settings = Settings { currency: described.currency.clone(), zone: described.zone(), now, assumed_zone: None };
    let options = Options { settings, replace: false, keep_going: false, keep_titles: described.keep_titles };
    let lake = Lake::open_or_create(organisation.lake())?;
    let imported = csv::import(&lake, inputs, &options, Wait::No)?;
    if let Some(fault) = imported.files.iter().flat_map(|file| &file.faults).next() {
        return Err(Failure::machine(format!("a file of the demo breaks the contract: {fault}")));
    }
    let rows: usize = imported.files.iter().map(|file| file.rows).sum();
    output::say(&format!("imported {rows} rows of {} files", imported.files.len()));
    Ok(())
}

/// Mines the repositories, as `candor mine` does.
fn mine(dir: &Path, now: Timestamp) -> Done {
    let (signs, rules) = (store::signs(None)?, LineRules::full());
    let organisation = Organisation::open(dir)?;
    for repository in &organisation.description().repositories {
        let path = dir.join(&repository.path);
        let selected = store::select_for(Some(Organisation::open(dir)?), &path, repository.branch.as_deref(), rules)?;
        let fresh = store::refresh_whole(selected, rules, &signs, &[], now)?;
        output::say(&format!("{}: mined {} commits", fresh.selected.store.name, fresh.head.commits));
    }
    Ok(())
}

/// What was made, what is planted in it, and what to try.
fn next(dir: &Path, world: &World, truth: &Truth, args: &Args) -> String {
    let last = candor_sim::days::number(world.shape.until) - 1;
    let people = world.crowd.people.iter().filter(|person| person.is_here(last)).count();
    let dir = dir.display();
    let mut text = format!(
        "made `{dir}`: {people} people in {} teams, {} changes from {} to {}, seed {}\n\nplanted (truth `{}`; all of it in {dir}/{TRUTH}):\n",
        world.crowd.teams.len(),
        world.changes.len(),
        world.shape.start(),
        world.shape.until,
        world.seed,
        world.effects.name,
    );
    for contrast in &truth.contrasts {
        let [one, other] = &contrast.slices;
        let place = one.get("context").map_or_else(String::new, |context| format!(" in {context}"));
        if !SHOWN.contains(&contrast.metric) || !(place.is_empty() || PLACES.contains(&place.as_str())) {
            continue;
        }
        let source = |slice: &std::collections::BTreeMap<&'static str, String>| slice.get("source").cloned().unwrap_or_default();
        let how = if contrast.scale == "ratio" { "times as" } else { "more than" };
        let value =
            if contrast.scale == "ratio" { format!("{:.2}", contrast.planted) } else { format!("{:+.3}", contrast.planted) };
        text.push_str(&format!("  {:<22} {value:>7} {how} {} ({}){place}\n", contrast.metric, source(other), source(one)));
    }
    let speed = &world.effects.speed;
    text.push_str(&format!(
        "  tasks take {:.2} times as long with AI; people believe to save {:.0} % of their time\n",
        speed.time_ratio,
        100.0 * speed.felt
    ));
    text.push_str(&format!(
        "\ntry next:\n  cd {dir}\n  candor status\n  candor metrics run review_time revert_rate_30d --by source\n"
    ));
    if !args.without_packs {
        text = text.replace("try next:\n", &format!("read the packs in {dir}/{}, or try next:\n", packs::FOLDER));
    }
    text.push_str("  candor metrics run revert_rate_30d --by context,source\n  candor metrics run task_rct perception_gap\n");
    if !args.without_repositories {
        text.push_str(&format!(
            "  candor report {REPOSITORIES} --attribution-complete ALL={}..{}\n",
            world.shape.start(),
            world.shape.until
        ));
    }
    text
}
