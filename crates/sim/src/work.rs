//! The work: changes by their authors, with what is planted in each, their reviews, deployments and items.

pub mod deploy;
pub mod items;
pub mod review;

use crate::days::{DAY, HOUR, day_of, is_working, midnight, number};
use crate::draws::Draws;
use crate::effects::Effects;
use crate::world::{CONTEXTS, Crowd, Person, Shape};

/// How much AI is in a change.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Class {
    /// None.
    Human,
    /// Up to 40 % of its lines.
    Light,
    /// More.
    Heavy,
    /// Nobody can tell.
    Unknown,
}

impl Class {
    /// As metrics call it.
    #[must_use]
    pub fn word(self) -> &'static str {
        match self {
            Self::Human => "human",
            Self::Light => "ai_light",
            Self::Heavy => "ai_heavy",
            Self::Unknown => "unknown",
        }
    }
}

/// What a change is for.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Kind {
    /// Something new.
    Feature,
    /// Repair.
    Fix,
    /// Anything else.
    Chore,
    /// Takes back the change at this position.
    Revert(usize),
}

/// Lines that stand and fall together: a function, a table, a paragraph.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Block {
    /// Its lines, an empty one at the end included.
    pub lines: u32,
    /// Whether AI wrote it.
    pub is_ai: bool,
}

/// A change, from its first commit to its landing; instants in seconds since 1970.
#[derive(Debug, Clone)]
pub struct Change {
    /// Position of the repository.
    pub repo: usize,
    /// Number in the repository.
    pub number: u32,
    /// Position of the author.
    pub author: usize,
    /// Position of the author's team.
    pub team: usize,
    /// What it is for.
    pub kind: Kind,
    /// Position in [`CONTEXTS`].
    pub context: usize,
    /// First commit.
    pub first_commit: i64,
    /// Opened.
    pub created: i64,
    /// Ready for review.
    pub ready: i64,
    /// Landed; later than the end of the window: still open there.
    pub merged: i64,
    /// How much AI is in it.
    pub class: Class,
    /// How much its evidence shows.
    pub label: Class,
    /// Whether evidence says that there is AI in it.
    pub has_sign: bool,
    /// Blocks of lines that it adds.
    pub blocks: Vec<Block>,
    /// When it is reverted.
    pub reverted: Option<i64>,
    /// Lines that it takes away, as the history says; without repositories an estimate.
    pub deletions: u32,
    /// Answers to why, what, risk, tests.
    pub explains: [bool; 4],
    /// Planted: mean of the logarithm of the hours of review, but for who the author is.
    pub log_review: f64,
    /// Planted: mean of the logarithm of the hours from first commit to ready, but for who the author is.
    pub log_coding: f64,
    /// Planted: chance of a revert within 30 days.
    pub revert_30d: f64,
    /// Planted: chance that a fix traces back to it within 90 days.
    pub defect_90d: f64,
    /// Planted: chance of an incident within 7 days of its deployment.
    pub failure_7d: f64,
}

/// Standard deviation of the logarithm of hours of review, and of coding.
pub const SD_HOURS: f64 = 0.9;
/// Median hours of review and of coding of a human change.
const REVIEW_HOURS: f64 = 14.0;
const CODING_HOURS: f64 = 20.0;

impl Change {
    /// Lines that it adds.
    #[must_use]
    pub fn additions(&self) -> u32 {
        self.blocks.iter().map(|block| block.lines).sum()
    }

    /// Lines that its evidence says AI wrote, and lines that it says anything about; `None` where it says nothing.
    #[must_use]
    pub fn classified(&self) -> Option<(u32, u32)> {
        let all = self.additions();
        match (self.label, self.class) {
            _ if all == 0 => Some((0, 0)),
            (Class::Unknown, _) => None,
            (Class::Human, _) => Some((0, all)),
            // A sign on a human change speaks of all of it.
            (_, Class::Human) => Some((all, all)),
            _ => Some((self.blocks.iter().filter(|block| block.is_ai).map(|block| block.lines).sum(), all)),
        }
    }

    /// How much of the effect of an AI-heavy change it has.
    #[must_use]
    pub fn dose(&self, effects: &Effects) -> f64 {
        dose(self.class, effects)
    }
}

fn dose(class: Class, effects: &Effects) -> f64 {
    match class {
        Class::Heavy => 1.0,
        Class::Light => effects.changes.light_dose,
        Class::Human | Class::Unknown => 0.0,
    }
}

