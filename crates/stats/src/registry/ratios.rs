//! Ratios of sums.

use super::Statistic;

/// Sorted by id.
pub(super) const LINES: &[Statistic] = &[
    Statistic {
        id: "ratio",
        family: "ratios",
        function: "clustered::RatioTable",
        question: "How much of one sum comes per unit of another, when units belong together?",
        source: "Cochran 1977, Sampling Techniques, section 6.3; Binder 1983, International Statistical Review 51",
        case: Some("clustered_ratio"),
    },
    Statistic {
        id: "ratio_difference",
        family: "ratios",
        function: "clustered::difference",
        question: "How much larger is a ratio of sums in one group than in another, when the same people are in both?",
        source: "Binder 1983, International Statistical Review 51, 279-292",
        case: Some("clustered_ratio"),
    },
    Statistic {
        id: "ratio_quotient",
        family: "ratios",
        function: "clustered::quotient",
        question: "How many times the ratio of sums of one group is that of another?",
        source: "Binder 1983, International Statistical Review 51, 279-292",
        case: Some("clustered_ratio"),
    },
];
