//! Every statistic of the registry that takes rows, asked in a hostile world; what it says, as text.

use std::fmt::Debug;

use candor_stats::clusters::randomisation::{self, Drawn};
use candor_stats::clusters::sign_flips::mean_difference;
use candor_stats::clusters::signed_ranks::SignedRanks;
use candor_stats::clusters::wild_bootstrap::{self, Bootstrap};
use candor_stats::designs::ancova::Adjusted;
use candor_stats::designs::compliance::Trial;
use candor_stats::designs::difference_in_differences::{DifferenceInDifferences, Panel, collapsed};
use candor_stats::designs::event_study::EventStudy;
use candor_stats::designs::interrupted_series::{Interrupted, Memory};
use candor_stats::designs::observational::Observational;
use candor_stats::designs::staggered::{Controls, GroupTime, Rollout};
use candor_stats::designs::staggered_summaries::{by_calendar, by_exposure, by_group, simple};
use candor_stats::designs::task_trial::{PublishedErrors, TaskTrial, Tasks};
use candor_stats::designs::two_arms;
use candor_stats::durations::quantile::{self, Definition, quantile};
use candor_stats::durations::{geometric, rank_test, robust};
use candor_stats::linearised::Reference;
use candor_stats::looks::multiplicity;
use candor_stats::looks::non_inferiority::{self, Better, Margin};
use candor_stats::planning::intra_cluster::{self, design_effect};
use candor_stats::pooling::heterogeneity::{Method, heterogeneity};
use candor_stats::pooling::meta_regression::{Test, meta_regression, small_study_effect};
use candor_stats::pooling::partial_pooling::partial_pooling;
use candor_stats::pooling::random_effects::{Limits, leave_one_out, pool};
use candor_stats::rates::rate_regression::{NegativeBinomial, RateErrors, RateRegression};
use candor_stats::rates::weighted_rate::weighted_rate;
use candor_stats::ratios::clustered::{self, RatioTable, Scale};
use candor_stats::regression::logistic::Logistic;
use candor_stats::regression::{Correction, Errors, LeastSquares, Regressors, joint_test};
use candor_stats::survival::competing_risks::Incidence;
use candor_stats::survival::cox::{self, CoxRows, Ties};
use candor_stats::survival::logrank::{self, GroupedLives, Weighting};
use candor_stats::survival::{Confidence, LifeTable, Lives, comparison, gray};
use candor_stats::{Fitted, StatsError};

use super::worlds::World;

/// Asks one or several statistics; the answers in their debug form, in which a NaN or an infinity can be seen.
pub struct Entry {
    /// Ids of the registry that it stands for.
    pub ids: &'static [&'static str],
    /// Most rows for which the statistic is made: units, studies or tests rather than rows of a table.
    pub most: usize,
    pub ask: fn(&World) -> Vec<String>,
}

/// As many rows as there are.
const ANY: usize = usize::MAX;

const ERRORS: [Correction; 6] =
    [Correction::Cr0, Correction::Cr1, Correction::Cr1s, Correction::Cr2, Correction::Cr2Correlated, Correction::Cr3];

