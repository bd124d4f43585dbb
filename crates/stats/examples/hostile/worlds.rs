//! Tables of rows that break naive code, of any length.

/// The columns that estimators take.
pub struct World {
    pub name: &'static str,
    pub values: Vec<f64>,
    pub before: Vec<f64>,
    /// Above 0 where the kind of world allows it: durations, exposures, times.
    pub positive: Vec<f64>,
    pub weights: Vec<f64>,
    pub events: Vec<f64>,
    pub died: Vec<bool>,
    pub arm: Vec<bool>,
    /// Cluster of each row, twice: as the survival and as the regression functions want it.
    pub clusters: Vec<u32>,
    pub by: Vec<usize>,
}

type Number = fn(usize, f64) -> f64;

/// What is wrong with one world; the ordinary column where nothing is said.
struct Kind {
    name: &'static str,
    values: Number,
    positive: Number,
    weights: Number,
    /// Whether the row has an event, of how many rows.
    event: fn(usize, usize) -> bool,
    clusters: usize,
}

const ORDINARY: Kind = Kind {
    name: "ordinary rows, 12 clusters",
    values: |_, draw| draw,
    positive: |_, draw| 0.1 + draw.abs(),
    weights: |_, _| 1.0,
    event: |row, _| row % 3 == 0,
    clusters: 12,
};

const KINDS: [Kind; 14] = [
    ORDINARY,
    Kind { name: "all values equal", values: |_, _| 3.0, positive: |_, _| 3.0, ..ORDINARY },
    Kind {
        name: "no variance within an arm",
        values: |row, _| (row % 2) as f64,
        positive: |row, _| 1.0 + (row % 2) as f64,
        ..ORDINARY
    },
    Kind { name: "one cluster", clusters: 1, ..ORDINARY },
    Kind { name: "a cluster for each row", clusters: usize::MAX, ..ORDINARY },
    Kind { name: "one event", event: |row, rows| row == rows / 2, ..ORDINARY },
    Kind { name: "all censored", event: |_, _| false, ..ORDINARY },
    Kind { name: "all events at one time", event: |_, _| true, positive: |_, _| 1.0, ..ORDINARY },
    Kind { name: "weights from 1e-300 to 1e300", weights: |row, _| if row % 2 == 0 { 1e-300 } else { 1e300 }, ..ORDINARY },
    Kind { name: "weights from 1e-60 to 1e60", weights: |row, _| if row % 2 == 0 { 1e-60 } else { 1e60 }, ..ORDINARY },
    Kind { name: "values from 1e-300 to 1e300", values: extreme, positive: |row, draw| extreme(row, draw).abs(), ..ORDINARY },
    Kind {
        name: "values from 1e-75 to 1e75",
        values: |row, draw| draw * [1e-75, 1.0, 4e74][row % 3],
        positive: |row, draw| (0.1 + draw.abs()) * [1e-75, 1.0, 1e74][row % 3],
        ..ORDINARY
    },
    Kind {
        name: "subnormal values",
        values: |_, draw| draw * 1e-310,
        positive: |_, draw| (0.1 + draw.abs()) * 1e-310,
        ..ORDINARY
    },
    Kind { name: "NaN and infinities", values: impossible, positive: impossible, weights: impossible, ..ORDINARY },
];

fn extreme(row: usize, draw: f64) -> f64 {
    draw * [1e-300, 1.0, 1e300][row % 3]
}

fn impossible(row: usize, draw: f64) -> f64 {
    // Late in the table: whoever looks at the first rows alone finds nothing.
    if row % 97 == 96 { [f64::NAN, f64::INFINITY, f64::NEG_INFINITY][row % 3] } else { 0.1 + draw.abs() }
}

/// A number between -2 and 2 without a pattern (splitmix64).
fn draw(row: usize) -> f64 {
    let mut bits = (row as u64).wrapping_mul(0x9e37_79b9_7f4a_7c15).wrapping_add(0x9e37_79b9_7f4a_7c15);
    bits = (bits ^ (bits >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
    bits = (bits ^ (bits >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
    ((bits ^ (bits >> 31)) >> 11) as f64 / (1_u64 << 53) as f64 * 4.0 - 2.0
}

/// Number of different worlds.
pub const COUNT: usize = KINDS.len();

impl World {
    /// World `kind` below [`COUNT`] with this many rows.
    pub fn new(kind: usize, rows: usize) -> Self {
        let kind = &KINDS[kind];
        let column = |number: Number, shift: usize| (0..rows).map(|row| number(row, draw(row + shift))).collect::<Vec<f64>>();
        let died: Vec<bool> = (0..rows).map(|row| (kind.event)(row, rows)).collect();
        let by: Vec<usize> = (0..rows).map(|row| (row / 2) % kind.clusters.min(rows.max(1))).collect();
        Self {
            name: kind.name,
            values: column(kind.values, 0),
            before: column(kind.values, rows),
            positive: column(kind.positive, 2 * rows),
            weights: column(kind.weights, 3 * rows),
            events: died.iter().map(|event| f64::from(u8::from(*event))).collect(),
            died,
            arm: (0..rows).map(|row| row % 2 == 1).collect(),
            clusters: by.iter().map(|cluster| *cluster as u32).collect(),
            by,
        }
    }

    pub fn rows(&self) -> usize {
        self.values.len()
    }
}
