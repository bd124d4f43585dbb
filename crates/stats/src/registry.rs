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
    // clusters
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
    // designs
    Statistic {
        id: "cuped",
        family: "designs",
        function: "two_arms::cuped",
        question: "How do two arms differ once what was measured before is taken out?",
        source: "Deng, Xu, Kohavi and Walker 2013, doi:10.1145/2433396.2433413, equations 3 to 5",
        case: Some("cuped"),
    },
    Statistic {
        id: "difference_of_means",
        family: "designs",
        function: "two_arms::means",
        question: "How do the means of two arms of independent units differ?",
        source: "Welch 1947, doi:10.1093/biomet/34.1-2.28",
        case: Some("cuped"),
    },
    Statistic {
        id: "difference_of_ratios",
        family: "designs",
        function: "two_arms::ratios",
        question: "How do the ratios of sums of two arms of independent units differ?",
        source: "Deng, Knoblich and Lu 2018, doi:10.1145/3219819.3219919, equation 4",
        case: Some("cuped"),
    },
    // durations
    // looks
    Statistic {
        id: "benjamini_hochberg",
        family: "looks",
        function: "multiplicity::benjamini_hochberg",
        question: "Which tests can be called, when a known share of the calls may be false?",
        source: "Benjamini and Hochberg 1995, doi:10.1111/j.2517-6161.1995.tb02031.x",
        case: Some("multiple_testing"),
    },
    Statistic {
        id: "benjamini_yekutieli",
        family: "looks",
        function: "multiplicity::benjamini_yekutieli",
        question: "Which tests can be called, whatever their dependence, when a known share may be false?",
        source: "Benjamini and Yekutieli 2001, doi:10.1214/aos/1013699998",
        case: Some("multiple_testing"),
    },
    Statistic {
        id: "bonferroni",
        family: "looks",
        function: "multiplicity::bonferroni",
        question: "Which of many tests stand, at the bluntest?",
        source: "Dunn 1961, doi:10.1080/01621459.1961.10482090",
        case: Some("multiple_testing"),
    },
    Statistic {
        id: "classical_boundary",
        family: "looks",
        function: "group_sequential::classical_boundary",
        question: "What does each of a fixed number of looks take to stop?",
        source: "O'Brien and Fleming 1979, doi:10.2307/2530245; Pocock 1977, doi:10.1093/biomet/64.2.191",
        case: Some("group_sequential"),
    },
    Statistic {
        id: "confidence_sequence",
        family: "looks",
        function: "confidence_sequence::confidence_sequence",
        question: "How large is the effect, when we look every week and stop when we like?",
        source: "Waudby-Smith, Arbour, Sinha, Kennedy, Ramdas 2024, Time-uniform Central Limit Theory, arXiv:2103.06476, eq. 9, 134, 155, 161",
        case: Some("always_valid"),
    },
    Statistic {
        id: "hochberg",
        family: "looks",
        function: "multiplicity::hochberg",
        question: "Which of many positively dependent tests stand?",
        source: "Hochberg 1988, doi:10.1093/biomet/75.4.800",
        case: Some("multiple_testing"),
    },
    Statistic {
        id: "holm",
        family: "looks",
        function: "multiplicity::holm",
        question: "Which of many tests stand, whatever their dependence?",
        source: "Holm 1979, Scand. J. Statist. 6, section 2",
        case: Some("multiple_testing"),
    },
    Statistic {
        id: "hommel",
        family: "looks",
        function: "multiplicity::hommel",
        question: "Which of many positively dependent tests stand, at the sharpest?",
        source: "Hommel 1988, doi:10.1093/biomet/75.2.383",
        case: Some("multiple_testing"),
    },
    Statistic {
        id: "monitoring",
        family: "looks",
        function: "monitoring::monitor",
        question: "Does this look show benefit, harm, or neither?",
        source: "Lan and DeMets 1983, doi:10.2307/2336502; Jennison and Turnbull 2000, section 9.2",
        case: Some("group_sequential"),
    },
    Statistic {
        id: "repeated_p_value",
        family: "looks",
        function: "group_sequential::repeated_p_value",
        question: "Which p-value may be quoted at a planned look?",
        source: "Jennison and Turnbull 2000, Group Sequential Methods, section 9.4",
        case: Some("group_sequential"),
    },
    Statistic {
        id: "running_intersection",
        family: "looks",
        function: "confidence_sequence::running_intersection",
        question: "What do all looks so far allow together?",
        source: "Howard, Ramdas, McAuliffe, Sekhon 2021, doi:10.1214/20-AOS1991, section 1",
        case: None,
    },
    Statistic {
        id: "spending_boundary",
        family: "looks",
        function: "group_sequential::spending_boundary",
        question: "What does a planned look take to stop, at the information that is really there?",
        source: "Lan and DeMets 1983, doi:10.2307/2336502",
        case: Some("group_sequential"),
    },
    // planning
    // pooling
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
        id: "small_study_effect",
        family: "pooling",
        function: "meta_regression::small_study_effect",
        question: "Do small studies tell another story than large ones?",
        source: "Sterne and Egger 2005, in Rothstein et al., chapter 6",
        case: Some("meta_analysis"),
    },
    // privacy
    // proportions
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
    // rates
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
    // ratios
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
        id: "log_rank",
        family: "survival",
        function: "logrank::test",
        question: "Do groups survive alike?",
        source: "Klein and Moeschberger 2003, Survival Analysis, equations (7.3.1) to (7.3.9)",
        case: Some("logrank"),
    },
    Statistic {
        id: "log_rank_robust",
        family: "survival",
        function: "logrank::robust",
        question: "Do groups survive alike when rows of one person belong together?",
        source: "Lin and Wei 1989, J. Am. Stat. Assoc. 84, 1074-1078",
        case: Some("logrank"),
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
