//! Typed rows of one file, column by column, with the lines that they came from.

use rustc_hash::FxHashSet;

use crate::contract::{Stored, Table};

/// The cells of a column. `None` = empty, or not readable (see [`Rows::is_faulty`]).
#[derive(Debug, Clone, PartialEq)]
pub enum Cells {
    /// Text.
    Text(Vec<Option<Box<str>>>),
    /// Whole numbers.
    Int(Vec<Option<i64>>),
    /// Numbers.
    Num(Vec<Option<f64>>),
    /// Ten-thousandths.
    Money(Vec<Option<i128>>),
    /// Truth values.
    Bool(Vec<Option<bool>>),
    /// Days since 1970-01-01.
    Date(Vec<Option<i32>>),
    /// Microseconds since 1970-01-01 00:00 UTC.
    Time(Vec<Option<i64>>),
}

/// One cell.
#[derive(Debug, Clone, PartialEq)]
pub enum Value {
    /// Text.
    Text(Box<str>),
    /// Whole number.
    Int(i64),
    /// Number.
    Num(f64),
    /// Ten-thousandths.
    Money(i128),
    /// Truth value.
    Bool(bool),
    /// Days since 1970-01-01.
    Date(i32),
    /// Microseconds since 1970-01-01 00:00 UTC.
    Time(i64),
}

impl Cells {
    pub(crate) fn new(stored: Stored) -> Self {
        match stored {
            Stored::Text => Self::Text(Vec::new()),
            Stored::Int => Self::Int(Vec::new()),
            Stored::Num => Self::Num(Vec::new()),
            Stored::Money => Self::Money(Vec::new()),
            Stored::Bool => Self::Bool(Vec::new()),
            Stored::Date => Self::Date(Vec::new()),
            Stored::Time => Self::Time(Vec::new()),
        }
    }

    pub(crate) fn push(&mut self, value: Option<Value>) {
        match (self, value) {
            (Self::Text(cells), Some(Value::Text(value))) => cells.push(Some(value)),
            (Self::Int(cells), Some(Value::Int(value))) => cells.push(Some(value)),
            (Self::Num(cells), Some(Value::Num(value))) => cells.push(Some(value)),
            (Self::Money(cells), Some(Value::Money(value))) => cells.push(Some(value)),
            (Self::Bool(cells), Some(Value::Bool(value))) => cells.push(Some(value)),
            (Self::Date(cells), Some(Value::Date(value))) => cells.push(Some(value)),
            (Self::Time(cells), Some(Value::Time(value))) => cells.push(Some(value)),
            (Self::Text(cells), _) => cells.push(None),
            (Self::Int(cells), _) => cells.push(None),
            (Self::Num(cells), _) => cells.push(None),
            (Self::Money(cells), _) => cells.push(None),
            (Self::Bool(cells), _) => cells.push(None),
            (Self::Date(cells), _) => cells.push(None),
            (Self::Time(cells), _) => cells.push(None),
        }
    }

    /// Whether the cell is empty or not readable.
    #[must_use]
    pub fn is_none(&self, row: usize) -> bool {
        match self {
            Self::Text(cells) => cells.get(row).is_none_or(Option::is_none),
            Self::Int(cells) => cells.get(row).is_none_or(Option::is_none),
            Self::Num(cells) => cells.get(row).is_none_or(Option::is_none),
            Self::Money(cells) => cells.get(row).is_none_or(Option::is_none),
            Self::Bool(cells) => cells.get(row).is_none_or(Option::is_none),
            Self::Date(cells) => cells.get(row).is_none_or(Option::is_none),
            Self::Time(cells) => cells.get(row).is_none_or(Option::is_none),
        }
    }

    fn keep(&mut self, kept: &[bool]) {
        fn sift<T>(cells: &mut Vec<T>, kept: &[bool]) {
            let mut row = 0;
            cells.retain(|_| {
                row += 1;
                kept.get(row - 1).copied().unwrap_or(true)
            });
        }
        match self {
            Self::Text(cells) => sift(cells, kept),
            Self::Int(cells) => sift(cells, kept),
            Self::Num(cells) => sift(cells, kept),
            Self::Money(cells) => sift(cells, kept),
            Self::Bool(cells) => sift(cells, kept),
            Self::Date(cells) => sift(cells, kept),
            Self::Time(cells) => sift(cells, kept),
        }
    }
}

/// A cell as a check sees it.
#[derive(Debug, Clone, Copy, PartialEq)]
pub(crate) enum Seen<T> {
    /// Filled, and not readable: no check that needs it applies.
    Unreadable,
    /// Empty.
    Empty,
    /// Filled.
    Is(T),
}

impl<T> Seen<T> {
    pub(crate) fn value(self) -> Option<T> {
        match self {
            Self::Is(value) => Some(value),
            _ => None,
        }
    }
}

