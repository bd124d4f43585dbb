//! What a table of facts that people fill may hold: the words in which [`crate::list`] is written.

/// A range of numbers.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Range {
    /// Least value; minus infinity without one.
    pub least: f64,
    /// Whether the least value itself is outside.
    pub is_open: bool,
    /// Greatest value, inside; infinity without one.
    pub greatest: f64,
}

impl Range {
    /// Every number.
    pub const ANY: Self = Self { least: f64::NEG_INFINITY, is_open: false, greatest: f64::INFINITY };
    /// 0 and above.
    pub const FROM_0: Self = Self { least: 0.0, is_open: false, greatest: f64::INFINITY };
    /// 1 and above.
    pub const FROM_1: Self = Self { least: 1.0, is_open: false, greatest: f64::INFINITY };
    /// Above 0.
    pub const ABOVE_0: Self = Self { least: 0.0, is_open: true, greatest: f64::INFINITY };

    /// From `least` to `greatest`, both inside.
    #[must_use]
    pub const fn closed(least: f64, greatest: f64) -> Self {
        Self { least, is_open: false, greatest }
    }

    /// Whether `value` is inside.
    #[must_use]
    pub fn holds(&self, value: f64) -> bool {
        (if self.is_open { value > self.least } else { value >= self.least }) && value <= self.greatest
    }

    /// The range in words: `from 0 to 1`, `above 0`; empty for every number.
    #[must_use]
    pub fn words(&self) -> String {
        match (self.least.is_finite(), self.greatest.is_finite()) {
            (false, false) => String::new(),
            (true, true) if self.is_open => format!("above {} and at most {}", self.least, self.greatest),
            (true, true) => format!("from {} to {}", self.least, self.greatest),
            (true, false) if self.is_open => format!("above {}", self.least),
            (true, false) => format!("{} or more", self.least),
            (false, true) => format!("at most {}", self.greatest),
        }
    }
}

/// Where a reference leads.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Target {
    /// An id of `people.csv`, and nothing else.
    People,
    /// A team of `teams.csv`.
    Teams,
    /// A repository of `repositories.csv`.
    Repositories,
    /// A comment of `review_comments.csv`.
    ReviewComments,
    /// A deployment of `deployments.csv`.
    Deployments,
    /// A survey of `surveys.csv`.
    Surveys,
}

impl Target {
    /// The table.
    #[must_use]
    pub const fn table(self) -> &'static str {
        match self {
            Self::People => "people",
            Self::Teams => "teams",
            Self::Repositories => "repositories",
            Self::ReviewComments => "review_comments",
            Self::Deployments => "deployments",
            Self::Surveys => "surveys",
        }
    }
}

/// What a cell of a column may say.
#[derive(Debug, Clone, Copy, PartialEq)]
pub enum Type {
    /// Any text, compared exactly.
    Id,
    /// Any text, for people.
    Text,
    /// One word of a list.
    OneOf(&'static [&'static str]),
    /// A day in the organisation's time zone.
    Date,
    /// An instant.
    Time,
    /// A calendar month in the organisation's time zone.
    Month,
    /// A whole number.
    Int(Range),
    /// A number.
    Num(Range),
    /// An amount: a number kept as an exact decimal with four places.
    Money(Range),
    /// True or false.
    Bool,
    /// ISO 4217.
    Currency,
    /// ISO 3166-1 alpha-2.
    Country,
    /// A commit id of git.
    Sha,
    /// A class of weaknesses, `CWE-89`.
    Cwe,
    /// An id of `people.csv`, or `KIND:VALUE` of `identities.csv`.
    Person,
    /// A person, `bot:NAME`, or `external:NAME`.
    Actor,
    /// A key of another table.
    Reference(Target),
    /// Several pull requests, each `repo#number`.
    PullRequests,
    /// Several causes, each `repo#number` or `deployment:ID`.
    Causes,
    /// Several actors.
    Actors,
    /// Several texts.
    Texts,
    /// Several whole numbers.
    Numbers(Range),
}

/// How a column is kept.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Stored {
    /// UTF-8 text; lists are joined by `;`, months are `YYYY-MM`.
    Text,
    /// Whole number of 64 bits.
    Int,
    /// Floating-point number of 64 bits.
    Num,
    /// Decimal of 20 digits, four of them after the point.
    Money,
    /// True or false.
    Bool,
    /// Days since 1970-01-01.
    Date,
    /// Microseconds since 1970-01-01 00:00 UTC.
    Time,
}

