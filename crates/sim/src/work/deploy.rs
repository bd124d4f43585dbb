//! What went to production when, what it broke, and how it was mended.

use crate::days::{DAY, HOUR, day_of, is_working, midnight, number};
use crate::draws::Draws;
use crate::effects::Effects;
use crate::work::Change;
use crate::world::{Crowd, Shape};

/// A deployment.
#[derive(Debug, Clone)]
pub struct Deployment {
    /// Position of the repository.
    pub repo: usize,
    /// Where to.
    pub environment: &'static str,
    /// When it began.
    pub started: i64,
    /// When it was done.
    pub finished: i64,
    /// How it ended.
    pub status: &'static str,
    /// Positions of the changes that it brought.
    pub changes: Vec<usize>,
    /// What it repairs: position of the deployment, and whether by going back.
    pub repairs: Option<(usize, bool)>,
}

/// An incident.
#[derive(Debug, Clone)]
pub struct Incident {
    /// How bad.
    pub severity: &'static str,
    /// What kind.
    pub kind: &'static str,
    /// Position of the repository whose service it was.
    pub repo: usize,
    /// When it began.
    pub triggered: i64,
    /// When somebody looked; `None`: not yet.
    pub acknowledged: Option<i64>,
    /// When it was over.
    pub resolved: Option<i64>,
    /// Position of whoever looked.
    pub responder: Option<usize>,
    /// Position of the change that caused it.
    pub cause: Option<usize>,
}

/// Deployments and incidents of the window.
#[must_use]
pub fn deployments(
    shape: &Shape,
    effects: &Effects,
    seed: u64,
    crowd: &Crowd,
    changes: &[Change],
    ai_share: &dyn Fn(i32) -> f64,
) -> (Vec<Deployment>, Vec<Incident>) {
    let (mut deployments, mut incidents) = (Vec::new(), Vec::new());
    let end = midnight(number(shape.until));
    for (position, repo) in crowd.repos.iter().enumerate() {
        let mut draws = Draws::of(seed, "deployments", position as u64);
        let first = deployments.len();
        let mut waiting: Vec<usize> = (0..changes.len())
            .filter(|at| changes.get(*at).is_some_and(|change| change.repo == position && change.merged < end))
            .collect();
        waiting.reverse();
        for started in slots(shape, repo.business, &mut draws) {
            let mut brought = Vec::new();
            let is_before = |at: &usize| changes.get(*at).is_some_and(|change| change.merged < started);
            let mut next = waiting.len();
            while next > 0 && waiting.get(next - 1).is_some_and(is_before) {
                next -= 1;
            }
            let finished = started + 240 + draws.below(1500) as i64;
            let failed = draws.chance(0.03);
            if finished >= end || next == waiting.len() {
                continue;
            }
            if !failed {
                brought = waiting.split_off(next);
                brought.reverse();
            }
            deployments.push(Deployment {
                repo: position,
                environment: "production",
                started,
                finished,
                status: if failed { "failed" } else { "succeeded" },
                changes: brought,
                repairs: None,
            });
        }
        break_things(&mut deployments, &mut incidents, first, seed, crowd, changes, end);
    }
    other_incidents(&mut incidents, shape, effects, seed, crowd, ai_share);
    incidents.sort_by_key(|incident| (incident.triggered, incident.repo, incident.cause));
    let mut order: Vec<usize> = (0..deployments.len()).collect();
    order.sort_by_key(|at| deployments.get(*at).map(|deployment| (deployment.started, deployment.repo, *at)));
    let mut place = vec![0; deployments.len()];
    for (new, old) in order.iter().enumerate() {
        place[*old] = new;
    }
    let mut sorted: Vec<Deployment> = order.iter().filter_map(|at| deployments.get(*at).cloned()).collect();
    for deployment in &mut sorted {
        if let Some((of, _)) = &mut deployment.repairs {
            *of = place[*of];
        }
    }
    (sorted, incidents)
}

/// When a service goes to production: daily, twice a day, or on two days of the week.
fn slots(shape: &Shape, business: &str, draws: &mut Draws) -> Vec<i64> {
    let mut all = Vec::new();
    for day in (number(shape.start())..number(shape.until)).filter(|day| is_working(*day)) {
        let weekday = (day + 3).rem_euclid(7);
        let hours: &[i64] = match business {
            "regulated" if matches!(weekday, 1 | 3) => &[10],
            "regulated" => &[],
            "consumer" => &[14],
            _ => &[9, 15],
        };
        all.extend(hours.iter().map(|hour| midnight(day) + hour * HOUR + draws.below(1800) as i64));
    }
    all
}

