//! Regression.

use super::Statistic;

/// Sorted by id.
pub(super) const LINES: &[Statistic] = &[
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
];
