//! How often the whole pipeline ends in which verdict: organisations made by `candor demo`, imported, registered, looked at every week and judged by
//! the program itself.
//!
//! `cargo build --release && cargo run --release -p candor-sim --example verdicts [SEEDS] [TEAMS] [TRUTHS] [FIRST]` prints the table of
//! `docs/calibration.md`; `CANDOR_BINARY` names another program. No repositories are made: the plan judges what reviews, changes and deployments say.
#![allow(clippy::unwrap_used, clippy::panic, reason = "a program for measuring: it stops where something is wrong")]

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};
use std::process::Command;

use jiff::ToSpan;
use jiff::civil::Date;
use serde_json::Value;

/// Eight months: two before the pilot, three of pilot.
const MONTHS: &str = "8";
const PILOT_MONTHS: i64 = 3;
/// Class, in the order of the table.
const CLASSES: [&str; 5] = ["justified", "adjust", "pull_back", "insufficient", "insufficient_final"];

/// Of one truth and number of teams.
#[derive(Default)]
struct Count {
    classes: BTreeMap<String, u32>,
    /// Under no effect: intervals of the last look that hold 0, all of them, sum of their levels.
    held: u32,
    all: u32,
    level: f64,
}

fn main() {
    let args: Vec<String> = std::env::args().skip(1).collect();
    let text = |place: usize, without: &'static str| args.get(place).cloned().unwrap_or_else(|| without.to_owned());
    let (seeds, first): (u64, u64) = (text(0, "100").parse().unwrap(), text(3, "1").parse().unwrap());
    let teams: Vec<u64> = text(1, "6,12,30").split(',').map(|own| own.parse().unwrap()).collect();
    let truths: Vec<String> = text(2, "harmful,null,helpful,mixed").split(',').map(str::to_owned).collect();
    let candor = std::env::var_os("CANDOR_BINARY").map_or_else(beside, PathBuf::from);
    let folder = std::env::temp_dir().join(format!("candor-verdicts-{}", std::process::id()));
    let mut table: BTreeMap<(usize, u64), Count> = BTreeMap::new();
    for seed in first..first + seeds {
        for (place, truth) in truths.iter().enumerate() {
            for count in &teams {
                let _ = std::fs::remove_dir_all(&folder);
                one(&candor, &folder, seed, *count, truth, table.entry((place, *count)).or_default());
                let _ = std::fs::remove_dir_all(&folder);
            }
        }
        if (seed - first) % 10 == 9 {
            eprintln!("{} seeds", seed - first + 1);
            print(&table, &truths);
        }
    }
    print(&table, &truths);
}

/// The program that was built with this example.
fn beside() -> PathBuf {
    let own = std::env::current_exe().unwrap();
    own.parent().and_then(Path::parent).unwrap().join("candor")
}

fn run(candor: &Path, folder: &Path, line: &str) -> Vec<u8> {
    let mut command = Command::new(candor);
    command.args(line.split_whitespace()).env_remove("CANDOR_ORG").env("CANDOR_CONFIG_DIR", folder.join("keys"));
    if folder.join("candor.toml").exists() {
        command.current_dir(folder);
    }
    let out = command.output().unwrap();
    assert!(out.status.success(), "{line}: {}", String::from_utf8_lossy(&out.stderr));
    out.stdout
}

fn one(candor: &Path, folder: &Path, seed: u64, teams: u64, truth: &str, count: &mut Count) {
    let people = 8 * teams;
    let place = folder.display();
    run(
        candor,
        folder,
        &format!(
            "demo --without-repositories --seed {seed} --people {people} --teams {teams} --months {MONTHS} --effects {truth} {place}"
        ),
    );
    let (text, looks, registered) = plan(folder);
    std::fs::write(folder.join("plan.toml"), text).unwrap();
    let key = registered.checked_sub(1.day()).unwrap();
    run(candor, folder, &format!("key new ada --as-of {key}"));
    run(candor, folder, &format!("key new grace --key ada --as-of {key}"));
    run(candor, folder, &format!("plan register plan.toml --key ada --key grace --as-of {registered}"));
    let mut class = String::new();
    for (place, day) in looks.iter().enumerate() {
        let line = format!("verdict team-pilot --as-of {day} --record --key ada --json");
        let verdict: Value = serde_json::from_slice(&run(candor, folder, &line)).unwrap();
        let verdict = &verdict["verdict"];
        verdict["class"].as_str().unwrap().clone_into(&mut class);
        // A pilot ends when it is justified or pulled back, and goes on after an adjustment.
        if class == "justified" || class == "pull_back" {
            break;
        }
        if truth == "null" && place + 1 == looks.len() {
            for criterion in verdict["criteria"].as_array().unwrap() {
                let limits = &criterion["limits"];
                let Some(alpha) = limits["alpha"].as_f64().filter(|_| criterion["point"].is_number()) else { continue };
                let holds = |limit: &Value, way: f64| limit.as_f64().is_none_or(|limit| way * limit >= 0.0);
                count.all += 1;
                count.held += u32::from(holds(&limits["upper"], 1.0) && holds(&limits["lower"], -1.0));
                count.level += 1.0 - 2.0 * alpha;
            }
        }
    }
    *count.classes.entry(class).or_default() += 1;
}