/// Failures that changes cause, and the deployments that repair them.
fn break_things(
    deployments: &mut Vec<Deployment>,
    incidents: &mut Vec<Incident>,
    first: usize,
    seed: u64,
    crowd: &Crowd,
    changes: &[Change],
    end: i64,
) {
    for at in first..deployments.len() {
        let Some((finished, repo, brought)) = deployments.get(at).map(|own| (own.finished, own.repo, own.changes.clone())) else {
            continue;
        };
        for position in brought {
            let Some(change) = changes.get(position) else { continue };
            let mut draws = Draws::of(seed, "failure", position as u64);
            if !draws.chance(change.failure_7d) {
                continue;
            }
            let triggered = finished + (draws.between(0.02, 6.8) * DAY as f64) as i64;
            if triggered >= end {
                continue;
            }
            let severity = ["critical", "high", "high", "medium", "medium", "medium", "low"][draws.below(7)];
            let incident = incident(&mut draws, crowd, severity, "availability", repo, triggered, Some(position), end);
            let started = triggered + (draws.between(0.3, 4.0) * HOUR as f64) as i64;
            if started + HOUR < end && severity != "low" {
                let is_rollback = draws.chance(0.4);
                deployments.push(Deployment {
                    repo,
                    environment: "production",
                    started,
                    finished: started + 300 + draws.below(900) as i64,
                    status: "succeeded",
                    changes: Vec::new(),
                    repairs: Some((at, is_rollback)),
                });
            }
            incidents.push(incident);
        }
    }
}

#[expect(clippy::too_many_arguments, reason = "what an incident is, once")]
fn incident(
    draws: &mut Draws,
    crowd: &Crowd,
    severity: &'static str,
    kind: &'static str,
    repo: usize,
    triggered: i64,
    cause: Option<usize>,
    end: i64,
) -> Incident {
    let day = day_of(triggered);
    let on_call: Vec<usize> = crowd
        .people
        .iter()
        .enumerate()
        .filter(|(_, person)| person.role.is_engineering() && person.is_here(day))
        .filter(|(_, person)| crowd.teams.get(person.team).is_some_and(|team| team.repo == repo))
        .map(|(position, _)| position)
        .collect();
    let responder = draws.pick(&on_call).copied();
    let is_senior = responder.and_then(|at| crowd.people.get(at)).is_some_and(|person| person.is_senior(day));
    let minutes = |draws: &mut Draws, median: f64, sd: f64| (draws.lognormal(median, sd) * 60.0) as i64;
    let acknowledged = triggered + minutes(draws, 6.0, 0.8);
    let resolved = acknowledged + minutes(draws, if is_senior { 60.0 } else { 95.0 }, 0.9);
    Incident {
        severity,
        kind,
        repo,
        triggered,
        acknowledged: (acknowledged < end).then_some(acknowledged),
        resolved: (resolved < end).then_some(resolved),
        responder: responder.filter(|_| acknowledged < end),
        cause,
    }
}

/// Incidents that no change is known to have caused.
fn other_incidents(
    incidents: &mut Vec<Incident>,
    shape: &Shape,
    effects: &Effects,
    seed: u64,
    crowd: &Crowd,
    ai_share: &dyn Fn(i32) -> f64,
) {
    let end = midnight(number(shape.until));
    let mut draws = Draws::of(seed, "incidents", 0);
    let business = &effects.business;
    for day in number(shape.start())..number(shape.until) {
        let security = business.security_incidents * business.security_ratio.powf(ai_share(day));
        let rates = [("security", security), ("compliance", 0.12), ("availability", 0.8), ("other", 0.2)];
        for (kind, monthly) in rates {
            for _ in 0..draws.poisson(monthly / 30.4375) {
                let triggered = midnight(day) + (draws.uniform() * (DAY - 1) as f64) as i64;
                let severity = ["critical", "high", "medium", "medium", "low"][draws.below(5)];
                let repo = draws.below(crowd.repos.len());
                let incident = incident(&mut draws, crowd, severity, kind, repo, triggered, None, end);
                incidents.push(incident);
            }
        }
    }
}
