//! Breaks in who works here: many people coming, going or changing team in one month.

use std::collections::{BTreeMap, BTreeSet};

use jiff::civil::Date;

use super::{BreakKind, FALSE_ALARMS, Found, Touches};
use crate::error::CatalogueError;
use crate::header::PeriodKind;
use crate::session::Session;

/// A jump below this share of the people that were there before moves no series by much.
const LEAST_SHARE: f64 = 0.2;
/// Fewer moves than this are the ordinary life of a team.
const LEAST_MOVES: usize = 3;

/// Moves of one team, or of the whole, in the window.
#[derive(Debug, Clone, Default)]
struct Moves {
    came: Vec<Date>,
    went: Vec<Date>,
}

impl Moves {
    /// People there on the eve of a day.
    fn before(&self, day: Date) -> usize {
        let until = |days: &[Date]| days.iter().filter(|own| **own < day).count();
        until(&self.came).saturating_sub(until(&self.went))
    }
}

/// P(X >= k) where each of n moves falls into any of m months alike. Given their number, moves at a steady rate do so, whatever the rate.
fn chance(k: usize, n: usize, months: usize) -> f64 {
    if months <= 1 {
        return 1.0;
    }
    let share = 1.0 / months as f64;
    let (yes, no) = (share.ln(), (1.0 - share).ln());
    let term = |j: usize| super::evidence::ln_choose(n, j) + j as f64 * yes + (n - j) as f64 * no;
    (k..=n).map(|j| term(j).exp()).sum::<f64>().min(1.0)
}

/// Months in which more engineers came and went, of the whole or of a team, than a steady rate explains.
pub(super) fn moves(session: &Session) -> Result<Vec<Found>, CatalogueError> {
    if session.facts().rows("employment") == 0 {
        return Ok(Vec::new());
    }
    let sql = "WITH stretches AS (
            SELECT person, from_day, CASE WHEN is_engineer THEN team END AS team FROM person_spans
        ),
        moved AS (
            SELECT person, from_day, team, LAG(team) OVER (PARTITION BY person ORDER BY from_day) AS before FROM stretches
        )
        SELECT CAST(from_day AS VARCHAR) AS day, team, before
        FROM moved CROSS JOIN settings s
        WHERE from_day < s.as_of AND COALESCE(team, '') <> COALESCE(before, '')";
    let frame = session.rows("moves of people", sql)?;
    let mut all: BTreeMap<Option<&str>, Moves> = BTreeMap::new();
    for row in 0..frame.rows {
        let Some(day) = frame.name("day", row).and_then(|day| day.parse::<Date>().ok()) else { continue };
        let (team, before) = (frame.name("team", row), frame.name("before", row));
        if let Some(team) = team {
            all.entry(Some(team)).or_default().came.push(day);
        }
        if let Some(before) = before {
            all.entry(Some(before)).or_default().went.push(day);
        }
        match (team, before) {
            (Some(_), None) => all.entry(None).or_default().came.push(day),
            (None, Some(_)) => all.entry(None).or_default().went.push(day),
            _ => {}
        }
    }
    let months: Vec<(Date, Date, String)> = session
        .calendar()
        .periods(PeriodKind::Month)
        .into_iter()
        .filter(|month| month.whole)
        .map(|month| (month.first, month.end, month.name))
        .collect();
    Ok(jumps(&all, &months))
}

fn jumps(all: &BTreeMap<Option<&str>, Moves>, months: &[(Date, Date, String)]) -> Vec<Found> {
    let tests = all.len() * months.len();
    let (Some((first, ..)), Some((_, last, _))) = (months.first(), months.last()) else { return Vec::new() };
    let mut found = Vec::new();
    for (team, moves) in all {
        let inside = |days: &[Date], from: &Date, until: &Date| -> Vec<Date> {
            days.iter().filter(|day| *day >= from && *day < until).copied().collect()
        };
        let total = inside(&moves.came, first, last).len() + inside(&moves.went, first, last).len();
        for (from, until, name) in months {
            let (came, went) = (inside(&moves.came, from, until), inside(&moves.went, from, until));
            let (k, before) = (came.len() + went.len(), moves.before(*from));
            let large = k >= LEAST_MOVES && k as f64 >= LEAST_SHARE * before as f64;
            if !large || chance(k, total, months.len()) * tests as f64 >= FALSE_ALARMS {
                continue;
            }
            // The day on which most of it happened.
            let days: BTreeSet<Date> = came.iter().chain(&went).copied().collect();
            let on_day = |day: &Date| came.iter().chain(&went).filter(|own| *own == day).count();
            let Some(on) = days.iter().rev().max_by_key(|day| on_day(day)).copied() else { continue };
            let said = format!("{} came and {} went in {name}, {before} engineers before", came.len(), went.len());
            found.push(match team {
                None => Found::new(on, BreakKind::Roster, said, &[Touches::Engineers]),
                Some(team) => {
                    let what = format!("team {team}: {said}");
                    Found::new(on, BreakKind::Roster, what, &[Touches::Teams]).of("team", team)
                }
            });
        }
    }
    found
}

#[cfg(test)]
mod tests {
    use super::*;

    fn months(n: i16) -> Vec<(Date, Date, String)> {
        let start = |at: i16| Date::constant(2024 + at / 12, (at % 12 + 1) as i8, 1);
        (0..n).map(|at| (start(at), start(at + 1), format!("month {at}"))).collect()
    }

    /// A generator of its own (splitmix64): a seed gives the same draws everywhere.
    struct Draws(u64);

    impl Draws {
        fn below(&mut self, n: u64) -> u64 {
            self.0 = self.0.wrapping_add(0x9e37_79b9_7f4a_7c15);
            let mut z = self.0;
            z = (z ^ (z >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
            z = (z ^ (z >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
            (z ^ (z >> 31)) % n
        }
    }

    #[test]
    fn a_steady_coming_and_going_raises_no_alarm() {
        let months = months(24);
        let mut draws = Draws(7);
        let mut alarms = 0;
        for _ in 0..2000 {
            let mut all = BTreeMap::new();
            for team in ["a", "b", "c", "d", "e"] {
                let mut moves = Moves { came: vec![Date::constant(2020, 1, 1); 8], went: Vec::new() };
                for _ in 0..20 {
                    let month = &months[draws.below(24) as usize].0;
                    let days = if draws.below(2) == 0 { &mut moves.came } else { &mut moves.went };
                    days.push(*month);
                }
                all.insert(Some(team), moves);
            }
            alarms += usize::from(!jumps(&all, &months).is_empty());
        }
        assert!(alarms <= 20, "{alarms} of 2000 organisations without a jump have one, which is more than 1 %");
    }

    #[test]
    fn a_reorganisation_is_found_on_its_day() {
        let months = months(14);
        let mut moves = Moves { came: vec![Date::constant(2020, 1, 1); 9], went: Vec::new() };
        moves.came.extend([Date::constant(2024, 2, 1), Date::constant(2024, 9, 1)]);
        moves.went.extend([Date::constant(2024, 6, 17); 5]);
        let found = jumps(&[(Some("checkout"), moves)].into(), &months);
        assert_eq!(found.len(), 1, "{found:?}");
        assert_eq!(found[0].on, Date::constant(2024, 6, 17));
        assert!(
            found[0].what.contains("0 came and 5 went") && found[0].what.contains("10 engineers before"),
            "{}",
            found[0].what
        );
    }
}
