//! Who works where: teams with their repositories, seats, and the careers of the people who come and go on them.

use jiff::civil::Date;

use crate::days::{self, number};
use crate::draws::Draws;
use crate::effects::Effects;

/// Standard deviation of how slow people are, on the logarithm of hours.
pub const SD_PACE: f64 = 0.25;
/// Months of history before the window: careers of juniors are seen from their beginning.
pub const MONTHS_BEFORE: i32 = 36;
/// Months from the beginning of the window to the pilot.
const MONTHS_TO_PILOT: i32 = 6;

/// How large the organisation is, for how long it is watched, and how well it is seen.
#[derive(Debug, Clone, PartialEq)]
pub struct Shape {
    /// Seats; a few are empty at a time.
    pub people: usize,
    /// Months of the window.
    pub months: usize,
    /// Teams; `None`: one for ten people, four at least.
    pub teams: Option<usize>,
    /// The day after the last one.
    pub until: Date,
    /// Share of changes with AI whose evidence is kept.
    pub sensitivity: f64,
    /// Share of human changes without evidence of AI.
    pub specificity: f64,
}

impl Default for Shape {
    fn default() -> Self {
        Self { people: 120, months: 24, teams: None, until: Date::constant(2026, 7, 1), sensitivity: 0.9, specificity: 0.98 }
    }
}

impl Shape {
    /// First day of the window.
    #[must_use]
    pub fn start(&self) -> Date {
        days::months_after(self.until, -i32::try_from(self.months).unwrap_or(24))
    }

    /// First day of the pilot: a quarter of a short window, half a year of a long one.
    #[must_use]
    pub fn pilot(&self) -> Date {
        let months = i32::try_from(self.months).unwrap_or(24);
        days::months_after(self.start(), MONTHS_TO_PILOT.min((months / 4).max(1)))
    }

    /// Number of teams.
    #[must_use]
    pub fn team_count(&self) -> usize {
        self.teams.unwrap_or((self.people / 10).max(4)).max(1)
    }
}

/// A team.
#[derive(Debug, Clone)]
pub struct Team {
    /// Id.
    pub id: String,
    /// Name for people.
    pub name: String,
    /// Kind of business.
    pub business: &'static str,
    /// Position of its repository.
    pub repo: usize,
    /// Whether it goes on as before.
    pub is_control: bool,
    /// Whether its evidence is declared complete.
    pub is_complete: bool,
    /// The tool that most of it use.
    pub tool: &'static str,
    /// Whoever leads it at the end.
    pub lead: Option<usize>,
}

/// A repository.
#[derive(Debug, Clone)]
pub struct Repo {
    /// Id, as in `acme/checkout`.
    pub id: String,
    /// Folder of the bare name.
    pub folder: String,
    /// Kind of business.
    pub business: &'static str,
    /// Position of the team that owns it.
    pub team: usize,
    /// Language of its code.
    pub language: Language,
    /// Whether tools leave notes there, rather than trailers.
    pub has_notes: bool,
    /// Weights of the contexts, by [`CONTEXTS`].
    pub mix: [f64; CONTEXTS.len()],
}

/// Languages of repositories.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Language {
    /// Python.
    Python,
    /// TypeScript.
    TypeScript,
    /// Rust.
    Rust,
    /// Go.
    Go,
    /// JavaScript.
    JavaScript,
}

/// Contexts in which changes are made; their paths are those of the built-in rules.
pub const CONTEXTS: [&str; 11] = [
    "payments",
    "auth",
    "compliance",
    "business_logic",
    "api_contract",
    "schema",
    "infrastructure",
    "boilerplate",
    "tests",
    "docs",
    "tooling",
];

const MIX_REGULATED: [f64; 11] = [0.20, 0.06, 0.06, 0.22, 0.05, 0.04, 0.04, 0.09, 0.15, 0.05, 0.04];
const MIX_CONSUMER: [f64; 11] = [0.05, 0.06, 0.0, 0.36, 0.06, 0.03, 0.03, 0.12, 0.18, 0.06, 0.05];
const MIX_PLATFORM: [f64; 11] = [0.0, 0.08, 0.0, 0.26, 0.08, 0.04, 0.16, 0.10, 0.14, 0.06, 0.08];

