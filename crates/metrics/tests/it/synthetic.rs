//! Line facts from a seed, with planted survival: exponential lives per source, so S(t) is known.

use candor_metrics::facts::{
    AgreementRow, Cohorts, CommitFact, CoverageChange, Landing, LineFacts, LinesApart, NONE, PathFact, RepositoryFact,
};
use candor_model::{Origin, Strength};
use rand_chacha::ChaCha20Rng;
use rand_chacha::rand_core::{Rng, SeedableRng};

pub const DAY: i64 = 86_400;
/// 2024-01-01T00:00:00Z.
pub const START: i64 = 1_704_067_200;

/// What a synthetic history looks like.
pub struct Plan {
    pub seed: u64,
    pub repositories: u32,
    pub landings: u32,
    pub people: u32,
    pub cohorts: usize,
    /// Days from the first landing to the tip.
    pub days: i64,
    /// Daily hazard of human, AI, unknown lines.
    pub hazards: [f64; 3],
    /// Shares of human, AI, unknown, mixed, bot.
    pub shares: [f64; 5],
}

impl Default for Plan {
    fn default() -> Self {
        Self {
            seed: 1,
            repositories: 2,
            landings: 400,
            people: 25,
            cohorts: 4_000,
            days: 900,
            hazards: [0.002, 0.006, 0.004],
            shares: [0.25, 0.25, 0.4, 0.05, 0.05],
        }
    }
}

pub struct Dice(ChaCha20Rng);

impl Dice {
    pub fn new(seed: u64) -> Self {
        Self(ChaCha20Rng::seed_from_u64(seed))
    }

    pub fn unit(&mut self) -> f64 {
        (self.0.next_u64() >> 11) as f64 / (1_u64 << 53) as f64
    }

    pub fn below(&mut self, n: u32) -> u32 {
        (self.unit() * f64::from(n)) as u32
    }
}

const SOURCES: [Origin; 5] = [Origin::Human, Origin::Ai, Origin::Unknown, Origin::Mixed, Origin::Bot];

