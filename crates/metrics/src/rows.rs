//! The cohorts that durability and rework count, as compact rows in ascending order of age: merged and sorted once, grouped many times.

use candor_model::Origin;
use candor_stats::survival::{LifeTable, Lives};

use crate::document::Apart;
use crate::error::MetricsError;
use crate::window::Window;

/// How the life of a row ended.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum End {
    /// Alive when follow-up ended.
    Alive,
    /// Killed by its own author or co-author.
    BySelf,
    /// Killed by somebody else.
    ByOthers,
}

/// Cohorts that no figure tells apart: substantive lines that share their life.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Row {
    /// Seconds from landing to death or to the end of follow-up.
    pub(crate) age: u32,
    /// Author of the origin.
    pub(crate) cluster: u32,
    /// Substantive lines.
    pub(crate) lines: u32,
    /// Those of them that died; all or none up to [`Rows::split`].
    pub(crate) dead_lines: u32,
    /// Landing.
    pub(crate) landing: u32,
    /// A path at birth: the first of those that share repository, language and context.
    pub(crate) path: u32,
    /// Language of the path.
    pub(crate) language: u16,
    /// Context of the path.
    pub(crate) context: u16,
    pub(crate) source: Origin,
    pub(crate) end: End,
    pub(crate) hub: bool,
}

impl Row {
    /// Whether no figure tells the two apart.
    fn lives_like(&self, other: &Self) -> bool {
        self.age == other.age
            && self.landing == other.landing
            && self.cluster == other.cluster
            && (self.language, self.context, self.hub) == (other.language, other.context, other.hub)
            && (self.source, self.end) == (other.source, other.end)
    }

    fn hash(&self) -> u64 {
        let kind = u64::from(self.language) << 32
            | u64::from(self.context) << 16
            | (self.source as u64) << 8
            | (self.end as u64) << 1
            | u64::from(self.hub);
        let mix = |state: u64, value: u64| (state.rotate_left(23) ^ value).wrapping_mul(0x9e37_79b9_7f4a_7c15);
        mix(mix(u64::from(self.age) << 32 | u64::from(self.landing), u64::from(self.cluster)), kind)
    }
}

/// All rows, by age, and what was left out of them.
///
/// Most lines live longer than the last horizon, and only the long curves ask when those died. So they are kept twice: for the long curves
/// with their age but without language and context, for all else with language and context but without their age.
pub(crate) struct Rows {
    /// By age; those past `split` come last and all have the age `split + 1`.
    pub(crate) rows: Vec<Row>,
    /// The same rows apart by source, in the order of [`SOURCES`], each by age.
    by_source: [Vec<Row>; 4],
    /// Those past `split` by age, without language, context and path.
    older: Vec<Row>,
    /// The last age in seconds up to which `rows` are exact.
    split: u32,
    pub(crate) apart: Apart,
}

/// The sources of rows, in the order of the document.
pub(crate) const SOURCES: [Origin; 4] = [Origin::Human, Origin::Ai, Origin::Unknown, Origin::Mixed];

impl Rows {
    /// Picks, merges and sorts the rows; they stay exact up to the age of `split` seconds.
    pub(crate) fn new(window: &Window<'_>, split: u32) -> Self {
        let total = window.facts.cohorts.len();
        let half = total / 2;
        let (mut picked, more) = std::thread::scope(|scope| {
            let second = scope.spawn(|| Picked::new(window, half..total, split));
            (Picked::new(window, 0..half, split), second.join().unwrap_or_else(|panic| std::panic::resume_unwind(panic)))
        });
        picked.young.rows.extend_from_slice(&more.young.rows);
        picked.late.rows.extend_from_slice(&more.late.rows);
        picked.older.rows.extend_from_slice(&more.older.rows);
        let (mut apart, other) = (picked.apart, more.apart);
        apart.bot_lines += other.bot_lines;
        apart.before_observation_lines += other.before_observation_lines;
        apart.not_substantive_lines += other.not_substantive_lines;
        apart.negative_age_lines += other.negative_age_lines;
        apart.hub_lines += other.hub_lines;
        apart.hub_files = window.facts.paths.iter().filter(|path| path.is_hub).count() as u64;
        let (rows, older) = std::thread::scope(|scope| {
            let older = scope.spawn(|| by_age(&picked.older.rows));
            let mut rows = by_age(&picked.young.rows);
            rows.extend_from_slice(&picked.late.rows);
            (rows, older.join().unwrap_or_else(|panic| std::panic::resume_unwind(panic)))
        });
        let by_source = SOURCES.map(|source| rows.iter().filter(|row| row.source == source).copied().collect());
        Self { rows, by_source, older, split, apart }
    }

    /// The rows of one source, by age.
    pub(crate) fn of(&self, source: Origin) -> &[Row] {
        SOURCES.iter().position(|known| *known == source).map_or(&[], |at| &self.by_source[at])
    }