/// Roles of people.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Role {
    /// Engineer.
    Engineer,
    /// Leads a team and writes code.
    Lead,
    /// Keeps things running.
    Sre,
    /// Tests.
    Qa,
    /// Manages.
    Manager,
    /// Product.
    Product,
    /// Designs.
    Designer,
}

impl Role {
    /// As the contract writes it.
    #[must_use]
    pub fn word(self) -> &'static str {
        match self {
            Self::Engineer => "engineer",
            Self::Lead => "lead",
            Self::Sre => "sre",
            Self::Qa => "qa",
            Self::Manager => "manager",
            Self::Product => "product",
            Self::Designer => "designer",
        }
    }

    /// Whether the role counts as engineering.
    #[must_use]
    pub fn is_engineering(self) -> bool {
        !matches!(self, Self::Manager | Self::Product | Self::Designer)
    }
}

/// A stretch of employment at one level; days as numbers, the end exclusive.
#[derive(Debug, Clone)]
pub struct Job {
    /// First day.
    pub from: i32,
    /// First day on which it no longer holds.
    pub until: Option<i32>,
    /// Level.
    pub level: &'static str,
    /// Why the employment ended with it.
    pub end_reason: Option<&'static str>,
}

/// A person.
#[derive(Debug, Clone)]
pub struct Person {
    /// Id.
    pub id: String,
    /// Name.
    pub name: String,
    /// Address of commits.
    pub email: String,
    /// Position of the team.
    pub team: usize,
    /// Role.
    pub role: Role,
    /// First day of paid work anywhere.
    pub since: i32,
    /// Country.
    pub country: &'static str,
    /// Jobs, in order.
    pub jobs: Vec<Job>,
    /// Whether the person uses AI once its team does.
    pub is_adopter: bool,
    /// Whether the person uses it before the pilot, and in teams that go on as before.
    pub is_early: bool,
    /// How the person's lines differ from the common ones, from -1 to 1 and 0 on average.
    pub lean: f64,
    /// How slow the person is, on the logarithm, 0 on average.
    pub pace: f64,
    /// Changes per month.
    pub output: f64,
    /// The tool that the person uses.
    pub tool: &'static str,
    /// Planted: chance of a promotion within 24 months, and of leaving before any; for those who began as juniors.
    pub junior: Option<(f64, f64)>,
}

impl Person {
    /// First day of employment.
    #[must_use]
    pub fn hired(&self) -> i32 {
        self.jobs.first().map_or(0, |job| job.from)
    }

    /// First day after employment; `None` while employed.
    #[must_use]
    pub fn left(&self) -> Option<i32> {
        self.jobs.last().and_then(|job| job.until)
    }

    /// Whether the person is employed on a day.
    #[must_use]
    pub fn is_here(&self, day: i32) -> bool {
        day >= self.hired() && self.left().is_none_or(|left| day < left)
    }

    /// Whether the person has worked for four years or more on a day.
    #[must_use]
    pub fn is_senior(&self, day: i32) -> bool {
        day - self.since >= 4 * 366
    }
}

/// Teams, repositories and people.
#[derive(Debug, Clone)]
pub struct Crowd {
    /// Teams.
    pub teams: Vec<Team>,
    /// Repositories.
    pub repos: Vec<Repo>,
    /// People, in the order of their ids.
    pub people: Vec<Person>,
}

const NAMES: [(&str, &str); 14] = [
    ("checkout", "regulated"),
    ("storefront", "consumer"),
    ("platform", "platform"),
    ("ledgering", "regulated"),
    ("search", "consumer"),
    ("mobile", "consumer"),
    ("data", "platform"),
    ("risk", "regulated"),
    ("catalog", "consumer"),
    ("delivery", "platform"),
    ("messaging", "consumer"),
    ("identity", "regulated"),
    ("pricing", "consumer"),
    ("insight", "platform"),
];
const LANGUAGES: [Language; 5] = [Language::Python, Language::TypeScript, Language::Go, Language::Rust, Language::JavaScript];
/// Tools that people use.
pub const TOOLS: [&str; 3] = ["claude-code", "copilot", "cursor"];
const COUNTRIES: [&str; 6] = ["DE", "PL", "NL", "FR", "ES", "GB"];
const FIRST: [&str; 24] = [
    "Ada", "Bela", "Cleo", "Dario", "Elif", "Femi", "Greta", "Hugo", "Ines", "Jonas", "Kaya", "Lena", "Milan", "Nora", "Omar",
    "Petra", "Quirin", "Rosa", "Samir", "Tilda", "Uwe", "Vera", "Wanda", "Yusuf",
];
const LAST: [&str; 25] = [
    "Adler",
    "Brandt",
    "Costa",
    "Dijk",
    "Ekberg",
    "Fischer",
    "Garcia",
    "Horvat",
    "Ivanov",
    "Jansen",
    "Kowalski",
    "Lindqvist",
    "Moreau",
    "Novak",
    "Okafor",
    "Petrov",
    "Quint",
    "Rossi",
    "Silva",
    "Tanaka",
    "Ulrich",
    "Vogel",
    "Weber",
    "Yilmaz",
    "Zeman",
];

