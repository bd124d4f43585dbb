//! Durations.

use super::Statistic;

/// Sorted by id.
pub(super) const LINES: &[Statistic] = &[
    Statistic {
        id: "geometric_mean",
        family: "durations",
        function: "geometric::mean",
        question: "How long does it typically take?",
        source: "Bland and Altman 1996, BMJ 312, 1079",
        case: Some("durations"),
    },
    Statistic {
        id: "geometric_mean_clustered",
        family: "durations",
        function: "geometric::clustered_mean",
        question: "How long does it typically take, when durations belong to people?",
        source: "Bland and Altman 1996, BMJ 312; Binder 1983, International Statistical Review 51",
        case: None,
    },
    Statistic {
        id: "geometric_mean_ratio",
        family: "durations",
        function: "geometric::ratio",
        question: "How many times longer does it take in one group than in another?",
        source: "Welch 1947, Biometrika 34, 28-35",
        case: Some("durations"),
    },
    Statistic {
        id: "geometric_mean_ratio_clustered",
        family: "durations",
        function: "geometric::clustered_ratio",
        question: "How many times longer does it take, when the same people are in both groups?",
        source: "Binder 1983, International Statistical Review 51, 279-292",
        case: None,
    },
    Statistic {
        id: "mann_whitney",
        family: "durations",
        function: "rank_test::mann_whitney",
        question: "Does one group tend to take longer, by ranks alone?",
        source: "Mann and Whitney 1947, Annals of Mathematical Statistics 18; Lehmann 1975, Nonparametrics, section 1.4",
        case: Some("durations"),
    },
    Statistic {
        id: "median_absolute_deviation",
        family: "durations",
        function: "robust::median_absolute_deviation",
        question: "How much do durations spread, whatever the extremes?",
        source: "Hampel 1974, J. Am. Stat. Assoc. 69, 383-393",
        case: Some("durations"),
    },
    Statistic {
        id: "quantile",
        family: "durations",
        function: "quantile::quantile",
        question: "Below which value lies a share of the durations?",
        source: "Hyndman and Fan 1996, The American Statistician 50; David and Nagaraja 2003, Order Statistics, section 7.1",
        case: Some("durations"),
    },
    Statistic {
        id: "quantile_clustered",
        family: "durations",
        function: "quantile::clustered",
        question: "Below which value lies a share of the durations, when durations belong to people?",
        source: "Woodruff 1952, Journal of the American Statistical Association 47, 635-646; Francisco and Fuller 1991, Annals of Statistics 19, 454-469",
        case: None,
    },
    Statistic {
        id: "trimmed_mean",
        family: "durations",
        function: "robust::trimmed_mean",
        question: "How long does it take on average without the extremes?",
        source: "Tukey 1962, Annals of Mathematical Statistics 33, section 14",
        case: Some("durations"),
    },
];