    /// The rows of one source, or all of them, with their ages also past `split`; for curves of any length.
    pub(crate) fn long(&self, source: Option<Origin>) -> impl Iterator<Item = &Row> {
        let rows = source.map_or(self.rows.as_slice(), |source| self.of(source));
        let young = &rows[..rows.partition_point(|row| row.age <= self.split)];
        young.iter().chain(self.older.iter().filter(move |row| source.is_none_or(|source| row.source == source)))
    }

    /// Substantive lines of one source.
    pub(crate) fn lines_of(&self, source: Origin) -> u64 {
        self.of(source).iter().map(|row| u64::from(row.lines)).sum()
    }
}

/// Rows in the order in which they came, equal ones merged where they came close together, as cohorts of one landing do.
///
/// A table of places that forgets, instead of a hash map that grows: merging saves work, and nothing depends on how much is merged.
struct Merged {
    rows: Vec<Row>,
    places: Vec<u32>,
}

impl Merged {
    const PLACES: usize = 1 << 12;

    fn with_room(rows: usize) -> Self {
        Self { rows: Vec::with_capacity(rows), places: vec![u32::MAX; Self::PLACES] }
    }

    fn add(&mut self, row: Row) {
        let place = &mut self.places[(row.hash() >> 52) as usize % Self::PLACES];
        if let Some(known) = self.rows.get_mut(*place as usize)
            && known.lives_like(&row)
            && let Some(lines) = known.lines.checked_add(row.lines)
        {
            known.lines = lines;
            known.dead_lines += row.dead_lines;
            return;
        }
        *place = self.rows.len() as u32;
        self.rows.push(row);
    }
}

/// What one stretch of cohorts gives.
struct Picked {
    /// Up to the split.
    young: Merged,
    /// Past the split, without ages.
    late: Merged,
    /// Past the split, without language and context.
    older: Merged,
    apart: Apart,
}

impl Picked {
    fn new(window: &Window<'_>, range: std::ops::Range<usize>, split: u32) -> Self {
        let (facts, cohorts) = (window.facts, &window.facts.cohorts);
        let [mut young, mut late, mut older] = [(); 3].map(|()| Merged::with_room(range.len() / 3));
        let mut apart = Apart::default();
        for row in range {
            let landing = cohorts.landing[row];
            if !window.counts[landing as usize] {
                continue;
            }
            let (lines, substantive) = (u64::from(cohorts.lines[row]), cohorts.substantive[row]);
            if cohorts.source[row] == Origin::Bot {
                apart.bot_lines += lines;
                continue;
            }
            if cohorts.before_observation[row] {
                apart.before_observation_lines += lines;
                continue;
            }
            apart.not_substantive_lines += lines - u64::from(substantive);
            if substantive == 0 {
                continue;
            }
            let origin = cohorts.origin[row];
            let at = &facts.landings[landing as usize];
            let (ended, died, by_self) = window.end_of(row);
            if ended < at.landed_at {
                apart.negative_age_lines += u64::from(substantive);
            }
            let end = match (died, by_self) {
                (false, _) => End::Alive,
                (true, true) => End::BySelf,
                (true, false) => End::ByOthers,
            };
            let path = &facts.paths[cohorts.path[row] as usize];
            if path.is_hub {
                apart.hub_lines += u64::from(substantive);
            }
            let row = Row {
                age: Window::age(at.landed_at, ended),
                cluster: window.cluster(origin),
                lines: substantive,
                dead_lines: if end == End::Alive { 0 } else { substantive },
                landing,
                path: cohorts.path[row],
                source: cohorts.source[row],
                end,
                hub: path.is_hub,
                language: path.language,
                context: path.context,
            };
            if row.age <= split {
                young.add(row);
            } else {
                late.add(Row { age: split.saturating_add(1), end: End::Alive, ..row });
                older.add(Row { language: 0, context: 0, path: 0, hub: false, ..row });
            }
        }
        Self { young, late, older, apart }
    }
}

/// The rows in ascending order of age, equal ages in their old order: a radix sort of (age, position), then one gather.
fn by_age(rows: &[Row]) -> Vec<Row> {
    const BITS: u32 = 11;
    const SIZE: usize = 1 << BITS;
    let mut keys: Vec<u64> = rows.iter().enumerate().map(|(at, row)| u64::from(row.age) << 32 | at as u64).collect();
    let mut other = vec![0_u64; keys.len()];
    for shift in [32, 32 + BITS, 32 + 2 * BITS] {
        let digit = |key: u64| (key >> shift) as usize & (SIZE - 1);
        let mut starts = [0_usize; SIZE];
        keys.iter().for_each(|key| starts[digit(*key)] += 1);
        let mut sum = 0;
        for start in &mut starts {
            sum += std::mem::replace(start, sum);
        }
        for key in &keys {
            let place = &mut starts[digit(*key)];
            other[*place] = *key;
            *place += 1;
        }
        std::mem::swap(&mut keys, &mut other);
    }
    keys.into_iter().map(|key| rows[(key & u64::from(u32::MAX)) as usize]).collect()
}

