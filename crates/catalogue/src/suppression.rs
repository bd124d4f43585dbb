//! What must not be shown beside each other: a group of few people that the difference of two shown figures would reveal.

use crate::document::{Answer, Cell, MetricResult};
use crate::reasons;

impl MetricResult {
    /// The same with complementary cells withheld: where exactly one slice of a period is withheld as a small group, the total minus the
    /// others would give it away, so the slice with the fewest people goes too.
    #[must_use]
    pub fn suppressed(mut self) -> Self {
        for figure in &mut self.figures {
            let mut begin = 0;
            while begin < figure.cells.len() {
                let name = figure.cells.get(begin).map(|cell| cell.period.name.clone());
                let length = figure.cells.iter().skip(begin).take_while(|cell| Some(&cell.period.name) == name.as_ref()).count();
                if let Some(cells) = figure.cells.get_mut(begin..begin + length) {
                    withhold(cells);
                }
                begin += length.max(1);
            }
        }
        self
    }
}

fn withhold(cells: &mut [Cell]) {
    let dimensions = cells.iter().map(|cell| cell.by.len()).max().unwrap_or(0);
    let is_small = |cell: &Cell| cell.answer.code() == Some(reasons::SMALL_GROUP);
    let is_slice = |cell: &Cell| cell.by.len() == dimensions && dimensions > 0;
    if cells.iter().filter(|cell| is_slice(cell) && is_small(cell)).count() != 1 {
        return;
    }
    let shown = cells.iter_mut().filter(|cell| is_slice(cell) && matches!(cell.answer, Answer::Estimate(_)));
    if let Some(cell) = shown.min_by_key(|cell| cell.people.unwrap_or(cell.units)) {
        cell.answer = reasons::answer(reasons::SMALL_GROUP);
        (cell.numerator, cell.denominator, cell.units, cell.people, cell.left_out_share) = (None, None, 0, None, None);
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::document::Span;
    use crate::header::PeriodKind;

    fn cell(team: Option<&str>, people: u64) -> Cell {
        let small = people < 5;
        let estimate = candor_stats::Estimate::new(1.0, "mean", 10.0);
        Cell {
            by: team.map(|team| ("team".to_owned(), team.to_owned())).into_iter().collect(),
            period: Span { kind: PeriodKind::Overall, name: "overall".into(), from: String::new(), until: String::new() },
            answer: if small { reasons::answer(reasons::SMALL_GROUP) } else { Answer::Estimate(Box::new(estimate)) },
            numerator: None,
            denominator: None,
            units: 10,
            people: Some(people),
            left_out_share: None,
            closes_on: None,
        }
    }

    #[test]
    fn one_small_group_takes_the_next_smallest_with_it() {
        let mut cells = vec![cell(None, 30), cell(Some("a"), 3), cell(Some("b"), 12), cell(Some("c"), 9)];
        withhold(&mut cells);
        let shown: Vec<bool> = cells.iter().map(|cell| cell.answer.point().is_some()).collect();
        assert_eq!(shown, [true, false, true, false]);
    }

    #[test]
    fn two_small_groups_hide_each_other_and_none_hides_nothing() {
        for people in [[3, 4, 9], [6, 7, 9]] {
            let mut cells =
                vec![cell(None, 30), cell(Some("a"), people[0]), cell(Some("b"), people[1]), cell(Some("c"), people[2])];
            let before = cells.clone();
            withhold(&mut cells);
            assert_eq!(cells, before);
        }
    }
}
