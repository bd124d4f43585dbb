//! How people feel and learn: surveys, assessments, and the task experiment.

use crate::World;
use crate::days::{DAY, HOUR, date, day_of, is_working, midnight, number, time_text};
use crate::draws::Draws;
use crate::table::TableText;
use crate::work::uses_ai;
use crate::world::Person;

/// Standard deviation of what people feel.
pub const SD_FELT: f64 = 0.18;
/// Standard deviation of the logarithm of a task's minutes around its forecast.
const SD_TASK: f64 = 0.35;
/// Tasks of a person in the experiment.
const TASKS: usize = 12;
/// People in the experiment, at most.
const PARTICIPANTS: usize = 24;
/// The experiment with tasks.
const EXPERIMENT: &str = "rct-1";
/// The experiment with teams.
const PILOT: &str = "pilot-1";
/// Median minutes of a practice session of somebody who does not use AI.
const PRACTICE: f64 = 48.0;
/// Mean score of a quiz after learning without AI, and its standard deviation.
pub const QUIZ: f64 = 0.72;
pub const SD_QUIZ: f64 = 0.12;
/// Up to how many minutes a session runs.
const LIMIT: f64 = 90.0;

pub fn files(world: &World) -> Vec<TableText> {
    let mut all = surveys(world);
    all.push(assessments(world));
    all.extend(experiment(world));
    all
}

fn engineers(world: &World) -> impl Iterator<Item = (usize, &Person)> {
    world.crowd.people.iter().enumerate().filter(|(_, person)| person.role.is_engineering())
}

fn surveys(world: &World) -> Vec<TableText> {
    let mut surveys = TableText::new("surveys", "survey,kind,opens_on,closes_on");
    let mut answers = TableText::new("survey_answers", "id,survey,person,question,scale,value,answered_at");
    let (start, until, pilot) = (number(world.shape.start()), number(world.shape.until), number(world.shape.pilot()));
    let mut draws = Draws::of(world.seed, "surveys", 0);
    // Mondays, every second week.
    let first = (start..start + 7).find(|day| (day + 3).rem_euclid(7) == 0).unwrap_or(start);
    for (round, day) in (first..until - 6).step_by(14).enumerate() {
        let survey = format!("pulse-{}", round + 1);
        surveys.row([survey.as_str(), "pulse", &date(day).to_string(), &date(day + 4).to_string()]);
        for (_, person) in engineers(world).filter(|(_, person)| person.is_here(day)) {
            if !draws.chance(0.6) {
                continue;
            }
            let uses = uses_ai(&world.shape, &world.crowd, person, day);
            let middle = 3.6 + 0.4 * person.lean + if uses { world.effects.people.sentiment_shift } else { 0.0 };
            let at = time_text(midnight(day + draws.below(4) as i32) + 9 * HOUR + draws.below(20_000) as i64);
            for question in ["satisfaction", "confidence", "flow"] {
                let value = (middle + 0.7 * draws.normal()).round().clamp(1.0, 5.0);
                let id = format!("a{}", answers.rows + 1);
                answers.row([id.as_str(), &survey, &person.id, question, "1-5", &value.to_string(), &at]);
            }
        }
    }
    for (round, day) in (pilot + 75..until - 10).step_by(91).enumerate() {
        let survey = format!("perception-{}", round + 1);
        surveys.row([survey.as_str(), "perception", &date(day).to_string(), &date(day + 6).to_string()]);
        for (_, person) in
            engineers(world).filter(|(_, person)| person.is_here(day) && uses_ai(&world.shape, &world.crowd, person, day))
        {
            if draws.chance(0.8) {
                let value = (world.effects.speed.felt + SD_FELT * draws.normal()).clamp(-10.0, 1.0);
                let at = time_text(midnight(day + draws.below(5) as i32) + 10 * HOUR + draws.below(20_000) as i64);
                let id = format!("a{}", answers.rows + 1);
                answers.row([id.as_str(), &survey, &person.id, "perceived_speedup", "share", &format!("{value:.3}"), &at]);
            }
        }
    }
    vec![surveys, answers]
}