pub const ENTRIES: &[Entry] = &[
    Entry {
        ids: &["randomisation_test"],
        most: ANY,
        ask: |world| {
            let strata = randomisation::test(&world.values, &world.arm, &Drawn::Strata(&world.by), 0.95, 99, 1);
            vec![told(&randomisation::test(&world.values, &world.arm, &Drawn::Complete, 0.95, 99, 1)), told(&strata)]
        },
    },
    Entry { ids: &["sign_flips"], most: ANY, ask: |world| vec![told(&mean_difference(&world.values, 0.95, 99, 1))] },
    Entry { ids: &["signed_ranks"], most: ANY, ask: |world| vec![told(&SignedRanks::test(&world.values, 0.95))] },
    Entry {
        ids: &["wild_cluster_bootstrap", "least_squares", "coefficient_with_robust_errors", "joint_test_of_coefficients"],
        most: ANY,
        ask: least_squares,
    },
    Entry {
        ids: &["logistic_regression"],
        most: ANY,
        ask: |world| {
            fitted(Logistic::fit(&world.events, columns(world)), |fit| {
                vec![told(&fit.coefficient("x", 0.95)), told(&fit.log_odds_ratio("arm"))]
            })
        },
    },
    Entry {
        ids: &["ancova"],
        most: ANY,
        ask: |world| {
            fitted(Adjusted::fit(&world.values, &world.arm, &[("before", &world.before)], true), |fit| {
                vec![told(&fit.effect(&Errors::Hc2, 0.95))]
            })
        },
    },
    Entry {
        ids: &["compliance"],
        most: ANY,
        ask: |world| {
            [None, Some(world.by.as_slice())]
                .iter()
                .map(|by| told(&Trial::fit(&world.values, &world.arm, &world.events, *by, 0.95)))
                .collect()
        },
    },
    Entry {
        ids: &["cuped", "difference_of_means", "difference_of_ratios"],
        most: ANY,
        ask: |world| {
            let cuped = two_arms::cuped(&world.values, &world.before, &world.arm, 0.95);
            let ratios = two_arms::ratios(&world.values, &world.positive, &world.arm, 0.95);
            vec![told(&cuped), told(&two_arms::means(&world.values, &world.arm, 0.95)), told(&ratios)]
        },
    },
    Entry { ids: &["difference_in_differences", "difference_in_differences_collapsed", "event_study"], most: ANY, ask: panels },
    Entry {
        ids: &[
            "staggered_by_calendar",
            "staggered_by_exposure",
            "staggered_by_group",
            "staggered_group_time",
            "staggered_simple",
        ],
        most: ANY,
        ask: rollouts,
    },
    Entry {
        ids: &["interrupted_series"],
        most: ANY,
        ask: |world| {
            let times: Vec<f64> = (0..world.rows()).map(|row| row as f64).collect();
            fitted(Interrupted::fit(&world.values, &times, 0.5 * world.rows() as f64), |fit| {
                let memory = || Memory::NeweyWest { lag: fit.default_lag() };
                vec![told(&fit.level_change(memory(), 0.95)), told(&fit.slope_change(memory(), 0.95)), told(&fit.durbin_watson())]
            })
        },
    },
    Entry {
        ids: &["observational_adjustment"],
        most: ANY,
        ask: |world| {
            fitted(Observational::fit(&world.values, &world.died, &[("before", &world.before)]), |fit| {
                let by = Some(world.by.as_slice());
                let weighted = [
                    told(&fit.inverse_weighting(by, 0.95)),
                    told(&fit.doubly_robust(by, 0.95)),
                    told(&fit.outcome_regression(None, 0.95)),
                ];
                let trimmed = fit.trim(0.05, 0.95).map(|trimmed| trimmed.fit().map(|kept| told(&kept.doubly_robust(None, 0.95))));
                weighted.into_iter().chain([told(&fit.overlap()), told(&fit.unadjusted(0.95)), told(&trimmed)]).collect()
            })
        },
    },
    Entry {
        ids: &["task_trial", "task_trial_as_published"],
        most: ANY,
        ask: |world| {
            let minutes: Vec<Option<f64>> =
                world.positive.iter().zip(&world.died).map(|(value, known)| known.then_some(*value)).collect();
            let tasks = Tasks {
                developers: &world.by,
                ai_allowed: &world.arm,
                forecast_minutes: &world.positive,
                initial_minutes: &world.positive,
                post_review_minutes: &minutes,
            };
            fitted(TaskTrial::fit(&tasks), |fit| {
                vec![told(&fit.effect(0.95)), told(&fit.published(&PublishedErrors::Hc3, 0.95)), told(&fit.imputed())]
            })
        },
    },
    Entry {
        ids: &["geometric_mean", "geometric_mean_clustered", "geometric_mean_ratio", "geometric_mean_ratio_clustered"],
        most: ANY,
        ask: |world| {
            let (first, second) = world.positive.split_at(world.rows() / 2);
            let clustered = geometric::clustered_mean(&world.positive, &world.clusters, Reference::SmallSample, 0.95);
            let ratio = geometric::clustered_ratio(&world.positive, &world.arm, &world.clusters, Reference::SmallSample, 0.95);
            vec![
                told(&geometric::mean(&world.positive, 0.95)),
                told(&geometric::ratio(first, second, 0.95)),
                told(&clustered),
                told(&ratio),
            ]
        },
    },
    Entry {
        ids: &["mann_whitney", "median_absolute_deviation", "quantile", "quantile_clustered", "trimmed_mean"],
        most: ANY,
        ask: |world| {
            let (first, second) = world.values.split_at(world.rows() / 2);
            let values = &world.values;
            let by_people = quantile::clustered(values, &world.clusters, 0.9, Definition::Linear, Reference::SmallSample, 0.95);
            let quantile = quantile(values, 0.9, Definition::Linear, 0.95);
            let spread = robust::median_absolute_deviation(values);
            vec![
                told(&rank_test::mann_whitney(first, second)),
                told(&spread),
                told(&quantile),
                told(&by_people),
                told(&robust::trimmed_mean(values, 0.2)),
            ]
        },
    },
    Entry {
        ids: &["benjamini_hochberg", "benjamini_yekutieli", "bonferroni", "hochberg", "holm", "hommel"],
        most: ANY,
        ask: |world| {
            let methods = [
                multiplicity::benjamini_hochberg,
                multiplicity::benjamini_yekutieli,
                multiplicity::bonferroni,
                multiplicity::hochberg,
                multiplicity::holm,
                multiplicity::hommel,
            ];
            // Ties and zeros of the events, and values that are no p-values.
            let adjusted = |p_values: &[f64]| {
                methods.map(|method| {
                    told(&method(p_values).map(|adjusted| {
                        adjusted
                            .iter()
                            .fold((f64::MAX, f64::MIN, 0.0), |(low, high, sum), p| (low.min(*p), high.max(*p), sum + p))
                    }))
                })
            };
            adjusted(&world.events).into_iter().chain(adjusted(&world.positive)).collect()
        },
    },
    Entry {
        ids: &["non_inferior_mean_difference"],
        most: ANY,
        ask: |world| {
            let (first, second) = world.values.split_at(world.rows() / 2);
            vec![told(&non_inferiority::mean_difference(
                first,
                second,
                &Margin { value: 0.1, better: Better::Lower, alpha: 0.025 },
            ))]
        },
    },
    Entry {
        ids: &["design_effect", "intra_cluster_correlation"],
        most: ANY,
        ask: |world| {
            let correlation = |method| told(&intra_cluster::correlation(&world.values, &world.by, method, 0.95));
            vec![
                correlation(intra_cluster::Method::Anova),
                correlation(intra_cluster::Method::RestrictedMaximumLikelihood),
                told(&design_effect(&world.positive, 0.1)),
            ]
        },
    },
    Entry {
        ids: &["heterogeneity", "leave_one_out", "meta_regression", "partial_pooling", "pooled_effect", "small_study_effect"],
        most: 200,
        ask: pooling,
    },
    Entry {
        ids: &["negative_binomial_regression"],
        most: ANY,
        ask: |world| {
            fitted(NegativeBinomial::fit(&world.events, &world.positive, columns(world)), |fit| {
                vec![told(&fit.theta()), told(&fit.coefficients())]
            })
        },
    },
    Entry {
        ids: &["rate_regression"],
        most: ANY,
        ask: |world| {
            fitted(RateRegression::fit(&world.events, &world.positive, columns(world)), |fit| {
                let clustered = ERRORS
                    .map(|correction| told(&fit.log_ratio("arm", &RateErrors::Clustered { by: &world.by, correction }, 0.95)));
                let others = [RateErrors::Poisson, RateErrors::Quasi].map(|errors| told(&fit.ratio("arm", &errors, 0.95)));
                clustered.into_iter().chain(others).chain([told(&fit.dispersion()), told(&fit.deviance())]).collect()
            })
        },
    },
    Entry {
        ids: &["weighted_rate"],
        most: ANY,
        ask: |world| {
            let exposure = world.positive.first().copied().unwrap_or(1.0);
            [&world.weights, &world.events, &world.positive]
                .map(|sizes| [told(&weighted_rate(sizes, 2.5, 0.95)), told(&weighted_rate(sizes, exposure, 0.95))])
                .concat()
        },
    },
    Entry {
        ids: &["ratio", "ratio_difference", "ratio_quotient"],
        most: ANY,
        ask: |world| {
            let table = |numerators: &[f64], arm: bool| {
                let domain: Vec<bool> = world.arm.iter().map(|own| *own == arm).collect();
                RatioTable::new(numerators, &world.weights, &world.clusters, Some(&domain))
            };
            let mut said = Vec::new();
            for numerators in [&world.values, &world.events] {
                match (table(numerators, true), table(numerators, false)) {
                    (Ok(a), Ok(b)) => {
                        said.extend([
                            told(&clustered::difference(&a, &b, Reference::SmallSample, 0.95)),
                            told(&clustered::quotient(&a, &b, Reference::SmallSample, 0.95)),
                        ]);
                        said.extend([Scale::Plain, Scale::Log].map(|scale| told(&a.ratio(scale, Reference::SmallSample, 0.95))));
                    }
                    (a, b) => said.extend([told(&a.err()), told(&b.err())]),
                }
            }
            said
        },
    },
    Entry {
        ids: &["cox"],
        most: ANY,
        ask: |world| {
            let arm: Vec<f64> = world.arm.iter().map(|arm| f64::from(u8::from(*arm))).collect();
            let lives = Lives::new(&world.positive, &world.died).weighted(&world.weights).clustered(&world.clusters);
            fitted(cox::fit(&CoxRows { lives, covariates: &[&arm, &world.values], strata: None }, Ties::Efron), |fit| {
                vec![
                    told(&fit.hazard_ratio(0, &Confidence::default())),
                    told(&fit.coefficient(1, &Confidence::default())),
                    told(&fit.likelihood_ratio()),
                    told(&fit.concordance),
                ]
            })
        },
    },
    Entry {
        ids: &["cumulative_incidence", "gray_test"],
        most: ANY,
        ask: |world| {
            let causes: Vec<u32> =
                world.died.iter().enumerate().map(|(row, died)| if *died { 1 + row as u32 % 2 } else { 0 }).collect();
            let groups = groups(world);
            let incidence = Incidence::new(&world.positive, &causes, Some(&world.weights), Some(&world.clusters));
            let incidence =
                incidence.map(|found| (found.incidence(1, 1.0, &Confidence::default()), found.aalen_variance(1, 1.0)));
            vec![told(&incidence), told(&gray::test(&world.positive, &causes, &groups, 1))]
        },
    },
    Entry {
        ids: &["life_table", "restricted_mean", "survival_difference", "survival_quantile", "survival_ratio"],
        most: ANY,
        ask: curves,
    },
    Entry {
        ids: &["log_rank", "log_rank_robust"],
        most: ANY,
        ask: |world| {
            let lives = Lives::new(&world.positive, &world.died).weighted(&world.weights).clustered(&world.clusters);
            let rows = GroupedLives { lives, groups: &groups(world), strata: None };
            vec![
                told(&logrank::test(&rows, Weighting::Peto)),
                told(&logrank::robust(&rows, Weighting::LogRank, Reference::SmallSample)),
            ]
        },
    },
];