/// Makes the teams, their repositories, and everybody who ever worked there.
#[must_use]
pub fn crowd(shape: &Shape, effects: &Effects, seed: u64) -> Crowd {
    let (teams, repos) = teams(shape, seed);
    let begin = number(days::months_after(shape.start(), -MONTHS_BEFORE));
    let (pilot, until) = (number(shape.pilot()), number(shape.until));
    let mut people: Vec<Person> = Vec::new();
    for seat in 0..shape.people {
        let mut draws = Draws::of(seed, "seat", seat as u64);
        let team = seat % teams.len();
        let place = seat / teams.len();
        let role = match place % 10 {
            0 => Role::Lead,
            4 => Role::Sre,
            6 => Role::Qa,
            9 => [Role::Product, Role::Designer, Role::Manager][draws.below(3)],
            _ => Role::Engineer,
        };
        let junior_seat = if role == Role::Engineer { 0.55 } else { 0.0 };
        // The first on a seat came long ago, or comes as a junior during the years before the window.
        let mut level = first_level(&mut draws, role, junior_seat);
        let mut day = if level == "junior" { begin + draws.below(540) as i32 } else { begin - draws.below(1500) as i32 };
        while day < until {
            let has_ai = teams.get(team).is_some_and(|team| !team.is_control);
            let ratio = if has_ai && day >= pilot { effects.people.promotion_ratio } else { 1.0 };
            let junior = (effects.people.promotion_24m * ratio, effects.people.left_24m);
            let mut person = newcomer(&mut draws, effects, &teams, team, role, day, level);
            person.jobs = career(&mut draws, day, level, role, junior, until);
            person.junior = (level == "junior" && role.is_engineering()).then_some(junior);
            let left = person.left();
            people.push(person);
            match left {
                Some(left) => day = left + 10 + draws.below(40) as i32,
                None => break,
            }
            level = first_level(&mut draws, role, junior_seat);
        }
    }
    people.sort_by_key(Person::hired);
    // Names repeat after a few hundred people; addresses carry the number, so nobody is taken for somebody else.
    for (index, person) in people.iter_mut().enumerate() {
        let (first, last) = (FIRST[index % FIRST.len()], LAST[index / 7 % LAST.len()]);
        person.id = format!("p{:04}", index + 1);
        person.name = format!("{first} {last}");
        person.email = format!("{}.{}.{}@acme.example", first.to_lowercase(), last.to_lowercase(), index + 1);
    }
    let mut crowd = Crowd { teams, repos, people };
    for (position, team) in crowd.teams.iter_mut().enumerate() {
        let leads = |person: &Person| person.team == position && person.role == Role::Lead && person.is_here(until - 1);
        team.lead = crowd.people.iter().position(leads);
    }
    crowd
}

