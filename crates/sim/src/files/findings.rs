//! What a scanner found, each finding in the change that brought it.

use rustc_hash::FxHashMap;

use crate::World;
use crate::code::git;
use crate::days::{HOUR, time_text};
use crate::draws::Draws;
use crate::table::{TableText, or_empty};
use crate::world::CONTEXTS;

/// Findings per 1000 added lines of human changes.
pub const PER_KLOC: f64 = 1.1;

const RULES: [(&str, &str); 5] = [
    ("sqli", "CWE-89"),
    ("xss", "CWE-79"),
    ("path-traversal", "CWE-22"),
    ("weak-hash", "CWE-328"),
    ("hard-coded-secret", "CWE-798"),
];

pub fn findings(world: &World, commits: &FxHashMap<usize, &str>) -> TableText {
    let mut table =
        TableText::new("findings", "tool,fingerprint,commit,repo,rule,level,cwe,path,line,first_seen_at,fixed_at,pull_request");
    for (position, change) in world.changes.iter().enumerate().filter(|(_, change)| change.merged < world.end()) {
        let mut draws = Draws::of(world.seed, "findings", position as u64);
        let rate = PER_KLOC * world.effects.changes.finding_ratio.powf(change.dose(&world.effects));
        for _ in 0..draws.poisson(rate * f64::from(change.additions()) / 1000.0) {
            let (rule, cwe) = RULES[draws.below(RULES.len())];
            let seen = change.merged + (draws.between(0.5, 14.0) * HOUR as f64) as i64;
            if seen >= world.end() {
                continue;
            }
            let fixed = seen + (draws.exponential(30.0 * 24.0) * HOUR as f64) as i64;
            let made_up = git::hex(&git::name("finding", position.to_string().as_bytes()));
            let commit = commits.get(&position).copied().unwrap_or(&made_up);
            let language = world.crowd.repos.get(change.repo).map_or(crate::world::Language::Python, |repo| repo.language);
            let path =
                crate::code::text::path(CONTEXTS.get(change.context).copied().unwrap_or_default(), language, draws.below(4));
            table.row([
                "semgrep",
                &format!("fp{:06}", table.rows + 1),
                commit,
                world.repo(change.repo),
                rule,
                ["error", "warning", "note"][draws.below(3)],
                cwe,
                &path,
                &(1 + draws.below(60)).to_string(),
                &time_text(seen),
                &or_empty((fixed < world.end()).then(|| time_text(fixed))),
                &change.number.to_string(),
            ]);
        }
    }
    table
}