fn told(answer: &impl Debug) -> String {
    format!("{answer:?}")
}

/// A mistake or a refusal in its words, else what `ask` finds in the fit.
fn fitted<T>(result: Result<Fitted<T>, StatsError>, ask: impl Fn(&T) -> Vec<String>) -> Vec<String> {
    match result {
        Ok(Fitted::Fit(fit)) => ask(&fit),
        Ok(Fitted::Refused(outcome)) => vec![told(&outcome)],
        Err(error) => vec![error.to_string()],
    }
}

fn groups(world: &World) -> Vec<u32> {
    world.arm.iter().map(|arm| u32::from(*arm)).collect()
}

fn columns(world: &World) -> Regressors<'_> {
    let arm: Vec<f64> = world.arm.iter().map(|arm| f64::from(u8::from(*arm))).collect();
    let rows = Regressors::with_intercept(world.rows());
    let with = rows.column("arm", arm).and_then(|rows| rows.column("x", world.before.as_slice()));
    with.unwrap_or_else(|_| Regressors::with_intercept(world.rows()))
}

fn least_squares(world: &World) -> Vec<String> {
    fitted(LeastSquares::fit(&world.values, columns(world)), |fit| {
        let mut kinds =
            vec![Errors::Homoskedastic, Errors::Hc0, Errors::Hc2, Errors::Hc3, Errors::NeweyWest { lag: 3, adjusted: true }];
        kinds.extend(ERRORS.map(|correction| Errors::Clustered { by: &world.by, correction }));
        let mut said =
            vec![told(&fit.coefficients()), told(&fit.r_squared()), told(&fit.residual_variance()), told(&fit.durbin_watson())];
        for errors in kinds {
            said.extend(fitted(fit.covariance(&errors), |covariance| {
                vec![
                    told(&covariance.coefficient("arm", 0.95)),
                    told(&covariance.standard_error("x")),
                    told(&joint_test::joint(covariance, &["arm", "x"])),
                ]
            }));
        }
        let run = Bootstrap { by: &world.by, impose_null: true, draws: 99, seed: 1 };
        said.push(told(&wild_bootstrap::coefficient(fit, "arm", &run, 0.95)));
        said
    })
}

