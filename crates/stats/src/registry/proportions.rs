//! Shares.

use super::Statistic;

/// Sorted by id.
pub(super) const LINES: &[Statistic] = &[
    Statistic {
        id: "boschloo_test",
        family: "proportions",
        function: "exact::boschloo",
        question: "Do two shares of few units differ, without fixing the number of events?",
        source: "Boschloo 1970, Statistica Neerlandica 24, 1-9",
        case: Some("two_proportions"),
    },
    Statistic {
        id: "mantel_haenszel",
        family: "proportions",
        function: "stratified::mantel_haenszel",
        question: "How do two shares compare inside strata, and what does the pooled table say?",
        source: "Mantel and Haenszel 1959, J. Natl. Cancer Inst. 22; Greenland and Robins 1985, Biometrics 41; Robins, Breslow and Greenland 1986, Biometrics 42",
        case: Some("stratified"),
    },
    Statistic {
        id: "odds_ratio_exact",
        family: "proportions",
        function: "exact::odds_ratio",
        question: "Do two shares of few units differ, and by what odds?",
        source: "Fisher 1935, J. R. Stat. Soc. 98, 39-82; Lancaster 1961, J. Am. Stat. Assoc. 56",
        case: Some("two_proportions"),
    },
    Statistic {
        id: "risk_difference",
        family: "proportions",
        function: "risk_difference::miettinen_nurminen",
        question: "How much larger is one share than another?",
        source: "Miettinen and Nurminen 1985, Statistics in Medicine 4, equations (8) and (9)",
        case: Some("two_proportions"),
    },
    Statistic {
        id: "risk_difference_newcombe",
        family: "proportions",
        function: "risk_difference::newcombe",
        question: "How much larger is one share than another, from the limits of the two?",
        source: "Newcombe 1998, Statistics in Medicine 17, 873-890, method 10",
        case: Some("two_proportions"),
    },
    Statistic {
        id: "risk_ratio",
        family: "proportions",
        function: "risk_ratio::ratio",
        question: "How many times one share is another?",
        source: "Koopman 1984, Biometrics 40, equation (2.2)",
        case: Some("two_proportions"),
    },
    Statistic {
        id: "share_agresti_coull",
        family: "proportions",
        function: "single::agresti_coull",
        question: "What share of independent units has the event, by the adjusted Wald limits?",
        source: "Agresti and Coull 1998, The American Statistician 52, 119-126",
        case: Some("two_proportions"),
    },
    Statistic {
        id: "share_exact",
        family: "proportions",
        function: "single::clopper_pearson",
        question: "What share of independent units has the event, with limits that never cover too rarely?",
        source: "Clopper and Pearson 1934, Biometrika 26, 404-413",
        case: Some("two_proportions"),
    },
    Statistic {
        id: "share_jeffreys",
        family: "proportions",
        function: "single::jeffreys",
        question: "What share of independent units has the event, by Jeffreys' prior?",
        source: "Brown, Cai and DasGupta 2001, Statistical Science 16, section 3.1.1",
        case: Some("two_proportions"),
    },
    Statistic {
        id: "share_wilson",
        family: "proportions",
        function: "single::wilson",
        question: "What share of independent units has the event?",
        source: "Wilson 1927, J. Am. Stat. Assoc. 22, 209-212",
        case: Some("two_proportions"),
    },
];
