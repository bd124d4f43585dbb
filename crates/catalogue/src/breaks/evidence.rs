//! Coverage alarms: evidence that used to come and comes no longer, though the work that it came with goes on.
//!
//! The test. A subject (a person, a tool in a repository, a tool that is paid for) has weeks with work; in some of them evidence came. After
//! the first such week, `n` weeks with work follow, `k` of them with evidence, and the last `m` without. If nothing changed, each order of the
//! `n` weeks is as likely as any other, so `m` or more at the end are empty with the chance C(n - m, k) / C(n, k), whatever the rate was. An
//! alarm needs that chance, times the number of subjects, to be below [`FALSE_ALARMS`]. Weeks without work count for nothing, so a holiday
//! raises no alarm. Only a habit can stop: at least [`HABIT`] weeks from the first evidence to the last, at least half of them with evidence.
//!
//! Where evidence comes in runs, the orders are not alike. So the silence must be as unlikely by the runs before it too: a week without
//! evidence follows one without by the chance that was seen until then (with one week's worth of the share of all weeks, so that a subject
//! that never fell silent before can still be judged). Simulated: alarms in 1 of 200 organisations of 40 people where weeks are independent, in
//! 6 of 100 where evidence sticks (correlation of one week with the next 0.3), in 19 of 100 where it sticks hard (0.5).

use std::collections::BTreeMap;

use jiff::ToSpan;
use jiff::civil::Date;

use super::{BreakKind, FALSE_ALARMS, Found, Touches};
use crate::error::CatalogueError;
use crate::frame::Frame;
use crate::session::Session;

/// Weeks with work, from the first with evidence to the last, that make a habit.
const HABIT: usize = 8;

/// The natural logarithm of n over k.
pub(super) fn ln_choose(n: usize, k: usize) -> f64 {
    let k = k.min(n - k.min(n));
    (0..k).map(|j| ((n - j) as f64 / (k - j) as f64).ln()).sum()
}

/// The chance that as many weeks at the end are empty as are, and the number of the last week with evidence; `None` where none is empty,
/// or where evidence never came.
fn silence(weeks: &[bool]) -> Option<(f64, usize)> {
    let first = weeks.iter().position(|came| *came)?;
    let last = weeks.iter().rposition(|came| *came)?;
    let after = weeks.get(first + 1..)?;
    let (n, k, m) = (after.len(), after.iter().filter(|came| **came).count(), weeks.len() - 1 - last);
    let until = weeks.get(first..=last)?;
    let came = until.iter().filter(|came| **came).count();
    if m == 0 || until.len() < HABIT || 2 * came < until.len() {
        return None;
    }
    let alike = (ln_choose(n - m, k) - ln_choose(n, k)).exp();
    let empty = (until.len() - came) as f64;
    let again = until.windows(2).filter(|pair| matches!(pair, [false, false])).count() as f64;
    let share = (empty + 0.5) / (until.len() as f64 + 1.0);
    let by_runs = ((again + share) / (empty + 1.0)).powi(i32::try_from(m - 1).unwrap_or(i32::MAX));
    Some((alike.max(by_runs), last))
}

/// The weeks of each subject, by their Mondays, and whether evidence came.
type Weeks = BTreeMap<(String, String), Vec<(Date, bool)>>;

/// Subjects whose evidence stopped, with the Monday after the last week in which it came.
fn stopped_subjects(weeks: &Weeks) -> Vec<(&(String, String), Date)> {
    let tests = weeks.len() as f64;
    let mut found = Vec::new();
    for (subject, weeks) in weeks {
        let came: Vec<bool> = weeks.iter().map(|(_, came)| *came).collect();
        let Some((chance, last)) = silence(&came) else { continue };
        if let (true, Some((week, _))) = (chance * tests < FALSE_ALARMS, weeks.get(last)) {
            found.push((subject, week.saturating_add(7.days())));
        }
    }
    found
}

/// Rows of `subject`, `of`, `week` and `came`.
fn weeks_of(frame: &Frame, weeks: &mut Weeks, kind: &str) {
    for row in 0..frame.rows {
        let (Some(subject), Some(week)) = (frame.name("subject", row), frame.name("week", row)) else { continue };
        let Ok(week) = week.parse::<Date>() else { continue };
        let of = frame.name("of", row).unwrap_or_default();
        weeks.entry((kind.to_owned(), format!("{subject}\n{of}"))).or_default().push((week, frame.is_true("came", row)));
    }
}

