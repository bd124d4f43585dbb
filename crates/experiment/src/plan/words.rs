//! The words of plan files: each value has one spelling, in TOML, in the ledger and on screen.

/// Declares an enumeration whose values have one spelling in files.
macro_rules! spelled {
    ($(#[$meta:meta])* $name:ident { $($(#[$doc:meta])* $variant:ident = $text:literal),+ $(,)? }) => {
        $(#[$meta])*
        #[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, serde::Serialize, serde::Deserialize)]
        pub enum $name {
            $($(#[$doc])* #[serde(rename = $text)] $variant,)+
        }

        impl $name {
            /// Every value, in the order of the documentation.
            pub const ALL: &'static [Self] = &[$(Self::$variant),+];

            /// How it is written.
            #[must_use]
            pub fn as_str(self) -> &'static str {
                match self { $(Self::$variant => $text),+ }
            }

            /// The value with this spelling.
            #[must_use]
            pub fn named(text: &str) -> Option<Self> {
                Self::ALL.iter().copied().find(|value| value.as_str() == text)
            }
        }

        impl std::fmt::Display for $name {
            fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
                f.write_str(self.as_str())
            }
        }
    };
}

pub(crate) use spelled;

spelled! {
    /// How arms come about.
    Design {
        /// Each task by lot, within person.
        TaskRct = "task_rct",
        /// Like features of one team matched and split by lot.
        WithinTeam = "within_team",
        /// Whole teams by lot.
        Cluster = "cluster",
        /// Named control teams that nobody drew.
        ControlTeam = "control_team",
        /// Teams begin at different dates, by lot.
        Staggered = "staggered",
        /// Nothing is assigned; a comparison.
        Observational = "observational",
    }
}

spelled! {
    /// What is assigned.
    UnitKind { /** A task. */ Task = "task", /** A work item. */ WorkItem = "work_item", /** A person. */ Person = "person", /** A team. */ Team = "team" }
}

spelled! {
    /// How looks spend the error rate.
    LookMethod {
        /// Looks at planned dates spend a share each.
        Planned = "planned",
        /// Intervals hold at every look together, whenever it is.
        AlwaysValid = "always_valid",
    }
}

spelled! {
    /// How planned looks spend.
    Spending { /** Little early, most at the end. */ OBrienFleming = "obrien_fleming", /** Evenly. */ Pocock = "pocock" }
}

spelled! {
    /// What a criterion claims.
    Claim {
        /// Better by at least the margin.
        Gain = "gain",
        /// Not worse by more than the margin.
        NotWorse = "not_worse",
        /// The level of the figure is at least the margin.
        Above = "above",
        /// None of the members is worse by more than its margin, and at least one is better.
        NoneWorseOneBetter = "none_worse_one_better",
    }
}

spelled! {
    /// What the margin measures.
    Scale {
        /// A share of the baseline or of the other arm: 0.10 is ten per cent.
        Relative = "relative",
        /// A difference of shares: 0.03 is three points.
        Points = "points",
        /// A difference or level in the unit of the metric.
        Absolute = "absolute",
    }
}

spelled! {
    /// What a criterion is for.
    Role {
        /// The bar for success.
        Success = "success",
        /// What may not get worse meanwhile.
        Guardrail = "guardrail",
        /// What rules refer to, such as what people report.
        Evidence = "evidence",
    }
}

spelled! {
    /// What a rule concludes.
    RuleVerdict { /** Pull back. */ PullBack = "pull_back", /** Adjust. */ Adjust = "adjust", /** Justified. */ Justified = "justified" }
}

spelled! {
    /// What can be said about a criterion.
    State {
        /// What it claims is shown.
        Met = "met",
        /// The whole interval lies below the bar.
        Failed = "failed",
        /// The interval leaves it open.
        Insufficient = "insufficient",
        /// The whole interval lies inside the flat margin: no change worth the name.
        Flat = "flat",
        /// The whole interval lies on the bad side.
        Harm = "harm",
    }
}

spelled! {
    /// What is done where the end leaves it open.
    DefaultAction {
        /// AI stays where it helps for certain and goes elsewhere.
        Restrict = "restrict",
        /// The tools go back.
        PullBack = "pull_back",
        /// One extension, of which the end is registered now.
        ExtendOnce = "extend_once",
        /// Everything stays as it was before the pilot.
        AsBefore = "as_before",
    }
}

spelled! {
    /// What is done with work whose source is not known.
    UnknownHandling {
        /// A group of its own, with worst-case bounds.
        Bounds = "bounds",
        /// A group of its own.
        OwnGroup = "own_group",
        /// An interval corrected by the measured error of the evidence.
        Corrected = "corrected",
    }
}

spelled! {
    /// What is done with outcomes that are missing.
    MissingHandling {
        /// Left out, with the share beside the figure.
        LeftOut = "left_out",
        /// Left out, with worst-case bounds by arm.
        Bounds = "bounds",
        /// Imputed within the arm, as the plan says.
        WithinArm = "within_arm",
    }
}

spelled! {
    /// How conditions join.
    When { /** One is enough. */ Any = "any", /** It takes all. */ All = "all" }
}

spelled! {
    /// Which way is good.
    Direction { /** More is better. */ Higher = "higher", /** Less is better. */ Lower = "lower", /** Context only. */ Neither = "neither" }
}

impl Design {
    /// Whether arms are drawn by lot.
    #[must_use]
    pub fn is_randomised(self) -> bool {
        matches!(self, Self::TaskRct | Self::WithinTeam | Self::Cluster | Self::Staggered)
    }

    /// Whether the unit that is assigned is a team.
    #[must_use]
    pub fn assigns_teams(self) -> bool {
        matches!(self, Self::Cluster | Self::ControlTeam | Self::Staggered)
    }
}

impl Spending {
    /// The same for the statistics.
    #[must_use]
    pub fn rule(self) -> candor_stats::looks::group_sequential::Spending {
        match self {
            Self::OBrienFleming => candor_stats::looks::group_sequential::Spending::OBrienFleming,
            Self::Pocock => candor_stats::looks::group_sequential::Spending::Pocock,
        }
    }
}
