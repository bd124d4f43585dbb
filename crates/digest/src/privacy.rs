//! Five people: which figures a reader may not see because they would say something of somebody.

use candor_catalogue::{Answer, Cell, Change, MetricResult};

/// The answer that stands in the place of a withheld figure.
pub(crate) fn withheld() -> Answer {
    Answer::Insufficient {
        code: "small_group".to_owned(),
        have: "too few people".to_owned(),
        need: "five people".to_owned(),
        reason: "a figure of so few people would say something of one of them".to_owned(),
    }
}

/// Whether a cell is of a group that is too small to be shown.
fn is_small(people: Option<u64>, is_group: bool, min_group: u32) -> bool {
    is_group && people.is_some_and(|people| people > 0 && people < u64::from(min_group))
}

/// The result with every slice of too few people withheld, and the slice that would give such a one away. `per` are the dimensions that make no group
/// of people by themselves.
pub(crate) fn guarded(mut result: MetricResult, per: &[String], min_group: u32) -> MetricResult {
    for cell in result.figures.iter_mut().flat_map(|figure| &mut figure.cells) {
        let is_group = cell.by.keys().any(|dimension| !per.contains(dimension));
        if is_small(cell.people, is_group, min_group) {
            withhold(cell);
        }
    }
    result.suppressed()
}

pub(crate) fn withhold(cell: &mut Cell) {
    cell.answer = withheld();
    (cell.numerator, cell.denominator, cell.units, cell.people, cell.left_out_share) = (None, None, 0, None, None);
}

/// Whether a change would show a figure of too few people.
pub(crate) fn hides(change: &Change, per: &[String], min_group: u32) -> bool {
    let is_group = change.by.keys().any(|dimension| !per.contains(dimension));
    change.people.iter().any(|people| is_small(*people, is_group, min_group))
}