impl Type {
    /// How a column of this type is kept.
    #[must_use]
    pub const fn stored(&self) -> Stored {
        match self {
            Self::Date => Stored::Date,
            Self::Time => Stored::Time,
            Self::Int(_) => Stored::Int,
            Self::Num(_) => Stored::Num,
            Self::Money(_) => Stored::Money,
            Self::Bool => Stored::Bool,
            _ => Stored::Text,
        }
    }

    /// Whether cells are lists with `;` between.
    #[must_use]
    pub const fn is_list(&self) -> bool {
        matches!(self, Self::PullRequests | Self::Causes | Self::Actors | Self::Texts | Self::Numbers(_))
    }

    /// Whether the lake keeps persons in it, under their keys.
    #[must_use]
    pub const fn holds_people(&self) -> bool {
        matches!(self, Self::Person | Self::Actor | Self::Actors | Self::Reference(Target::People))
    }

    /// The form of a cell, for people: `a date YYYY-MM-DD`.
    #[must_use]
    pub fn words(&self) -> String {
        let ranged = |what: &str, range: &Range| match range.words() {
            words if words.is_empty() => what.to_owned(),
            words => format!("{what}, {words}"),
        };
        match self {
            Self::Id => "an id".to_owned(),
            Self::Text => "text".to_owned(),
            Self::OneOf(words) => format!("one of {}", words.join(", ")),
            Self::Date => "a date YYYY-MM-DD".to_owned(),
            Self::Time => "a time with offset (RFC 3339) such as 2025-03-31T14:05:00+02:00".to_owned(),
            Self::Month => "a month YYYY-MM".to_owned(),
            Self::Int(range) => ranged("a whole number", range),
            Self::Num(range) => ranged("a number", range),
            Self::Money(range) => ranged("an amount such as 1250000.00", range),
            Self::Bool => "true or false".to_owned(),
            Self::Currency => "a currency (ISO 4217) such as EUR".to_owned(),
            Self::Country => "a country (ISO 3166-1 alpha-2) such as DE".to_owned(),
            Self::Sha => "a commit id of 40 or 64 lower-case hex digits".to_owned(),
            Self::Cwe => "a weakness such as CWE-89".to_owned(),
            Self::Person => "a person: an id of people.csv, or KIND:VALUE of identities.csv".to_owned(),
            Self::Actor => "a person, bot:NAME or external:NAME".to_owned(),
            Self::Reference(target) => format!("an id of {}.csv", target.table()),
            Self::PullRequests => "pull requests repo#number, with ; between".to_owned(),
            Self::Causes => "causes repo#number or deployment:ID, with ; between".to_owned(),
            Self::Actors => "actors (a person, bot:NAME or external:NAME), with ; between".to_owned(),
            Self::Texts => "texts, with ; between".to_owned(),
            Self::Numbers(range) => ranged("whole numbers with ; between", range),
        }
    }
}

/// One column of a table.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Column {
    /// Its name.
    pub name: &'static str,
    /// What a cell may say.
    pub kind: Type,
    /// Whether every row must fill it.
    pub required: bool,
    /// What it means, where the name does not say it.
    pub doc: &'static str,
}

/// One table.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Table {
    /// Its name, which is that of its file without `.csv`.
    pub name: &'static str,
    /// Columns that together name a row. An empty cell of a key column is a value of its own.
    pub key: &'static [&'static str],
    /// Columns, in the order of the template.
    pub columns: &'static [Column],
    /// What a row is.
    pub doc: &'static str,
    /// Rules over several cells, for people.
    pub notes: &'static [&'static str],
    /// A legal row, in the order of the columns.
    pub example: &'static str,
}

impl Table {
    /// The place of a column.
    #[must_use]
    pub fn position(&self, name: &str) -> Option<usize> {
        self.columns.iter().position(|column| column.name == name)
    }

    /// The column of that name.
    #[must_use]
    pub fn column(&self, name: &str) -> Option<&'static Column> {
        self.columns.iter().find(|column| column.name == name)
    }

    /// Whether the column is part of the key.
    #[must_use]
    pub fn is_key(&self, column: &str) -> bool {
        self.key.contains(&column)
    }
}