fn assessments(world: &World) -> TableText {
    let mut table =
        TableText::new("assessments", "id,person,kind,subject,with_ai,minutes,completed,score,rubric,rater,assessed_at");
    let (start, until) = (number(world.shape.start()), number(world.shape.until));
    let people = &world.effects.people;
    for (position, person) in engineers(world) {
        let mut draws = Draws::of(world.seed, "assessments", position as u64);
        let skill = 0.2 * draws.normal();
        let rater = world.crowd.teams.get(person.team).and_then(|team| team.lead).filter(|lead| *lead != position);
        let rater = rater.map_or("", |lead| world.person(lead));
        for (round, day) in (start..until).step_by(28).enumerate() {
            if !person.is_here(day) || !draws.chance(0.6) {
                continue;
            }
            let uses = uses_ai(&world.shape, &world.crowd, person, day);
            let at = time_text(midnight(day) + 13 * HOUR + draws.below(3 * 3600) as i64);
            let mut row = |kind: &str, ai: &str, minutes: &str, completed: &str, score: &str, rater: &str| {
                let (id, subject) = (format!("x{}", table.rows + 1), format!("{kind}-{round}"));
                table.row([id.as_str(), &person.id, kind, &subject, ai, minutes, completed, score, "", rater, &at]);
            };
            let slower = if uses { people.debugging_minutes_ratio } else { 1.0 };
            let minutes = draws.lognormal(PRACTICE * slower, 0.5) * skill.exp();
            let solved = minutes <= LIMIT;
            row(
                "practice_session",
                "false",
                &format!("{:.1}", minutes.min(LIMIT)),
                if solved { "true" } else { "false" },
                "",
                "",
            );
            if round % 3 == 0 {
                // How something was learned is drawn anew each time.
                let with_ai = uses && draws.chance(0.6);
                let middle = QUIZ * if with_ai { people.mastery_ratio } else { 1.0 };
                let score = (middle + SD_QUIZ * draws.normal()).clamp(0.0, 1.0);
                row("quiz", if with_ai { "true" } else { "false" }, "", "", &format!("{score:.3}"), "");
            }
            if round % 6 == 2 {
                let score = (3.4 + skill + 0.7 * draws.normal()).round().clamp(1.0, 5.0).to_string();
                row("design_review", "", "", "", &score, rater);
                let score = (3.3 + skill + 0.7 * draws.normal()).round().clamp(1.0, 5.0).to_string();
                row("root_cause_analysis", "", "", "", &score, rater);
                let completed = draws.chance(0.65);
                row("novel_problem", "false", "", if completed { "true" } else { "false" }, "", "");
            }
        }
    }
    table
}

/// The task experiment of the pilot's first months, and the teams of the pilot.
fn experiment(world: &World) -> Vec<TableText> {
    let mut tasks = TableText::new(
        "tasks",
        "experiment,task,person,forecast_minutes_with_ai,forecast_minutes_without_ai,forecast_at,started_at,finished_at,\
         actual_minutes,post_review_minutes,status,perceived_speedup",
    );
    let mut drawn = TableText::new("assignments", "experiment,unit_kind,unit,arm,stratum,assigned_at,ledger_entry,complied");
    let (pilot, until) = (number(world.shape.pilot()), number(world.shape.until));
    let speed = &world.effects.speed;
    let stays = |person: &Person| person.is_here(pilot) && person.is_here((pilot + 70).min(until - 1));
    for (position, person) in engineers(world).filter(|(_, person)| stays(person)).take(PARTICIPANTS) {
        let mut draws = Draws::of(world.seed, "tasks", position as u64);
        let mut arms: Vec<bool> = Vec::new();
        let mut day = pilot + 3;
        for task in 0..TASKS {
            if arms.is_empty() {
                // Blocks of four.
                arms = vec![true, true, false, false];
                for last in (1..4).rev() {
                    arms.swap(last, draws.below(last + 1));
                }
            }
            let with_ai = arms.pop().unwrap_or(false);
            day += 1 + draws.below(6) as i32;
            while !is_working(day) {
                day += 1;
            }
            let size = draws.lognormal(80.0, 0.5);
            let (without, with) = (size, size * (1.0 - speed.forecast + 0.05 * draws.normal()).max(0.05));
            let ratio = if with_ai { speed.time_ratio } else { 1.0 };
            let total = size * ratio * (SD_TASK * draws.normal()).exp();
            let post = total * draws.between(0.04, 0.12);
            let forecast = midnight(day) + 8 * HOUR + draws.below(3600) as i64;
            let started = forecast + HOUR;
            let finished = started + (total * 60.0) as i64 + draws.below(3600) as i64;
            if day_of(finished) >= until {
                continue;
            }
            let is_dropped = draws.chance(0.03);
            let felt = speed.felt + SD_FELT * draws.normal();
            let id = format!("k{}", tasks.rows + 1);
            let known = |text: String| if is_dropped { String::new() } else { text };
            tasks.row([
                EXPERIMENT,
                &id,
                &person.id,
                &format!("{with:.1}"),
                &format!("{without:.1}"),
                &time_text(forecast),
                &time_text(started),
                &known(time_text(finished)),
                &known(format!("{:.2}", total - post)),
                &known(format!("{post:.2}")),
                if is_dropped { "dropped" } else { "done" },
                &if with_ai && !is_dropped { format!("{:.2}", felt.clamp(-10.0, 1.0)) } else { String::new() },
            ]);
            let arm = if with_ai { "ai_allowed" } else { "ai_disallowed" };
            let stratum = format!("{}/b{}", person.id, task / 4 + 1);
            drawn.row([EXPERIMENT, "task", &id, arm, &stratum, &time_text(forecast + HOUR / 4), "", "true"]);
        }
    }
    let at = time_text(midnight(pilot) - 7 * DAY + 9 * HOUR);
    for team in &world.crowd.teams {
        let arm = if team.is_control { "control" } else { "ai" };
        drawn.row([PILOT, "team", &team.id, arm, team.business, &at, "", ""]);
    }
    vec![tasks, drawn]
}
