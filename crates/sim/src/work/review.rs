//! Who reviewed what, when, and in how many words.

use crate::days::day_of;
use crate::draws::Draws;
use crate::effects::Effects;
use crate::work::{Change, Kind};
use crate::world::{Crowd, Shape};

/// The account of the reviewer that is a tool.
pub const AI_REVIEWER: &str = "bot:codereview";

/// Rounds of a reviewed human change.
pub const ROUNDS: f64 = 0.45;
/// Comments of reviewers on a reviewed human change.
pub const COMMENTS: f64 = 2.2;
/// Share of changes that somebody reviews.
const REVIEWED: f64 = 0.92;

/// A review.
#[derive(Debug, Clone)]
pub struct Review {
    /// Position of the change.
    pub change: usize,
    /// Position of the reviewer.
    pub reviewer: usize,
    /// What it says.
    pub state: &'static str,
    /// When.
    pub at: i64,
    /// Minutes that it took, where somebody wrote them down.
    pub minutes: Option<f64>,
}

/// A comment.
#[derive(Debug, Clone)]
pub struct Comment {
    /// Position of the change.
    pub change: usize,
    /// Position of whoever wrote it; `None`: the tool.
    pub writer: Option<usize>,
    /// When.
    pub at: i64,
    /// Number of the comment that it answers.
    pub reply_to: Option<usize>,
}

/// Reviews and comments of all changes.
#[must_use]
pub fn reviews(shape: &Shape, effects: &Effects, seed: u64, crowd: &Crowd, changes: &[Change]) -> (Vec<Review>, Vec<Comment>) {
    let (mut reviews, mut comments) = (Vec::new(), Vec::new());
    let end = crate::days::midnight(crate::days::number(shape.until));
    let pilot = crate::days::midnight(crate::days::number(shape.pilot()));
    let by_team: Vec<Vec<usize>> = (0..crowd.teams.len())
        .map(|team| {
            let of_team = |(_, person): &(usize, &crate::world::Person)| person.team == team && person.role.is_engineering();
            crowd.people.iter().enumerate().filter(of_team).map(|(position, _)| position).collect()
        })
        .collect();
    for (position, change) in changes.iter().enumerate().filter(|(_, change)| change.merged < end) {
        let mut draws = Draws::of(seed, "review", position as u64);
        let day = day_of(change.ready);
        let here: Vec<usize> = by_team
            .get(change.team)
            .into_iter()
            .flatten()
            .copied()
            .filter(|person| *person != change.author && crowd.people.get(*person).is_some_and(|person| person.is_here(day)))
            .collect();
        let is_revert = matches!(change.kind, Kind::Revert(_));
        let Some(first) = draws.pick(&here).copied().filter(|_| draws.chance(if is_revert { 0.6 } else { REVIEWED })) else {
            continue;
        };
        let second = draws.pick(&here).copied().filter(|second| *second != first && draws.chance(0.3));
        let dose = change.dose(effects);
        let length = change.merged - change.ready;
        let at = |share: f64| change.ready + (length as f64 * share) as i64;
        let begun = draws.between(0.15, 0.6);
        let rounds = draws.poisson(ROUNDS * effects.speed.round_ratio.powf(dose));
        for round in 0..rounds {
            let share = begun + (0.9 - begun) * f64::from(round) / f64::from(rounds);
            reviews.push(review(&mut draws, position, first, "changes_requested", at(share)));
        }
        if rounds == 0 && draws.chance(0.4) {
            reviews.push(review(&mut draws, position, first, "commented", at(begun)));
        }
        reviews.push(review(&mut draws, position, first, "approved", at(0.95)));
        if let Some(second) = second {
            reviews.push(review(&mut draws, position, second, "approved", at(0.9)));
        }
        for _ in 0..draws.poisson(COMMENTS * effects.speed.comment_ratio.powf(dose)) {
            let writer = second.filter(|_| draws.chance(0.3)).unwrap_or(first);
            let share = draws.between(begun, 0.95);
            comments.push(Comment { change: position, writer: Some(writer), at: at(share), reply_to: None });
            if draws.chance(0.35) {
                let reply_to = Some(comments.len() - 1);
                let share = draws.between(share, 0.97);
                comments.push(Comment { change: position, writer: Some(change.author), at: at(share), reply_to });
            }
        }
        if change.ready >= pilot {
            for _ in 0..draws.poisson(0.7) {
                comments.push(Comment { change: position, writer: None, at: at(0.02), reply_to: None });
            }
        }
    }
    (reviews, comments)
}

fn review(draws: &mut Draws, change: usize, reviewer: usize, state: &'static str, at: i64) -> Review {
    let minutes = draws.chance(0.3).then(|| draws.lognormal(18.0, 0.6).round().max(1.0));
    Review { change, reviewer, state, at, minutes }
}