/// Eight periods per unit; every second unit changes at period 4.
fn panels(world: &World) -> Vec<String> {
    let (units, periods) = panel(world);
    let rows = Panel { outcomes: &world.values, units: &units, periods: &periods };
    let in_arm: Vec<bool> = units.iter().map(|unit| unit % 2 == 1).collect();
    let treated: Vec<bool> = in_arm.iter().zip(&periods).map(|(arm, period)| *arm && *period >= 4).collect();
    let mut said = vec![told(&collapsed(&rows, &in_arm, 4, 0.95))];
    said.extend(fitted(DifferenceInDifferences::fit(&rows, &treated), |fit| {
        vec![
            told(&fit.effect(Correction::Cr2, 0.95)),
            told(&fit.effect(Correction::Cr2Correlated, 0.95)),
            told(&fit.package_errors()),
        ]
    }));
    said.extend(fitted(EventStudy::fit(&rows, &in_arm, 4, 3), |fit| {
        vec![told(&fit.effects(Correction::Cr2, 0.95)), told(&fit.pre_trend(Correction::Cr2))]
    }));
    said
}

fn panel(world: &World) -> (Vec<usize>, Vec<i64>) {
    ((0..world.rows()).map(|row| row / 8).collect(), (0..world.rows()).map(|row| (row % 8) as i64).collect())
}