/// Rows by the value of a key, each group still in ascending order of age.
pub(crate) struct Groups {
    order: Vec<u32>,
    starts: Vec<u32>,
}

impl Groups {
    /// Groups rows by `key`, a number below `keys`; rows without one are in no group.
    pub(crate) fn new(rows: &[Row], keys: usize, key: impl Fn(&Row) -> Option<usize>) -> Self {
        let mut starts = vec![0_u32; keys + 1];
        for row in rows {
            if let Some(key) = key(row) {
                starts[key + 1] += 1;
            }
        }
        for at in 1..starts.len() {
            starts[at] += starts[at - 1];
        }
        let mut next = starts.clone();
        let mut order = vec![0_u32; starts[keys] as usize];
        for (at, row) in rows.iter().enumerate() {
            if let Some(key) = key(row) {
                order[next[key] as usize] = at as u32;
                next[key] += 1;
            }
        }
        Self { order, starts }
    }

    /// Positions of the rows of one group.
    pub(crate) fn of(&self, key: usize) -> &[u32] {
        &self.order[self.starts[key] as usize..self.starts[key + 1] as usize]
    }
}

/// What one group of rows amounts to, beside its curve.
#[derive(Debug, Clone, Copy, Default, PartialEq)]
pub(crate) struct Tally {
    pub(crate) lines: u64,
    pub(crate) deaths: u64,
    pub(crate) landings: u64,
    /// Seconds that every landing of the group could be followed.
    pub(crate) followed: u32,
}

/// Builds curves from rows; keeps its buffers between curves.
pub(crate) struct Builder<'a> {
    window: &'a Window<'a>,
    times: Vec<f64>,
    died: Vec<bool>,
    weights: Vec<f64>,
    clusters: Vec<u32>,
    /// By cluster: weight of the rows past the limit.
    late: Vec<f64>,
    touched: Vec<u32>,
    /// By landing: the curve for which it was last counted, modulo 255 and never 0; bytes, so that they stay in the nearest cache.
    stamps: Vec<u8>,
    curve: u8,
}

impl<'a> Builder<'a> {
    pub(crate) fn new(window: &'a Window<'a>) -> Self {
        Self {
            window,
            times: Vec::new(),
            died: Vec::new(),
            weights: Vec::new(),
            clusters: Vec::new(),
            late: vec![0.0; window.clusters()],
            touched: Vec::new(),
            stamps: vec![0; window.facts.landings.len()],
            curve: 0,
        }
    }

    /// The curve of rows in ascending order of age, each with its weight.
    ///
    /// With a `limit` in seconds the curve is exact up to it and says nothing beyond: rows that live longer are merged by author, which
    /// changes neither estimate nor influence at ages up to the limit.
    pub(crate) fn curve<'r>(
        &mut self,
        rows: impl Iterator<Item = (&'r Row, f64)>,
        limit: Option<u32>,
    ) -> Result<(LifeTable, Tally), MetricsError> {
        self.times.clear();
        self.died.clear();
        self.weights.clear();
        self.clusters.clear();
        if self.curve == u8::MAX {
            self.stamps.fill(0);
            self.curve = 0;
        }
        self.curve += 1;
        let limit = limit.unwrap_or(u32::MAX);
        let mut tally = Tally { followed: u32::MAX, ..Tally::default() };
        for (row, weight) in rows {
            let dead = row.end != End::Alive;
            tally.lines += u64::from(row.lines);
            tally.deaths += u64::from(row.dead_lines);
            let stamp = &mut self.stamps[row.landing as usize];
            if *stamp != self.curve {
                *stamp = self.curve;
                tally.landings += 1;
                let landing = &self.window.facts.landings[row.landing as usize];
                tally.followed =
                    tally.followed.min(Window::age(landing.landed_at, self.window.ends[landing.repository as usize]));
            }
            if row.age > limit {
                let late = &mut self.late[row.cluster as usize];
                if *late == 0.0 {
                    self.touched.push(row.cluster);
                }
                *late += weight;
            } else {
                self.times.push(f64::from(row.age));
                self.died.push(dead);
                self.weights.push(weight);
                self.clusters.push(row.cluster);
            }
        }
        for cluster in self.touched.drain(..) {
            self.times.push(f64::from(limit) + 1.0);
            self.died.push(false);
            self.weights.push(std::mem::take(&mut self.late[cluster as usize]));
            self.clusters.push(cluster);
        }
        let lives = Lives::new(&self.times, &self.died).weighted(&self.weights).clustered(&self.clusters);
        let table = LifeTable::new(&lives)
            .map_err(|source| MetricsError::Statistic { figure: "a survival curve".to_string(), source })?;
        Ok((table, tally))
    }
}
