//! Several studies or contexts.

use super::Statistic;

/// Sorted by id.
pub(super) const LINES: &[Statistic] = &[
    Statistic {
        id: "heterogeneity",
        family: "pooling",
        function: "heterogeneity::heterogeneity",
        question: "How much do true effects differ from study to study?",
        source: "Viechtbauer 2005, doi:10.3102/10769986030003261; Viechtbauer 2007, doi:10.1002/sim.2514",
        case: Some("meta_analysis"),
    },
    Statistic {
        id: "leave_one_out",
        family: "pooling",
        function: "random_effects::leave_one_out",
        question: "Does one study carry the answer?",
        source: "Viechtbauer and Cheung 2010, doi:10.1002/jrsm.11",
        case: Some("meta_analysis"),
    },
    Statistic {
        id: "log_risk_ratio",
        family: "pooling",
        function: "effect_size::log_risk_ratio",
        question: "What is the ratio of two risks on the scale on which studies are pooled?",
        source: "Viechtbauer 2010, doi:10.18637/jss.v036.i03, section 3.1",
        case: Some("meta_analysis"),
    },
    Statistic {
        id: "meta_regression",
        family: "pooling",
        function: "meta_regression::meta_regression",
        question: "What goes together with larger effects of studies?",
        source: "Knapp and Hartung 2003, doi:10.1002/sim.1482",
        case: Some("meta_analysis"),
    },
    Statistic {
        id: "partial_pooling",
        family: "pooling",
        function: "partial_pooling::partial_pooling",
        question: "What is the effect in this context, given what all contexts show?",
        source: "Raudenbush and Bryk 1985, doi:10.3102/10769986010002075, eq. 13-16",
        case: Some("partial_pooling"),
    },
    Statistic {
        id: "pooled_effect",
        family: "pooling",
        function: "random_effects::pool",
        question: "What is the effect over all studies, and what would a new one find?",
        source: "Hartung and Knapp 2001, doi:10.1002/sim.791; Jackson, Law, Ruecker, Schwarzer 2017, doi:10.1002/sim.7411",
        case: Some("meta_analysis"),
    },
    Statistic {
        id: "signed_sum",
        family: "pooling",
        function: "signed_sum::signed_sum",
        question: "How do two figures differ, or the change of one group from that of another?",
        source: "Zou and Donner 2008, doi:10.1002/sim.3095; Binder 1983, International Statistical Review 51, 279-292",
        case: None,
    },
    Statistic {
        id: "small_study_effect",
        family: "pooling",
        function: "meta_regression::small_study_effect",
        question: "Do small studies tell another story than large ones?",
        source: "Sterne and Egger 2005, in Rothstein et al., chapter 6",
        case: Some("meta_analysis"),
    },
];
