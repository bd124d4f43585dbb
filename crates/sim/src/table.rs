//! One file of the contract: a header and rows of text.

/// A file before it is written.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct TableText {
    /// Name of the table; the file is `NAME.csv`.
    pub name: &'static str,
    /// What it holds.
    pub text: String,
    /// Its rows, the header aside.
    pub rows: usize,
}

impl TableText {
    /// A file with its header and no row.
    #[must_use]
    pub fn new(name: &'static str, header: &str) -> Self {
        Self { name, text: format!("{header}\n"), rows: 0 }
    }

    /// Adds a row; cells with commas, quotes or line ends are quoted.
    pub fn row<'a>(&mut self, cells: impl IntoIterator<Item = &'a str>) {
        for (position, cell) in cells.into_iter().enumerate() {
            if position > 0 {
                self.text.push(',');
            }
            if cell.contains([',', '"', '\n', '\r']) {
                self.text.push('"');
                self.text.push_str(&cell.replace('"', "\"\""));
                self.text.push('"');
            } else {
                self.text.push_str(cell);
            }
        }
        self.text.push('\n');
        self.rows += 1;
    }
}

/// Text of something that may not be known.
#[must_use]
pub fn or_empty<T: ToString>(value: Option<T>) -> String {
    value.map(|value| value.to_string()).unwrap_or_default()
}