/// Changes of a person in weeks with work, and whether one carried evidence of AI. Of people whose use is recorded only weeks of use count.
const PEOPLE: &str = "WITH used AS (
        SELECT DISTINCT u.person, c.week_start FROM usage_days u JOIN calendar c ON c.day = u.day WHERE u.is_active
    ),
    users AS (SELECT DISTINCT person FROM used),
    work AS (
        SELECT m.author AS person, c.week_start, MAX(CASE WHEN m.ai_lines > 0 THEN 1 ELSE 0 END) AS came
        FROM merged_changes m JOIN calendar c ON c.day = m.day
        WHERE m.author IS NOT NULL AND m.author NOT LIKE 'external:%'
        GROUP BY m.author, c.week_start
    )
    SELECT w.person AS subject, CAST(w.week_start AS VARCHAR) AS week, w.came = 1 AS came
    FROM work w
    CROSS JOIN settings s
    LEFT JOIN users p ON p.person = w.person
    LEFT JOIN used u ON u.person = w.person AND u.week_start = w.week_start
    WHERE w.week_start + 7 <= s.as_of AND (p.person IS NULL OR u.person IS NOT NULL)";

/// Weeks with commits of people in a repository, and whether a tool left evidence in one of them.
const REPOSITORIES: &str = "WITH written AS (
        SELECT c.repo, c.commit, k.week_start
        FROM commits c
        JOIN local_days d ON d.utc_day = CAST(c.authored_at AS DATE) AND c.authored_at >= d.starts_at AND c.authored_at < d.ends_at
        JOIN calendar k ON k.day = d.day
        WHERE NOT COALESCE(c.is_bot, FALSE)
    ),
    weeks AS (SELECT DISTINCT repo, week_start FROM written),
    left_by AS (
        SELECT DISTINCT e.repo, COALESCE(e.tool, e.evidence_source) AS tool, w.week_start
        FROM evidence e JOIN written w ON w.repo = e.repo AND w.commit = e.subject
        WHERE e.origin IN ('ai', 'mixed')
    ),
    pairs AS (SELECT DISTINCT repo, tool FROM left_by)
    SELECT COALESCE(m.name, p.repo) AS subject, p.tool AS \"of\", CAST(w.week_start AS VARCHAR) AS week, l.tool IS NOT NULL AS came
    FROM settings s
    CROSS JOIN pairs p
    JOIN weeks w ON w.repo = p.repo
    LEFT JOIN left_by l ON l.repo = p.repo AND l.tool = p.tool AND l.week_start = w.week_start
    LEFT JOIN mined_repositories m ON m.repo = p.repo
    WHERE w.week_start + 7 <= s.as_of";

/// Weeks of months in which a tool cost something, and whether its telemetry has a row.
const TOOLS: &str = "WITH paid AS (
        SELECT DISTINCT a.tool, c.week_start
        FROM ai_spend a JOIN calendar c ON c.month = a.month
        WHERE a.cost > 0
    ),
    reported AS (SELECT DISTINCT u.tool, c.week_start FROM ai_usage u JOIN calendar c ON c.day = u.day)
    SELECT p.tool AS subject, CAST(p.week_start AS VARCHAR) AS week, r.tool IS NOT NULL AS came
    FROM settings s
    CROSS JOIN paid p
    LEFT JOIN reported r ON r.tool = p.tool AND r.week_start = p.week_start
    WHERE p.week_start + 7 <= s.as_of";

/// Evidence that stopped; `labels` says whether evidence on who wrote what is asked for, or telemetry alone.
pub(super) fn stopped(session: &Session, labels: bool) -> Result<Vec<Found>, CatalogueError> {
    let has = |table: &str| session.facts().rows(table) > 0;
    let mut weeks = Weeks::new();
    if labels && has("pull_requests") {
        weeks_of(&session.rows("evidence by person", &format!("{PEOPLE} ORDER BY subject, week"))?, &mut weeks, "person");
    }
    if labels && has("evidence") && has("commits") {
        let frame = session.rows("evidence by repository", &format!("{REPOSITORIES} ORDER BY subject, \"of\", week"))?;
        weeks_of(&frame, &mut weeks, "repository");
    }
    if has("ai_spend") && has("ai_usage") {
        weeks_of(&session.rows("telemetry by tool", &format!("{TOOLS} ORDER BY subject, week"))?, &mut weeks, "tool");
    }
    let mut found = Vec::new();
    let mut people: BTreeMap<Date, u32> = BTreeMap::new();
    for ((kind, subject), on) in stopped_subjects(&weeks) {
        let (subject, of) = subject.split_once('\n').unwrap_or((subject, ""));
        match kind.as_str() {
            "person" => *people.entry(on).or_default() += 1,
            "repository" => {
                let what =
                    format!("{subject}: commits carry no evidence of {of} any more, which they did; people go on committing");
                found.push(
                    Found::new(on, BreakKind::EvidenceStopped, what, &[Touches::Labels]).of("repo", subject).of("tool", of),
                );
            }
            _ => {
                let what = format!("{subject}: its telemetry has no row any more, though it is paid for");
                found.push(Found::new(on, BreakKind::EvidenceStopped, what, &[Touches::Usage]).of("tool", subject));
            }
        }
    }
    let minimum = session.settings().min_group;
    for (on, count) in people {
        // A number of few people would say something of one of them.
        let who = if count < minimum { format!("fewer than {minimum} people") } else { format!("{count} people") };
        let what =
            format!("changes of {who} known to use AI carry no evidence of it any more, which they did; they go on merging");
        found.push(Found::new(on, BreakKind::EvidenceStopped, what, &[Touches::Labels]));
    }
    Ok(found)
}