fn teams(shape: &Shape, seed: u64) -> (Vec<Team>, Vec<Repo>) {
    let count = shape.team_count();
    let mut draws = Draws::of(seed, "teams", 0);
    let (mut teams, mut repos): (Vec<Team>, Vec<Repo>) = (Vec::new(), Vec::new());
    for position in 0..count {
        let (name, business) = NAMES[position % NAMES.len()];
        let id = if position < NAMES.len() { name.to_owned() } else { format!("{name}-{}", position / NAMES.len() + 1) };
        // Two teams of the same kind of business share a repository, once there are many.
        let shared = repos.iter().position(|repo| repo.business == business).filter(|_| position >= 6 && position % 2 == 1);
        let repo = shared.unwrap_or_else(|| {
            repos.push(Repo {
                id: format!("acme/{id}"),
                folder: id.clone(),
                business,
                team: position,
                language: LANGUAGES[repos.len() % LANGUAGES.len()],
                has_notes: repos.len() % 3 == 1,
                mix: match business {
                    "regulated" => MIX_REGULATED,
                    "consumer" => MIX_CONSUMER,
                    _ => MIX_PLATFORM,
                },
            });
            repos.len() - 1
        });
        let mut title = id.clone();
        if let Some(first) = title.get_mut(..1) {
            first.make_ascii_uppercase();
        }
        teams.push(Team {
            name: title,
            id,
            business,
            repo,
            is_control: position % 3 == 2,
            is_complete: position % 6 != 5,
            tool: TOOLS[draws.below(TOOLS.len())],
            lead: None,
        });
    }
    (teams, repos)
}

fn first_level(draws: &mut Draws, role: Role, junior: f64) -> &'static str {
    match role {
        Role::Lead => "senior",
        _ if draws.chance(junior) => "junior",
        _ => ["mid", "mid", "senior", "senior", "staff"][draws.below(5)],
    }
}

fn newcomer(draws: &mut Draws, effects: &Effects, teams: &[Team], team: usize, role: Role, day: i32, level: &str) -> Person {
    let years = match level {
        "junior" => draws.between(0.0, 0.6),
        "mid" => draws.between(1.6, 4.5),
        _ => draws.between(4.5, 15.0),
    };
    let common = teams.get(team).map_or(TOOLS[0], |team| team.tool);
    Person {
        id: String::new(),
        name: String::new(),
        email: String::new(),
        team,
        role,
        since: day - (years * 365.25) as i32,
        country: COUNTRIES[draws.below(COUNTRIES.len())],
        jobs: Vec::new(),
        is_adopter: draws.chance(effects.usage.adopters),
        is_early: draws.chance(effects.usage.before),
        lean: draws.between(-1.0, 1.0),
        pace: SD_PACE * draws.normal(),
        output: draws.between(4.0, 11.0),
        tool: if draws.chance(0.7) { common } else { TOOLS[draws.below(TOOLS.len())] },
        junior: None,
    }
}

/// The jobs from hire to leaving, or to the end of what is simulated.
fn career(draws: &mut Draws, hired: i32, level: &'static str, role: Role, junior: (f64, f64), until: i32) -> Vec<Job> {
    let month = 30.4375;
    let mut jobs = Vec::new();
    let (mut from, mut level) = (hired, level);
    if level == "junior" {
        let (promoted, left) = junior;
        let fate = draws.uniform();
        let months = if fate < promoted {
            draws.between(8.0, 23.9)
        } else if fate < promoted + left {
            draws.between(1.0, 23.9)
        } else {
            24.2 + draws.exponential(14.0)
        };
        let goes = fate >= promoted && (fate < promoted + left || draws.chance(0.4));
        let day = hired + (months * month) as i32;
        if day >= until {
            return vec![Job { from, until: None, level, end_reason: None }];
        }
        jobs.push(Job { from, until: Some(day), level, end_reason: goes.then(|| end_reason(draws)) });
        if goes {
            return jobs;
        }
        (from, level) = (day, "mid");
    }
    // About one in nine leaves in a year, the leads less.
    let yearly = if role == Role::Lead { 0.05 } else { 0.11 };
    let leaves = from + (draws.exponential(365.25 / yearly)) as i32;
    while level == "mid" {
        let day = from + (draws.between(24.0, 60.0) * month) as i32;
        if day >= leaves.min(until) {
            break;
        }
        jobs.push(Job { from, until: Some(day), level, end_reason: None });
        (from, level) = (day, "senior");
    }
    let ends = (leaves < until).then_some(leaves.max(from + 1));
    jobs.push(Job { from, until: ends, level, end_reason: ends.map(|_| end_reason(draws)) });
    jobs
}

fn end_reason(draws: &mut Draws) -> &'static str {
    ["resigned", "resigned", "resigned", "dismissed", "laid_off", "other"][draws.below(6)]
}