/// Builds the facts of a plan. Landings are spread evenly over the days; every landing has one commit and one author.
pub fn facts(plan: &Plan) -> LineFacts {
    let mut dice = Dice::new(plan.seed);
    let languages = ["Rust", "TypeScript", "Python", "Go", "Markdown", "Shell"].map(String::from).to_vec();
    let contexts = ["business_logic", "tests", "docs", "infrastructure", "other"].map(String::from).to_vec();
    let mut landings = Vec::new();
    let mut commits = Vec::new();
    for at in 0..plan.landings {
        let repository = at * plan.repositories / plan.landings;
        let inside = at - (repository * plan.landings).div_ceil(plan.repositories);
        let of = plan.landings / plan.repositories;
        let landed_at = START + plan.days * DAY * i64::from(inside) / i64::from(of.max(1));
        let share = dice.unit();
        let mut sum = 0.0;
        let source = SOURCES.iter().zip(plan.shares).find(|(_, s)| {
            sum += s;
            share < sum
        });
        let origin = source.map_or(Origin::Unknown, |(source, _)| *source);
        commits.push(CommitFact {
            repository,
            id: format!("{at:040x}"),
            author: dice.below(plan.people),
            landing: at,
            co_authors: if dice.unit() < 0.1 { vec![dice.below(plan.people)] } else { Vec::new() },
            authored_at: landed_at - 3600,
            origin,
            strength: match origin {
                Origin::Unknown => None,
                Origin::Ai if dice.unit() < 0.4 => Some(Strength::Recorded),
                _ => Some(Strength::SelfDeclared),
            },
            tools: if matches!(origin, Origin::Ai | Origin::Mixed) {
                vec![if dice.unit() < 0.6 { "claude-code" } else { "cursor" }.to_string()]
            } else {
                Vec::new()
            },
            models: Vec::new(),
            conflict: dice.unit() < 0.01,
            is_fix: dice.unit() < 0.2,
            is_agent: false,
        });
        landings.push(Landing {
            repository,
            commit: at,
            landed_at,
            added: 0,
            removed: 0,
            brought: 0,
            reverted_by: NONE,
            is_bulk: false,
            pull_request: None,
            written: 1,
            written_by_agents: 0,
            opened_by_agent: false,
            repeated: None,
            ai_share: match origin {
                Origin::Human => Some(0.0),
                Origin::Ai => Some(1.0),
                Origin::Mixed => Some(0.3),
                Origin::Unknown | Origin::Bot => None,
            },
        });
    }
    let paths: Vec<PathFact> = (0..plan.repositories * 60)
        .map(|at| PathFact {
            repository: at / 60,
            path: format!("src/part_{at}.rs"),
            language: (at % languages.len() as u32) as u16,
            context: (at % 7 % contexts.len() as u32) as u16,
            is_hub: at % 60 == 0,
        })
        .collect();
    let of_repository: Vec<Vec<u32>> = (0..plan.repositories)
        .map(|repository| (0..plan.landings).filter(|at| landings[*at as usize].repository == repository).collect())
        .collect();
    let mut cohorts = Cohorts::default();
    for _ in 0..plan.cohorts {
        let landing = dice.below(plan.landings);
        let (repository, landed_at) = (landings[landing as usize].repository, landings[landing as usize].landed_at);
        let origin = commits[landing as usize].origin;
        let hazard = match origin {
            Origin::Human | Origin::Bot => plan.hazards[0],
            Origin::Ai | Origin::Mixed => plan.hazards[1],
            Origin::Unknown => plan.hazards[2],
        };
        let life = -(1.0 - dice.unit()).ln() / hazard * DAY as f64;
        // The death falls on the next landing of the repository at or after the drawn instant.
        let mine = &of_repository[repository as usize];
        let dies = landed_at + life as i64;
        let death = mine.get(mine.partition_point(|at| landings[*at as usize].landed_at < dies)).copied().unwrap_or(NONE);
        let lines = 1 + dice.below(30);
        let substantive = lines - dice.below(lines / 4 + 1);
        landings[landing as usize].added += u64::from(lines);
        if death != NONE {
            landings[death as usize].removed += u64::from(lines);
        }
        cohorts.landing.push(landing);
        cohorts.origin.push(landing);
        cohorts.path.push(repository * 60 + dice.below(60));
        cohorts.death.push(death);
        cohorts.killer.push(death);
        cohorts.lines.push(lines);
        cohorts.substantive.push(substantive);
        cohorts.source.push(origin);
        cohorts.strength.push(commits[landing as usize].strength);
        cohorts.before_observation.push(false);
    }
    for at in 0..plan.landings {
        if dice.unit() < 0.03 {
            let later = at + 1 + dice.below(10);
            let same = landings.get(later as usize).is_some_and(|l: &Landing| l.repository == landings[at as usize].repository);
            if same {
                landings[at as usize].reverted_by = later;
            }
        }
    }
    let repositories = (0..plan.repositories)
        .map(|repository| {
            let mine = &of_repository[repository as usize];
            RepositoryFact {
                name: ["harbour", "lantern", "quarry", "tiller"][repository as usize % 4].to_string(),
                branch: "main".to_string(),
                as_of: START + plan.days * DAY,
                from: mine.first().map_or(START, |at| landings[*at as usize].landed_at),
                mainline: mine.len() as u32,
                settings: "histogram, renames 50 %, rules 1".to_string(),
                left_out: vec![("binary".to_string(), 3)],
                apart: [("lock", 4_321), ("vendored", 20_000)]
                    .map(|(reason, lines)| LinesApart {
                        reason: reason.to_string(),
                        path: 0,
                        landing: mine.first().copied().unwrap_or(NONE),
                        lines,
                    })
                    .to_vec(),
                warnings: Vec::new(),
            }
        })
        .collect();
    let agreement = (0..plan.landings.min(200))
        .map(|at| {
            let added = 10 + u64::from(dice.below(90));
            let recorded_ai = if at % 3 == 0 { 0 } else { (added as f64 * dice.unit()) as u64 };
            AgreementRow {
                commit: at,
                added,
                recorded_ai,
                claimed: recorded_ai * 2,
                declared_ai: dice.unit() < 0.5,
                has_record: at % 2 == 0,
            }
        })
        .collect();
    LineFacts {
        repositories,
        people: plan.people,
        codes: (0..plan.people).map(|person| format!("person{person}")).collect(),
        commits,
        landings,
        paths,
        cohorts,
        functions: Vec::new(),
        languages,
        contexts,
        agreement,
        unrecognised: vec![("robo-pair <robo@tool.example>".to_string(), 0)],
        rejected_notes: vec![("schema version 9 is not known".to_string(), NONE)],
        coverage: vec![CoverageChange {
            repository: 0,
            path: ".claude/settings.json".to_string(),
            tool: "claude-code".to_string(),
            at: START + 400 * DAY,
            leaves_evidence: false,
        }],
    }
}