#[cfg(test)]
mod tests {
    use super::*;

    /// A generator of its own (splitmix64): a seed gives the same draws everywhere.
    struct Draws(u64);

    impl Draws {
        fn unit(&mut self) -> f64 {
            self.0 = self.0.wrapping_add(0x9e37_79b9_7f4a_7c15);
            let mut z = self.0;
            z = (z ^ (z >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
            z = (z ^ (z >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
            (z ^ (z >> 31)) as f64 / u64::MAX as f64
        }
    }

    fn week(at: usize) -> Date {
        Date::constant(2024, 1, 1).saturating_add((7 * at as i64).days())
    }

    /// Alarms per organisation of 40 subjects and 60 weeks; after evidence the next week has it with `rate` + `sticks` (1 - `rate`).
    fn alarms(organisations: u32, sticks: f64, seed: u64) -> u32 {
        let mut draws = Draws(seed);
        let mut with_alarm = 0;
        for _ in 0..organisations {
            let mut weeks = Weeks::new();
            for subject in 0..40 {
                let rate = 0.1 + 0.85 * draws.unit();
                let mut before = draws.unit() < rate;
                let series = (0..60).map(|at| {
                    before = draws.unit() < if before { rate + sticks * (1.0 - rate) } else { rate * (1.0 - sticks) };
                    (week(at), before)
                });
                weeks.insert(("person".to_owned(), subject.to_string()), series.collect());
            }
            with_alarm += u32::from(!stopped_subjects(&weeks).is_empty());
        }
        with_alarm
    }

    #[test]
    fn where_nothing_changes_alarms_are_rare() {
        let alarms = alarms(3000, 0.0, 11);
        assert!(alarms <= 30, "{alarms} of 3000 organisations without a change have an alarm, which is more than 1 %");
    }

    #[test]
    fn runs_of_evidence_raise_few_more() {
        let alarms = alarms(3000, 0.3, 12);
        assert!(
            alarms <= 300,
            "{alarms} of 3000 organisations whose evidence comes in runs have an alarm, which is more than 10 %"
        );
    }

    #[test]
    fn evidence_that_stops_is_found_with_its_week() {
        let mut weeks = Weeks::new();
        for subject in 0..39 {
            let steady = (0..60).map(|at| (week(at), (at + subject) % 3 != 0));
            weeks.insert(("person".to_owned(), subject.to_string()), steady.collect());
        }
        let stops = (0..60).map(|at| (week(at), at < 50 && at % 4 != 0));
        weeks.insert(("person".to_owned(), "stops".to_owned()), stops.collect());
        let found = stopped_subjects(&weeks);
        assert_eq!(found.len(), 1, "{found:?}");
        assert_eq!((found[0].0.1.as_str(), found[0].1), ("stops", week(50)));
    }

    #[test]
    fn the_chance_is_that_of_the_orders_or_of_the_runs() {
        // After the first week come 12, 7 of them with evidence, the last 5 without: 1 of C(12, 7) orders; no week was empty before.
        let steady = [vec![true; 8], vec![false; 5]].concat();
        let (chance, last) = silence(&steady).unwrap();
        assert!((chance - 1.0 / 792.0).abs() < 1e-12 && last == 7, "{chance}");
        // Two of three empty weeks before followed an empty one.
        let runs = [vec![true; 6], vec![false; 3], vec![true; 3], vec![false; 9]].concat();
        let (chance, _) = silence(&runs).unwrap();
        assert!((chance - ((2.0_f64 + 3.5 / 13.0) / 4.0).powi(8)).abs() < 1e-12, "{chance}");
        assert_eq!(silence(&[true; 20]), None, "it goes on");
        assert_eq!(silence(&[vec![true; 3], vec![false; 30]].concat()), None, "three weeks are no habit");
        assert_eq!(silence(&[]), None);
        assert!((ln_choose(10, 3).exp() - 120.0).abs() < 1e-9);
    }
}
