//! Events per exposure.

use super::Statistic;

/// Sorted by id.
pub(super) const LINES: &[Statistic] = &[
    Statistic {
        id: "negative_binomial_regression",
        family: "rates",
        function: "rate_regression::NegativeBinomial",
        question: "How do rates move with columns when rows differ more than Poisson counts do?",
        source: "Lawless 1987, doi:10.2307/3314912, section 2",
        case: Some("rates"),
    },
    Statistic {
        id: "poisson_rate",
        family: "rates",
        function: "rate::rate",
        question: "How many events per unit of exposure?",
        source: "Garwood 1936, doi:10.1093/biomet/28.3-4.437",
        case: Some("rates"),
    },
    Statistic {
        id: "rate_ratio",
        family: "rates",
        function: "rate_ratio::RateRatio",
        question: "How do two rates of few events compare?",
        source: "Przyborowski and Wilenski 1940, doi:10.1093/biomet/31.3-4.313; Gu and others 2008, doi:10.1002/bimj.200710403",
        case: Some("rates"),
    },
    Statistic {
        id: "rate_regression",
        family: "rates",
        function: "rate_regression::RateRegression",
        question: "How do rates move with columns when teams differ?",
        source: "McCullagh and Nelder 1989, Generalized Linear Models, 2nd edition, chapter 6",
        case: Some("rates"),
    },
    Statistic {
        id: "weighted_rate",
        family: "rates",
        function: "weighted_rate::weighted_rate",
        question: "How often do events happen that do not count alike, or that come in bunches?",
        source: "Fay and Feuer 1997, Statistics in Medicine 16, 791-801, equations 5 and 6",
        case: None,
    },
];
