//! Figures that are published.

use super::Statistic;

/// Sorted by id.
pub(super) const LINES: &[Statistic] = &[
    Statistic {
        id: "epsilon_from_rho",
        family: "privacy",
        function: "conversion::epsilon_from_rho",
        question: "Which epsilon may be stated for what was published?",
        source: "Canonne, Kamath and Steinke 2020, arXiv:2004.00010, proposition 12",
        case: Some("privacy"),
    },
    Statistic {
        id: "exact_decimal",
        family: "privacy",
        function: "decimal::Decimal",
        question: "Do these costs add up to the budget?",
        source: "IEEE 754-2019, section 3.3: decimals that binary numbers cannot hold",
        case: Some("privacy"),
    },
    Statistic {
        id: "gaussian_accuracy",
        family: "privacy",
        function: "accuracy::discrete_gaussian",
        question: "How far may Gaussian noise have moved this count?",
        source: "Canonne, Kamath and Steinke 2020, arXiv:2004.00010, definition 1",
        case: Some("privacy"),
    },
    Statistic {
        id: "gaussian_noise",
        family: "privacy",
        function: "noise::discrete_gaussian",
        question: "Which counts may be published with Gaussian noise?",
        source: "Canonne, Kamath and Steinke 2020, arXiv:2004.00010, algorithm 3",
        case: None,
    },
    Statistic {
        id: "gaussian_noise_cost",
        family: "privacy",
        function: "account::gaussian_cost",
        question: "What does Gaussian noise of this size cost?",
        source: "Canonne, Kamath and Steinke 2020, arXiv:2004.00010, theorem 4",
        case: Some("privacy"),
    },
    Statistic {
        id: "laplace_accuracy",
        family: "privacy",
        function: "accuracy::discrete_laplace",
        question: "How far may Laplace noise have moved this count?",
        source: "Ghosh, Roughgarden and Sundararajan 2012, doi:10.1137/09076828X, definition 2.1",
        case: Some("privacy"),
    },
    Statistic {
        id: "laplace_noise",
        family: "privacy",
        function: "noise::discrete_laplace",
        question: "Which counts may be published with Laplace noise?",
        source: "Canonne, Kamath and Steinke 2020, arXiv:2004.00010, algorithm 2",
        case: None,
    },
    Statistic {
        id: "laplace_noise_cost",
        family: "privacy",
        function: "account::laplace_cost",
        question: "What does Laplace noise of this size cost?",
        source: "Ghosh, Roughgarden and Sundararajan 2012, doi:10.1137/09076828X, definition 2.1",
        case: Some("privacy"),
    },
    Statistic {
        id: "privacy_account",
        family: "privacy",
        function: "account::Account",
        question: "What has been published so far, and what may still be?",
        source: "Bun and Steinke 2016, Concentrated Differential Privacy, arXiv:1605.02065, lemma 1.7",
        case: Some("privacy"),
    },
    Statistic {
        id: "tight_gaussian_epsilon",
        family: "privacy",
        function: "conversion::gaussian_epsilon",
        question: "Below which epsilon may no statement go?",
        source: "Balle and Wang 2018, arXiv:1805.06530, theorem 8",
        case: Some("privacy"),
    },
];
