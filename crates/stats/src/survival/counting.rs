//! From rows to steps: who is at risk and who dies at each time, summed once.

use super::kaplan_meier::{End, Row, Step};
use super::lives::{Lives, Sum, ascending};

/// A row of positive weight, together in memory: gathered from the caller's slices once.
pub(super) struct Ended {
    pub(super) time: f64,
    pub(super) weight: f64,
    pub(super) cluster: u32,
    pub(super) died: bool,
}

/// The rows of positive weight in ascending time.
pub(super) fn in_order(lives: &Lives<'_>, dense: Option<&[u32]>) -> Vec<Ended> {
    let gather = |row: u32| {
        let row = row as usize;
        Some(Ended {
            time: *lives.times.get(row)?,
            weight: Some(lives.weight(row)).filter(|weight| *weight > 0.0)?,
            cluster: dense.and_then(|dense| dense.get(row)).copied().unwrap_or_default(),
            died: *lives.died.get(row)?,
        })
    };
    // Nearly every row has weight: one allocation instead of one that doubles.
    let mut ended = Vec::with_capacity(lives.times.len());
    ended.extend(ascending(lives.times).into_iter().filter_map(gather));
    ended
}

/// Walks the rows from the last to the first: steps with their sums, distinct ends, and whether units enter after the curve reached 0.
pub(super) fn count(lives: &Lives<'_>, sorted: &[Ended]) -> (Vec<Step>, Vec<End>, bool) {
    let entered_last = |row: &u32| lives.entries.and_then(|entries| entries.get(*row as usize)).copied();
    let arrivals: Vec<u32> = lives.entries.map(ascending).unwrap_or_default();
    let mut waiting = arrivals.iter().rev().peekable();
    let (mut staying, mut outside) = (Sum::default(), Sum::default());
    let (mut staying_rows, mut outside_rows) = (0_u64, 0_u64);
    let (mut deaths_from, mut steps, mut ends) = (Sum::default(), Vec::new(), Vec::new());
    for group in sorted.chunk_by(|a, b| a.time == b.time).rev() {
        let Some(time) = group.first().map(|ended| ended.time) else { continue };
        let (mut deaths, mut dead_rows) = (Sum::default(), 0_u64);
        for ended in group {
            if ended.died {
                deaths.add(ended.weight);
                dead_rows += 1;
            } else {
                staying.add(ended.weight);
                staying_rows += 1;
            }
        }
        while let Some(row) = waiting.next_if(|row| entered_last(row).is_some_and(|entry| entry >= time)) {
            let weight = lives.weight(*row as usize);
            if weight > 0.0 {
                outside.add(weight);
                outside_rows += 1;
            }
        }
        let all_die = staying_rows == outside_rows;
        let stay = if all_die { 0.0 } else { (staying.value() - outside.value()).max(f64::MIN_POSITIVE) };
        let died = deaths.value();
        if dead_rows > 0 {
            // Sums over the past follow in the second walk; here `survival` holds the weight that stays.
            steps.push(Step { time, at_risk: stay + died, deaths: died, survival: stay, greenwood: 0.0, hazard: 0.0 });
        }
        staying.add(died);
        staying_rows += dead_rows;
        deaths_from.add(died);
        ends.push(End { time, weight_from: staying.value(), deaths_from: deaths_from.value() });
    }
    steps.push(Step { time: f64::NEG_INFINITY, at_risk: 0.0, deaths: 0.0, survival: 1.0, greenwood: 0.0, hazard: 0.0 });
    steps.reverse();
    ends.reverse();
    let mut past = Step { time: 0.0, at_risk: 0.0, deaths: 0.0, survival: 1.0, greenwood: 0.0, hazard: 0.0 };
    let mut revived = false;
    for step in steps.iter_mut().skip(1) {
        let stay = step.survival;
        revived |= past.survival <= 0.0;
        past.survival *= stay / step.at_risk;
        past.hazard += step.deaths / step.at_risk;
        if stay > 0.0 {
            past.greenwood += step.deaths / step.at_risk / stay;
        }
        *step = Step { survival: past.survival, greenwood: past.greenwood, hazard: past.hazard, ..*step };
    }
    (steps, ends, revived)
}

/// Every distinct entry with the weight that enters then or later.
pub(super) fn arrivals_left(lives: &Lives<'_>) -> Vec<(f64, f64)> {
    let Some(entries) = lives.entries else { return Vec::new() };
    let mut left: Vec<(f64, f64)> = Vec::new();
    let mut weight = Sum::default();
    for row in ascending(entries).into_iter().rev() {
        weight.add(lives.weight(row as usize));
        let entry = entries.get(row as usize).copied().unwrap_or_default();
        match left.last_mut() {
            Some(last) if last.0 == entry => last.1 = weight.value(),
            _ => left.push((entry, weight.value())),
        }
    }
    left.reverse();
    left
}

/// The rows in the order in which they enter, each with the number of steps up to its entry.
pub(super) fn arrivals(lives: &Lives<'_>, steps: &[Step], dense: Option<&[u32]>) -> Vec<Row> {
    let Some(entries) = lives.entries else { return Vec::new() };
    let mut arrivals = Vec::with_capacity(entries.len());
    let mut step = 0;
    for row in ascending(entries) {
        let (entry, weight) = (entries.get(row as usize).copied().unwrap_or_default(), lives.weight(row as usize));
        while steps.get(step + 1).is_some_and(|next| next.time <= entry) {
            step += 1;
        }
        if weight > 0.0 {
            let cluster = dense.and_then(|dense| dense.get(row as usize)).copied().unwrap_or_default();
            arrivals.push(Row { weight, code: (step as u32) << 1, cluster });
        }
    }
    arrivals
}

/// Distinct identifiers of the clusters with positive weight, ascending, and the position of each row's cluster among them.
pub(super) fn dense_clusters(lives: &Lives<'_>) -> (Option<Vec<u32>>, Option<Vec<u32>>) {
    let Some(clusters) = lives.clusters else { return (None, None) };
    let most = clusters.iter().copied().max().unwrap_or(0) as usize;
    let weighty = clusters.iter().enumerate().filter(|(row, _)| lives.weight(*row) > 0.0).map(|(_, cluster)| *cluster);
    if most <= 4 * clusters.len() + 1024 {
        let mut seen = vec![0_u32; most + 1];
        weighty.for_each(|cluster| {
            if let Some(mark) = seen.get_mut(cluster as usize) {
                *mark = 1;
            }
        });
        let ids: Vec<u32> = (0..).zip(&seen).filter(|(_, mark)| **mark == 1).map(|(id, _)| id).collect();
        for (position, id) in (0..).zip(&ids) {
            if let Some(mark) = seen.get_mut(*id as usize) {
                *mark = position;
            }
        }
        let dense = clusters.iter().map(|cluster| seen.get(*cluster as usize).copied().unwrap_or_default()).collect();
        return (Some(ids), Some(dense));
    }
    let mut ids: Vec<u32> = weighty.collect();
    ids.sort_unstable();
    ids.dedup();
    let dense = clusters.iter().map(|cluster| ids.binary_search(cluster).unwrap_or_default() as u32).collect();
    (Some(ids), Some(dense))
}
