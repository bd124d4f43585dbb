//! Few clusters.

use super::Statistic;

/// Sorted by id.
pub(super) const LINES: &[Statistic] = &[
    Statistic {
        id: "randomisation_test",
        family: "clusters",
        function: "randomisation::test",
        question: "How rare is such a difference under the draw that assigned the arms?",
        source: "Fisher 1935, The Design of Experiments, section 5; Imbens and Rubin 2015, Causal Inference, chapter 5",
        case: Some("few_clusters"),
    },
    Statistic {
        id: "sign_flips",
        family: "clusters",
        function: "sign_flips::mean_difference",
        question: "How rare is such a mean of paired differences when each could as well have the other sign?",
        source: "Fisher 1935, The Design of Experiments, section 21",
        case: Some("few_clusters"),
    },
    Statistic {
        id: "signed_ranks",
        family: "clusters",
        function: "signed_ranks::SignedRanks",
        question: "Are paired differences centred at zero, when a few of them are wild?",
        source: "Hollander, Wolfe and Chicken 2014, Nonparametric Statistical Methods, 3rd edition, sections 3.1 to 3.3",
        case: Some("few_clusters"),
    },
    Statistic {
        id: "wild_cluster_bootstrap",
        family: "clusters",
        function: "wild_bootstrap::coefficient",
        question: "How far can a regression coefficient be trusted with few clusters?",
        source: "Cameron, Gelbach and Miller 2008, doi:10.1162/rest.90.3.414; Roodman and others 2019, doi:10.1177/1536867X19830877",
        case: Some("few_clusters"),
    },
];
