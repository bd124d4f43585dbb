//! Times until an event.

use super::Statistic;

/// Sorted by id.
pub(super) const LINES: &[Statistic] = &[
    Statistic {
        id: "cox",
        family: "survival",
        function: "cox::fit",
        question: "Which features go with earlier death, everything else equal?",
        source: "Cox 1972, J. R. Stat. Soc. B 34, equation (12); Lin and Wei 1989, J. Am. Stat. Assoc. 84",
        case: Some("cox"),
    },
    Statistic {
        id: "cumulative_incidence",
        family: "survival",
        function: "competing_risks::Incidence",
        question: "What share has left for one reason by a time, when other reasons compete?",
        source: "Aalen and Johansen 1978, Scandinavian Journal of Statistics 5, 141-150",
        case: Some("competing_risks"),
    },
    Statistic {
        id: "gray_test",
        family: "survival",
        function: "gray::test",
        question: "Is the cumulative incidence of one reason the same in all groups?",
        source: "Gray 1988, Annals of Statistics 16, 1141-1154",
        case: Some("competing_risks"),
    },
    Statistic {
        id: "life_table",
        family: "survival",
        function: "kaplan_meier::LifeTable",
        question: "What share of the units is still alive after a time, when some are still under observation?",
        source: "Kaplan and Meier 1958, J. Am. Stat. Assoc. 53, equation (2b); Greenwood 1926",
        case: Some("kaplan_meier"),
    },
    Statistic {
        id: "log_rank",
        family: "survival",
        function: "logrank::test",
        question: "Do groups survive alike?",
        source: "Klein and Moeschberger 2003, Survival Analysis, equations (7.3.1) to (7.3.9)",
        case: Some("logrank"),
    },
    Statistic {
        id: "log_rank_robust",
        family: "survival",
        function: "logrank::robust",
        question: "Do groups survive alike when rows of one person belong together?",
        source: "Lin and Wei 1989, J. Am. Stat. Assoc. 84, 1074-1078",
        case: Some("logrank"),
    },
    Statistic {
        id: "restricted_mean",
        family: "survival",
        function: "restricted_mean::restricted_mean",
        question: "How long does a unit live on average within a window?",
        source: "Klein and Moeschberger 2003, Survival Analysis, equations (4.5.1) and (4.5.2)",
        case: Some("kaplan_meier"),
    },
    Statistic {
        id: "survival_difference",
        family: "survival",
        function: "comparison::difference",
        question: "How much larger is the share alive in one group than in another, when the same people are in both?",
        source: "Therneau and Grambsch 2000, Modeling Survival Data, section 7.2",
        case: Some("kaplan_meier_clustered"),
    },
    Statistic {
        id: "survival_quantile",
        family: "survival",
        function: "median::quantile",
        question: "By when has half of the units died?",
        source: "Brookmeyer and Crowley 1982, Biometrics 38, 29-41",
        case: Some("kaplan_meier"),
    },
    Statistic {
        id: "survival_ratio",
        family: "survival",
        function: "comparison::ratio",
        question: "How many times the share alive of one group is that of another?",
        source: "Therneau and Grambsch 2000, Modeling Survival Data, section 7.2",
        case: None,
    },
];