/// The plan of an organisation, its looks (every week from the second one on) and the day on which it is registered.
fn plan(folder: &Path) -> (String, Vec<Date>, Date) {
    let table = std::fs::read_to_string(folder.join("import/teams.csv")).unwrap();
    let (mut treated, mut control, mut pilot) = (Vec::new(), Vec::new(), None::<Date>);
    for cells in table.lines().skip(1).map(|line| line.split(',').collect::<Vec<_>>()).filter(|cells| !cells[3].is_empty()) {
        let list = if cells[7] == "true" { &mut control } else { &mut treated };
        if cells[1].is_empty() {
            list.push(format!("\"{}\"", cells[0]));
        } else {
            // The day on which a team is allowed to use AI.
            pilot = cells[1].parse().ok();
        }
    }
    let pilot = pilot.unwrap();
    let after = |months: i64| pilot.checked_add(months.months()).unwrap();
    let until = after(PILOT_MONTHS);
    let weeks = (2..).map(|week: i64| pilot.checked_add(week.weeks()).unwrap());
    let looks: Vec<Date> = weeks.take_while(|day| *day < until).chain([until.checked_add(14.days()).unwrap()]).collect();
    let days = looks.iter().map(ToString::to_string).collect::<Vec<_>>().join(", ");
    let registered = pilot.checked_sub(10.days()).unwrap();
    let text = format!(
        "plan = 1\nid = \"team-pilot\"\ntitle = \"Teams with and without AI\"\nquestion = \"Are teams that use AI better off?\"\n\
         estimand = \"The difference between teams that use AI and control teams in each metric over the pilot, beyond their difference in the baseline.\"\n\n\
         [dates]\nbaseline_from = {}\npilot_from = {pilot}\npilot_until = {until}\nanalysis_until = {}\npolicy_until = {}\n\n\
         [design]\nkind = \"control_team\"\nunit = \"team\"\narms = [\"ai_light\", \"ai_heavy\"]\ncontrol = \"ai_light\"\n\
         treated_teams = [{}]\ncontrol_teams = [{}]\ncovariates = [\"baseline\"]\n\n\
         [estimator]\nname = \"difference_in_differences\"\nvariance = \"cr2\"\n\n\
         [looks]\nmethod = \"planned\"\nspending = \"obrien_fleming\"\ndates = [{days}]\n{RULES}\n\
         [[forecast]]\nsponsor = \"CFO\"\ncriterion = \"cycle\"\neffect = 0.10\nmade_on = {registered}\n",
        after(-2),
        after(PILOT_MONTHS + 1),
        after(PILOT_MONTHS + 2),
        treated.join(", "),
        control.join(", "),
    );
    (text, looks, registered)
}

/// Families, criteria and rules.
const RULES: &str = r#"
[[family]]
id = "delivery"
horizon_months = 6
alpha = 0.025
harm_alpha = 0.01
method = "holm"

[[family]]
id = "quality"
horizon_months = 6
alpha = 0.025
harm_alpha = 0.01
method = "holm"

[[criterion]]
id = "cycle"
metric = "cycle_time"
figure = "hours"
version = 1
family = "delivery"
role = "success"
claim = "gain"
margin = 0.02
flat_margin = 0.01
scale = "relative"
reason = "The margin of the calibration, chosen before any of its organisations was made."

[[criterion]]
id = "review"
metric = "review_time"
figure = "hours"
version = 1
family = "quality"
role = "guardrail"
claim = "not_worse"
margin = 0.10
scale = "relative"
reason = "The margin of the calibration, chosen before any of its organisations was made."

[[criterion]]
id = "reverts"
metric = "revert_rate_30d"
version = 1
family = "quality"
role = "guardrail"
claim = "not_worse"
margin = 0.02
scale = "points"
reason = "The margin of the calibration, chosen before any of its organisations was made."

[[criterion]]
id = "failures"
metric = "change_failure_rate"
version = 1
family = "quality"
role = "guardrail"
claim = "not_worse"
margin = 0.04
scale = "points"
reason = "The margin of the calibration, chosen before any of its organisations was made."

[[rule]]
name = "Delivery or reviews get slower"
verdict = "pull_back"
when = "any"
condition = [{ criterion = "cycle", is = ["harm"] }, { criterion = "review", is = ["harm"] }]

[[rule]]
name = "Quality declines"
verdict = "adjust"
when = "any"
condition = [{ criterion = "reverts", is = ["harm", "failed"] }, { criterion = "failures", is = ["harm", "failed"] }]

[[rule]]
name = "Faster, and no worse"
verdict = "justified"
when = "all"
condition = [{ criterion = "cycle", is = ["met"] }, { criterion = "review", is = ["met", "flat"] }]

[unknown_attribution]
handling = "bounds"
most_unknown_share = 0.4
reason = "Above this share the worst case leaves nothing to say."

[missing_data]
handling = "bounds"
most_difference = 0.5
reason = "A team without a figure in a phase is left out of both."

[at_the_end]
action = "restrict"
reason = "Where it cannot be shown to help it stays where it is safe."
"#;

fn print(table: &BTreeMap<(usize, u64), Count>, truths: &[String]) {
    println!(
        "| truth | teams | organisations | justified | adjust | pull back | insufficient | intervals of no effect that hold 0 (level) |"
    );
    println!("| --- | --- | --- | --- | --- | --- | --- | --- |");
    for ((place, teams), count) in table {
        let all: u32 = count.classes.values().sum();
        let [justified, adjust, pull_back, open, end] =
            CLASSES.map(|class| 100.0 * f64::from(count.classes.get(class).copied().unwrap_or(0)) / f64::from(all.max(1)));
        let held = if count.all > 0 {
            let intervals = f64::from(count.all);
            format!(
                "{:.1} % of {} ({:.1} %)",
                100.0 * f64::from(count.held) / intervals,
                count.all,
                100.0 * count.level / intervals
            )
        } else {
            String::new()
        };
        println!(
            "| {} | {teams} | {all} | {justified:.1} % | {adjust:.1} % | {pull_back:.1} % | {:.1} % | {held} |",
            truths[*place],
            open + end
        );
    }
}
