//! Labels that err, and units of unknown source.

use super::Statistic;

/// Sorted by id.
pub(super) const LINES: &[Statistic] = &[
    Statistic {
        id: "corrected_difference",
        family: "attribution_error",
        function: "groups::difference",
        question: "How different are truly AI-made and truly human-made units, when labels err alike whatever the outcome?",
        source: "Aigner 1973, Journal of Econometrics 1, equation (7)",
        case: None,
    },
    Statistic {
        id: "corrected_share",
        family: "attribution_error",
        function: "rogan_gladen::corrected",
        question: "What share is truly flagged behind the share that an imperfect label shows?",
        source: "Rogan and Gladen 1978, American Journal of Epidemiology 107, equation (1)",
        case: Some("misclassification"),
    },
    Statistic {
        id: "corrected_share_audited",
        family: "attribution_error",
        function: "rogan_gladen::audited",
        question: "What share is truly flagged when an audit measured how often the label is right?",
        source: "Rogan and Gladen 1978; Fox, Lash and Greenland 2005, International Journal of Epidemiology 34",
        case: None,
    },
    Statistic {
        id: "corrected_table",
        family: "attribution_error",
        function: "two_by_two::corrected",
        question: "What is the association behind a table whose label errs, differently on each side?",
        source: "Chu, Wang, Cole and Greenland 2006, Annals of Epidemiology 16, 834-841",
        case: Some("misclassification"),
    },
    Statistic {
        id: "corrected_table_audited",
        family: "attribution_error",
        function: "two_by_two::audited",
        question: "The same when audits measured how often the label is right?",
        source: "Fox, Lash and Greenland 2005, International Journal of Epidemiology 34, 1370-1376",
        case: None,
    },
    Statistic {
        id: "unknown_source_bounds",
        family: "attribution_error",
        function: "bounds::difference",
        question: "What could the units of unknown source do to a comparison at worst?",
        source: "Manski 1990, American Economic Review 80, 319-323",
        case: None,
    },
    Statistic {
        id: "unknown_source_share",
        family: "attribution_error",
        function: "bounds::share",
        question: "Between what bounds does a share lie when the source of some units is unknown?",
        source: "Manski 1990, American Economic Review 80, 319-323",
        case: None,
    },
];