/// The rows of one file.
#[derive(Debug, Clone)]
pub struct Rows {
    /// Their table.
    pub table: &'static Table,
    /// Line on which each begins.
    pub lines: Vec<u32>,
    /// Place of each row in the file, from 1 (a row that was left out keeps its number).
    pub numbers: Vec<i64>,
    /// One for each column of the table; those that the file does not have are empty throughout.
    pub columns: Vec<Cells>,
    /// Cells (row, column) that are filled and could not be read.
    pub(crate) faulty: FxHashSet<(u32, u16)>,
    /// Columns of which nothing is known, because the header is wrong.
    pub(crate) unreadable: Vec<bool>,
}

impl Rows {
    pub(crate) fn new(table: &'static Table) -> Self {
        Self {
            table,
            lines: Vec::new(),
            numbers: Vec::new(),
            columns: table.columns.iter().map(|column| Cells::new(column.kind.stored())).collect(),
            faulty: FxHashSet::default(),
            unreadable: vec![false; table.columns.len()],
        }
    }

    /// How many they are.
    #[must_use]
    pub fn len(&self) -> usize {
        self.lines.len()
    }

    /// Whether there is none.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.lines.is_empty()
    }

    /// Whether the cell was filled and could not be read.
    #[must_use]
    pub fn is_faulty(&self, row: usize, column: usize) -> bool {
        if self.unreadable.get(column) == Some(&true) {
            return true;
        }
        !self.faulty.is_empty()
            && u32::try_from(row).is_ok_and(|row| u16::try_from(column).is_ok_and(|column| self.faulty.contains(&(row, column))))
    }

    pub(crate) fn mark(&mut self, row: usize, column: usize) {
        if let (Ok(row), Ok(column)) = (u32::try_from(row), u16::try_from(column)) {
            self.faulty.insert((row, column));
        }
    }

    fn seen<T>(&self, row: usize, column: usize, value: Option<T>) -> Seen<T> {
        if self.is_faulty(row, column) {
            return Seen::Unreadable;
        }
        value.map_or(Seen::Empty, Seen::Is)
    }

    pub(crate) fn text(&self, row: usize, column: usize) -> Seen<&str> {
        let value = match self.columns.get(column) {
            Some(Cells::Text(cells)) => cells.get(row).and_then(Option::as_deref),
            _ => None,
        };
        self.seen(row, column, value)
    }

    pub(crate) fn int(&self, row: usize, column: usize) -> Seen<i64> {
        let value = match self.columns.get(column) {
            Some(Cells::Int(cells)) => cells.get(row).copied().flatten(),
            _ => None,
        };
        self.seen(row, column, value)
    }

    pub(crate) fn num(&self, row: usize, column: usize) -> Seen<f64> {
        let value = match self.columns.get(column) {
            Some(Cells::Num(cells)) => cells.get(row).copied().flatten(),
            _ => None,
        };
        self.seen(row, column, value)
    }

    pub(crate) fn bool(&self, row: usize, column: usize) -> Seen<bool> {
        let value = match self.columns.get(column) {
            Some(Cells::Bool(cells)) => cells.get(row).copied().flatten(),
            _ => None,
        };
        self.seen(row, column, value)
    }

    pub(crate) fn date(&self, row: usize, column: usize) -> Seen<i32> {
        let value = match self.columns.get(column) {
            Some(Cells::Date(cells)) => cells.get(row).copied().flatten(),
            _ => None,
        };
        self.seen(row, column, value)
    }

    pub(crate) fn time(&self, row: usize, column: usize) -> Seen<i64> {
        let value = match self.columns.get(column) {
            Some(Cells::Time(cells)) => cells.get(row).copied().flatten(),
            _ => None,
        };
        self.seen(row, column, value)
    }

    /// Whether the cell is filled, readable or not.
    pub(crate) fn is_filled(&self, row: usize, column: usize) -> bool {
        self.is_faulty(row, column) || self.columns.get(column).is_some_and(|cells| !cells.is_none(row))
    }

    /// Whether the cell is truly empty.
    pub(crate) fn is_blank(&self, row: usize, column: usize) -> bool {
        !self.is_filled(row, column)
    }

    /// Leaves out the rows of these lines; answers for each row that there was whether it stays.
    pub(crate) fn leave_out(&mut self, lines: &FxHashSet<u32>) -> Vec<bool> {
        let kept: Vec<bool> = self.lines.iter().map(|line| !lines.contains(line)).collect();
        let mut numbers = Cells::Int(self.numbers.iter().copied().map(Some).collect());
        numbers.keep(&kept);
        if let Cells::Int(numbers) = numbers {
            self.numbers = numbers.into_iter().flatten().collect();
        }
        for cells in &mut self.columns {
            cells.keep(&kept);
        }
        self.lines.retain(|line| !lines.contains(line));
        self.faulty.clear();
        kept
    }
}
