//! The one list of everything that this crate can estimate. A statistic that is not here does not exist for the rest of Candor.

use serde::Serialize;

/// One statistic: what it answers, where it lives, who says so.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
pub struct Statistic {
    /// Stable name, lower case with underscores; what reports and metric files refer to.
    pub id: &'static str,
    /// Folder of `src` that holds it.
    pub family: &'static str,
    /// Path of the public item below the family, for example `kaplan_meier::LifeTable::survival`.
    pub function: &'static str,
    /// The question that it answers, in the reader's words.
    pub question: &'static str,
    /// Author, year, title and equation or section of the source.
    pub source: &'static str,
    /// Folder of `cases` that compares it with the established packages, where there is one.
    pub case: Option<&'static str>,
}

/// Every statistic, sorted by family and then by id.
pub const STATISTICS: &[Statistic] = &[
    // attribution_error
    // clusters
    // designs
    // durations
    // looks
    // planning
    // pooling
    // privacy
    // proportions
    // rates
    // ratios
    // regression
    Statistic {
        id: "coefficient_with_robust_errors",
        family: "regression",
        function: "covariance::Covariance",
        question: "How far can a regression coefficient be trusted when rows differ in variance, share a cluster or follow each other in time?",
        source: "Bell and McCaffrey 2002, Survey Methodology 28(2), equations 7 and 8; Pustejovsky and Tipton 2018, doi:10.1080/07350015.2016.1247004; Newey and West 1987, doi:10.2307/1913610",
        case: Some("ols_robust"),
    },
    Statistic {
        id: "joint_test_of_coefficients",
        family: "regression",
        function: "joint_test::joint",
        question: "Are several coefficients zero at once?",
        source: "Pustejovsky and Tipton 2018, doi:10.1080/07350015.2016.1247004, section 3.2",
        case: Some("ols_robust"),
    },
    Statistic {
        id: "least_squares",
        family: "regression",
        function: "least_squares::LeastSquares",
        question: "How does the mean of an outcome move with several columns at once?",
        source: "Golub and Van Loan 2013, Matrix Computations, 4th edition, sections 5.3 and 6.5.3",
        case: Some("ols_robust"),
    },
    Statistic {
        id: "logistic_regression",
        family: "regression",
        function: "logistic::Logistic",
        question: "How do the odds of a yes move with several columns at once?",
        source: "McCullagh and Nelder 1989, Generalized Linear Models, 2nd edition, section 2.5",
        case: Some("observational"),
    },
    // survival
    Statistic {
        id: "life_table",
        family: "survival",
        function: "kaplan_meier::LifeTable",
        question: "What share of the units is still alive after a time, when some are still under observation?",
        source: "Kaplan and Meier 1958, J. Am. Stat. Assoc. 53, equation (2b); Greenwood 1926",
        case: Some("kaplan_meier"),
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

/// The statistic with this id.
///
/// # Example
/// ```
/// assert!(candor_stats::registry::find("no_such_statistic").is_none());
/// ```
#[must_use]
pub fn find(id: &str) -> Option<&'static Statistic> {
    STATISTICS.iter().find(|statistic| statistic.id == id)
}