fn rollouts(world: &World) -> Vec<String> {
    let (units, periods) = panel(world);
    let first: Vec<Option<i64>> = units.iter().map(|unit| [None, Some(3), Some(5)][unit % 3]).collect();
    let rows = Rollout { outcomes: &world.values, units: &units, periods: &periods, first_treated: &first, covariates: &[] };
    fitted(GroupTime::fit(&rows, Controls::NotYet, 0.95), |cells| {
        vec![
            told(&cells.cells()),
            told(&simple(cells)),
            told(&by_group(cells)),
            told(&by_exposure(cells)),
            told(&by_calendar(cells)),
        ]
    })
}

fn pooling(world: &World) -> Vec<String> {
    let (effects, variances) = (&world.values, &world.positive);
    let method = Method::RestrictedMaximumLikelihood;
    vec![
        told(&heterogeneity(effects, variances, method, 0.95)),
        told(&pool(effects, variances, Method::PauleMandel, Limits::Wider, 0.95)),
        told(&leave_one_out(effects, variances, Method::DerSimonianLaird, Limits::HartungKnapp, 0.95)),
        told(&meta_regression(effects, variances, &[&world.before], Test::Normal, 0.95)),
        told(&partial_pooling(effects, variances, 0.95)),
        told(&small_study_effect(effects, variances, 0.95)),
    ]
}

fn curves(world: &World) -> Vec<String> {
    let tables = [true, false].map(|arm| {
        let kept: Vec<usize> = (0..world.rows()).filter(|row| world.arm[*row] == arm).collect();
        let pick = |column: &[f64]| kept.iter().map(|row| column[*row]).collect::<Vec<f64>>();
        let (times, weights) = (pick(&world.positive), pick(&world.weights));
        let died: Vec<bool> = kept.iter().map(|row| world.died[*row]).collect();
        let clusters: Vec<u32> = kept.iter().map(|row| world.clusters[*row]).collect();
        LifeTable::new(&Lives::new(&times, &died).weighted(&weights).clustered(&clusters))
    });
    let confidence = Confidence::default();
    match &tables {
        [Ok(new), Ok(old)] => vec![
            told(&new.survival(1.0, &confidence)),
            told(&new.curve(&[0.0, 0.5, 1.0, 1e6], &confidence)),
            told(&new.median(&confidence)),
            told(&new.restricted_mean(1.0, &confidence)),
            told(&comparison::difference(new, old, 1.0, &confidence)),
            told(&comparison::ratio(new, old, 1.0, &confidence)),
        ],
        mistakes => mistakes.iter().map(|table| told(&table.as_ref().err())).collect(),
    }
}

/// The first answer that holds a NaN or an infinity.
pub fn unsound(answers: &[String]) -> Option<&String> {
    answers.iter().find(|answer| answer.split(|c: char| !c.is_alphanumeric()).any(|word| word == "NaN" || word == "inf"))
}