/// All changes, in the order in which they were opened in each repository.
#[must_use]
pub fn changes(shape: &Shape, effects: &Effects, seed: u64, crowd: &Crowd) -> Vec<Change> {
    let (start, until) = (number(shape.start()), number(shape.until));
    let mut changes = Vec::new();
    for (author, person) in crowd.people.iter().enumerate().filter(|(_, person)| person.role.is_engineering()) {
        let mut draws = Draws::of(seed, "changes", author as u64);
        // What is still open at the end was begun before it.
        for day in start.max(person.hired() + 5)..person.left().unwrap_or(until + 20).min(until + 20) {
            if !is_working(day) {
                continue;
            }
            let uses = uses_ai(shape, crowd, person, day);
            let rate = person.output / 21.0 * if uses { effects.speed.output_ratio } else { 1.0 };
            for _ in 0..draws.poisson(rate) {
                let change = change(shape, effects, crowd, author, day, uses, &mut draws);
                if change.merged < midnight(until) || change.created < midnight(until) {
                    changes.push(change);
                }
            }
        }
    }
    changes.sort_by_key(|change| (change.merged, change.author));
    add_reverts(&mut changes, effects, shape, seed, crowd);
    let mut order: Vec<usize> = (0..changes.len()).collect();
    order.sort_by_key(|position| changes.get(*position).map(|change| (change.created, change.merged)));
    let mut last = vec![0; crowd.repos.len()];
    for position in order {
        if let Some(change) = changes.get_mut(position)
            && let Some(last) = last.get_mut(change.repo)
        {
            *last += 1;
            change.number = *last;
        }
    }
    changes
}

/// Whether a person uses AI on a day.
#[must_use]
pub fn uses_ai(shape: &Shape, crowd: &Crowd, person: &Person, day: i32) -> bool {
    let is_control = crowd.teams.get(person.team).is_none_or(|team| team.is_control);
    person.is_early || (person.is_adopter && !is_control && day >= number(shape.pilot()))
}

fn change(shape: &Shape, effects: &Effects, crowd: &Crowd, author: usize, day: i32, uses: bool, draws: &mut Draws) -> Change {
    let person = &crowd.people[author];
    let team = &crowd.teams[person.team];
    let repo = &crowd.repos[team.repo];
    let context = draws.weighted(&repo.mix);
    let name = CONTEXTS[context];
    let factor = effects.use_factor(name);
    let (light, heavy) = (effects.usage.light * factor, effects.usage.heavy * factor);
    let most = (light + heavy).max(0.95) / 0.95;
    let class = match draws.uniform() {
        _ if !uses => Class::Human,
        x if x < light / most => Class::Light,
        x if x < (light + heavy) / most => Class::Heavy,
        _ => Class::Human,
    };
    let dose = dose(class, effects);
    let has_sign = draws.chance(if class == Class::Human { 1.0 - shape.specificity } else { shape.sensitivity });
    let label = match class {
        Class::Human if has_sign => Class::Heavy,
        own if has_sign => own,
        _ if team.is_complete => Class::Human,
        _ => Class::Unknown,
    };
    let log_review = REVIEW_HOURS.ln() + effects.review_factor(name, dose).ln();
    let log_coding = CODING_HOURS.ln() + dose * effects.speed.coding_ratio.ln();
    let merged = midnight(day) + 7 * HOUR + (draws.uniform() * 10.0 * HOUR as f64) as i64;
    let hours = |draws: &mut Draws, log: f64| ((log + person.pace + SD_HOURS * draws.normal()).exp() * HOUR as f64) as i64;
    let ready = merged - hours(draws, log_review).clamp(60, 90 * DAY);
    let first_commit = ready - hours(draws, log_coding).clamp(60, 90 * DAY);
    let is_draft_first = draws.chance(0.2);
    let created = if is_draft_first { ready - (ready - first_commit) / 4 } else { ready };
    let kind = match draws.uniform() {
        x if x < 0.17 => Kind::Fix,
        x if x < 0.45 => Kind::Chore,
        _ => Kind::Feature,
    };
    let lines = draws.lognormal(42.0, 0.75) * effects.changes.size_ratio.powf(dose);
    let answers = (effects.changes.explains * effects.changes.explains_ratio.powf(dose)).min(1.0);
    let mut change = Change {
        repo: team.repo,
        number: 0,
        author,
        team: person.team,
        kind,
        context,
        first_commit,
        created,
        ready,
        merged,
        class,
        label,
        has_sign,
        blocks: blocks(draws, lines.clamp(12.0, 400.0) as u32, class),
        reverted: None,
        deletions: 0,
        explains: [0; 4].map(|_| draws.chance(answers)),
        log_review,
        log_coding,
        revert_30d: effects.revert_30d(name, dose),
        defect_90d: effects.defect_90d(name, dose),
        failure_7d: effects.failure_7d(name, dose),
    };
    change.deletions = (f64::from(change.additions()) * draws.between(0.1, 0.6)) as u32;
    if draws.chance(change.revert_30d) {
        change.reverted = Some(merged + (draws.between(0.2, 29.5) * DAY as f64) as i64);
    }
    change
}

/// Blocks of about so many lines in all, of which AI wrote what the class says.
fn blocks(draws: &mut Draws, lines: u32, class: Class) -> Vec<Block> {
    let mut blocks = Vec::new();
    let mut total = 0;
    while total < lines || blocks.len() < 3 {
        let lines = 4 + draws.below(9) as u32;
        total += lines;
        blocks.push(Block { lines, is_ai: class == Class::Heavy });
    }
    let share = |part: u32| f64::from(part) / f64::from(total);
    match class {
        Class::Light => {
            // The smallest of three or more blocks is a third at most.
            blocks.sort_by_key(|block| block.lines);
            let (most, mut ai) = (draws.between(0.1, 0.36), 0);
            for (position, block) in blocks.iter_mut().enumerate() {
                if position == 0 || share(ai + block.lines) <= most {
                    ai += block.lines;
                    block.is_ai = true;
                }
            }
        }
        Class::Heavy => {
            let (most, mut human) = (draws.between(0.0, 0.35), 0);
            for block in blocks.iter_mut().rev() {
                if share(human + block.lines) <= most {
                    human += block.lines;
                    block.is_ai = false;
                }
            }
        }
        Class::Human | Class::Unknown => {}
    }
    blocks
}

/// Adds the changes that take others back.
fn add_reverts(changes: &mut Vec<Change>, effects: &Effects, shape: &Shape, seed: u64, crowd: &Crowd) {
    let end = midnight(number(shape.until));
    let reverted: Vec<(usize, i64)> = changes
        .iter()
        .enumerate()
        .filter_map(|(position, change)| change.reverted.filter(|at| *at < end && change.merged < end).map(|at| (position, at)))
        .collect();
    for (position, merged) in reverted {
        let Some(of) = changes.get(position).cloned() else { continue };
        let mut draws = Draws::of(seed, "revert", position as u64);
        let here = |person: &Person| person.team == of.team && person.role.is_engineering() && person.is_here(day_of(merged));
        let present: Vec<usize> =
            crowd.people.iter().enumerate().filter(|(_, person)| here(person)).map(|(position, _)| position).collect();
        let author = draws.pick(&present).copied().unwrap_or(of.author);
        let log_review = REVIEW_HOURS.ln() - 2.0;
        let ready = merged - ((log_review + SD_HOURS * draws.normal()).exp() * HOUR as f64) as i64;
        let ready = ready.clamp(of.merged + 60, merged - 60);
        changes.push(Change {
            repo: of.repo,
            number: 0,
            author,
            team: of.team,
            kind: Kind::Revert(position),
            context: of.context,
            first_commit: ready,
            created: ready,
            ready,
            merged,
            // It adds nothing that somebody could have written.
            class: Class::Unknown,
            label: Class::Unknown,
            has_sign: false,
            blocks: Vec::new(),
            reverted: None,
            deletions: of.additions(),
            explains: [true, true, false, false],
            log_review,
            log_coding: 0.0,
            revert_30d: 0.0,
            defect_90d: 0.0,
            failure_7d: effects.changes.failure_7d,
        });
    }
    let mut order: Vec<usize> = (0..changes.len()).collect();
    order.sort_by_key(|position| changes.get(*position).map(|change| (change.merged, *position)));
    let mut place = vec![0; changes.len()];
    for (new, old) in order.iter().enumerate() {
        place[*old] = new;
    }
    let mut sorted: Vec<Change> = order.iter().filter_map(|position| changes.get(*position).cloned()).collect();
    for change in &mut sorted {
        if let Kind::Revert(of) = &mut change.kind {
            *of = place[*of];
        }
    }
    *changes = sorted;
}
