//! Randomisation inference: the draw that assigned the arms is known, so it is the only model needed.

use rand_chacha::ChaCha20Rng;
use rand_chacha::rand_core::{Rng, SeedableRng};

use super::inversion::{Draw, limits, note_missing_limit, share_as_extreme};
use super::sign_flips::check_draws;
use crate::error::{finite, open_unit, same_length};
use crate::labels::Groups;
use crate::refusal::{Stop, outcome};
use crate::{Estimate, Outcome, StatsError};

/// Up to this number of possible assignments all of them are enumerated.
pub const ENUMERATED_ASSIGNMENTS: f64 = 1_048_576.0;

/// The way in which the units were drawn.
#[derive(Debug, Clone, Copy, PartialEq)]
pub enum Drawn<'c> {
    /// A fixed number of all units was treated, every such set being equally likely.
    Complete,
    /// A fixed number of the units of each stratum was treated; pairs are strata of two.
    Strata(&'c [usize]),
    /// Each unit was treated by a coin of its own.
    Coins {
        /// Probability of treatment, the same for all units.
        probability: f64,
    },
}

/// Tests and bounds the effect on the units that were drawn, by the draw alone.
///
/// # Definition
/// Statistic: the difference of the arms' means; with strata the mean of the strata's differences weighted by stratum size. p = probability
/// under the draw, ties counted, of a statistic at least as far from 0, when each unit's outcome does not depend on its arm. The limits
/// are the constant effects that the same test does not reject. Coins: draws that leave an arm empty are left out.
/// More than [`ENUMERATED_ASSIGNMENTS`] possible assignments: `draws` of them from `seed` (ChaCha20), p = (1 + extreme) / (1 + draws).
///
/// # Input
/// One outcome and one arm per unit **that was drawn**: teams when teams were drawn (their means), tasks when tasks were.
///
/// # Output
/// Point: treated minus others, in the unit of the outcome; p against no effect on any unit. Small designs have a smallest possible p, and
/// limits beyond it are missing.
///
/// # Undefined when
/// An arm is empty; no stratum has both arms.
///
/// # Assumptions
/// The draw was as stated, and one unit's arm does not change another's outcome. No distribution is assumed.
///
/// # Errors
/// [`StatsError::NotFinite`] names `outcomes`; [`StatsError::LengthMismatch`] names `treated` or `strata`; [`StatsError::OutOfRange`] names
/// `level`, `draws` or `probability`.
///
/// # Source
/// Imbens and Rubin, Causal Inference, 2015, chapter 5; Young 2019, doi:10.1093/qje/qjy029.
///
/// # Example
/// Fisher's lady tasting tea (The Design of Experiments, 1935, section 5): eight cups, four of them drawn; all right has probability 1/70,
/// all right or all wrong 2/70.
/// ```
/// use candor_stats::clusters::randomisation::{Drawn, test};
///
/// let says_milk_first = [1.0, 1.0, 1.0, 1.0, 0.0, 0.0, 0.0, 0.0];
/// let milk_first = [true, true, true, true, false, false, false, false];
/// let outcome = test(&says_milk_first, &milk_first, &Drawn::Complete, 0.95, 9_999, 1)?;
/// assert!((outcome.estimate().unwrap().p_value.unwrap() - 2.0 / 70.0).abs() < 1e-15);
/// # Ok::<(), candor_stats::StatsError>(())
/// ```
pub fn test(
    outcomes: &[f64],
    treated: &[bool],
    drawn: &Drawn<'_>,
    level: f64,
    draws: usize,
    seed: u64,
) -> Result<Outcome, StatsError> {
    outcome(try_test(outcomes, treated, drawn, level, draws, seed))
}

/// Number of assignments that the draw could have given, possibly infinite in floating point.
///
/// # Definition
/// 2^n for coins; n choose treated for a complete draw; the product of that over strata.
///
/// # Input
/// Arm of each unit and the way in which they were drawn, as for [`fn@test`].
///
/// # Undefined when
/// Never within the allowed range.
///
/// # Assumptions
/// As for [`fn@test`].
///
/// # Errors
/// As [`fn@test`].
///
/// # Source
/// Fisher, The Design of Experiments, 1935, chapter II.
///
/// # Example
/// Eight cups of tea, four with the milk first (the source): 70 ways.
/// ```
/// use candor_stats::clusters::randomisation::{Drawn, assignments};
///
/// let milk_first = [true, true, true, true, false, false, false, false];
/// assert_eq!(assignments(&milk_first, &Drawn::Complete)?, 70.0);
/// # Ok::<(), candor_stats::StatsError>(())
/// ```
pub fn assignments(treated: &[bool], drawn: &Drawn<'_>) -> Result<f64, StatsError> {
    Ok(match drawn {
        Drawn::Coins { .. } => 2.0_f64.powf(treated.len() as f64),
        Drawn::Complete | Drawn::Strata(_) => strata(treated, drawn)?.iter().map(|s| choose(s.rows.len(), s.treated)).product(),
    })
}

/// Units of one stratum.
struct Stratum {
    rows: Vec<usize>,
    treated: usize,
}

fn strata(treated: &[bool], drawn: &Drawn<'_>) -> Result<Vec<Stratum>, StatsError> {
    let groups = match drawn {
        Drawn::Strata(labels) => {
            same_length("strata", labels.len(), treated.len())?;
            Groups::new(labels)
        }
        Drawn::Complete | Drawn::Coins { .. } => Groups::new(&vec![0; treated.len()]),
    };
    let mut strata: Vec<Stratum> = (0..groups.count()).map(|_| Stratum { rows: Vec::new(), treated: 0 }).collect();
    for (row, (group, own)) in groups.of_row.iter().zip(treated).enumerate() {
        strata[*group].rows.push(row);
        strata[*group].treated += usize::from(*own);
    }
    Ok(strata)
}

fn choose(n: usize, k: usize) -> f64 {
    let k = k.min(n - k);
    (1..=k).fold(1.0, |product, i| (product * (n - k + i) as f64 / i as f64).round())
}

fn try_test(
    outcomes: &[f64],
    treated: &[bool],
    drawn: &Drawn<'_>,
    level: f64,
    draws: usize,
    seed: u64,
) -> Result<Estimate, Stop> {
    finite("outcomes", outcomes)?;
    same_length("treated", treated.len(), outcomes.len())?;
    open_unit("level", level)?;
    if let Drawn::Coins { probability } = drawn {
        open_unit("probability", *probability)?;
    }
    let all = strata(treated, drawn)?;
    // A stratum with one arm says nothing about the effect, and its draw changes nothing.
    let informative: Vec<&Stratum> = all.iter().filter(|s| s.treated > 0 && s.treated < s.rows.len()).collect();
    let used: usize = informative.iter().map(|s| s.rows.len()).sum();
    if informative.is_empty() {
        return Err(Stop::insufficient(
            format!("{} treated units of {}", treated.iter().filter(|t| **t).count(), treated.len()),
            "both arms (in at least one stratum)",
            "an effect is a comparison of two arms",
        ));
    }
    let centred = centre(outcomes, &informative);
    let spread = centred.iter().fold(0.0_f64, |largest, y| largest.max(y.abs()));
    let possible = assignments(treated, drawn)?;
    let sampled = possible > ENUMERATED_ASSIGNMENTS;
    if sampled {
        check_draws(draws)?;
    }
    let mut random = ChaCha20Rng::seed_from_u64(seed);
    let vectors = match drawn {
        Drawn::Coins { probability } if sampled => {
            (0..draws).map(|_| coins(&centred, treated, *probability, &mut random)).collect()
        }
        Drawn::Coins { probability } => all_coins(&centred, treated, *probability),
        Drawn::Complete | Drawn::Strata(_) if sampled => {
            (0..draws).map(|_| shuffled(&centred, treated, &informative, used, &mut random)).collect()
        }
        Drawn::Complete | Drawn::Strata(_) => all_sets(&centred, treated, &informative, used),
    };
    let mut observed = Draw { level_part: 0.0, slope_part: 0.0, weight: 1.0 };
    for stratum in &informative {
        let chosen: Vec<usize> = stratum.rows.iter().copied().filter(|row| treated[*row]).collect();
        add(&mut observed, difference(&centred, treated, stratum, &chosen), stratum.rows.len() as f64 / used as f64);
    }
    let point = observed.level_part;
    if !point.is_finite() || !spread.is_finite() {
        return Err(Stop::overflow());
    }
    let p_value = |null: f64| share_as_extreme(&vectors, point, null, spread, sampled).min(1.0);
    let way = match drawn {
        Drawn::Complete => "complete randomisation",
        Drawn::Strata(_) => "randomisation within strata",
        Drawn::Coins { .. } => "randomisation by coins",
    };
    let method = if sampled {
        format!("randomisation inference, {way}, {draws} random assignments (ChaCha20, seed {seed})")
    } else {
        format!("randomisation inference, {way}, all {possible} assignments")
    };
    let mut estimate = Estimate::new(point, method, used as f64);
    estimate.p_value = Some(p_value(0.0));
    let interval =
        if spread > 0.0 { limits(point, 0.1 * spread, level, p_value) } else { crate::Interval::new(point, point, level) };
    estimate.notes.extend(note_missing_limit(&interval));
    estimate.interval = Some(interval);
    if used < outcomes.len() {
        estimate.notes.push(format!("{} units in strata with one arm were left out", outcomes.len() - used));
    }
    Ok(estimate)
}

/// Outcomes minus their stratum's mean: differences of means do not change, and the additions lose fewer digits.
fn centre(outcomes: &[f64], strata: &[&Stratum]) -> Vec<f64> {
    let mut centred = vec![0.0; outcomes.len()];
    for stratum in strata {
        let mean = stratum.rows.iter().map(|row| outcomes[*row] / stratum.rows.len() as f64).sum::<f64>();
        for row in &stratum.rows {
            centred[*row] = outcomes[*row] - mean;
        }
    }
    centred
}

/// Difference of the means of chosen and other units of a stratum, for the outcomes and for the true arms.
fn difference(centred: &[f64], treated: &[bool], stratum: &Stratum, chosen: &[usize]) -> (f64, f64) {
    let (level, slope) =
        chosen.iter().fold((0.0, 0.0), |(level, slope), row| (level + centred[*row], slope + f64::from(u8::from(treated[*row]))));
    difference_of_sums((level, slope), stratum.rows.len() as f64, chosen.len() as f64, stratum.treated as f64)
}

/// From the sums over the chosen units; outcomes sum to 0 over the stratum.
fn difference_of_sums((level, slope): (f64, f64), n: f64, chosen: f64, treated: f64) -> (f64, f64) {
    let other = n - chosen;
    (level / chosen + level / other, slope / chosen - (treated - slope) / other)
}

fn add(draw: &mut Draw, (level, slope): (f64, f64), share: f64) {
    draw.level_part += share * level;
    draw.slope_part += share * slope;
}

/// Every way to choose the treated units of each stratum.
fn all_sets(centred: &[f64], treated: &[bool], strata: &[&Stratum], used: usize) -> Vec<Draw> {
    let mut draws = vec![Draw { level_part: 0.0, slope_part: 0.0, weight: 1.0 }];
    for stratum in strata {
        // Sums of every subset, by size, one unit at a time.
        let mut by_size: Vec<Vec<(f64, f64)>> = vec![Vec::new(); stratum.treated + 1];
        by_size[0].push((0.0, 0.0));
        for (seen, row) in stratum.rows.iter().enumerate() {
            let unit = (centred[*row], f64::from(u8::from(treated[*row])));
            let left = stratum.rows.len() - seen;
            for size in (0..stratum.treated).rev() {
                let grown: Vec<_> = by_size[size].iter().map(|(level, slope)| (level + unit.0, slope + unit.1)).collect();
                by_size[size + 1].extend(grown);
                // Subsets that the units left cannot fill up any more.
                if size + left <= stratum.treated {
                    by_size[size].clear();
                }
            }
        }
        let (n, k) = (stratum.rows.len() as f64, stratum.treated as f64);
        let own: Vec<_> = by_size[stratum.treated].iter().map(|sums| difference_of_sums(*sums, n, k, k)).collect();
        let share = n / used as f64;
        draws = draws
            .iter()
            .flat_map(|draw| {
                own.iter().map(move |difference| {
                    let mut grown = *draw;
                    add(&mut grown, *difference, share);
                    grown
                })
            })
            .collect();
    }
    draws
}

fn shuffled(centred: &[f64], treated: &[bool], strata: &[&Stratum], used: usize, random: &mut ChaCha20Rng) -> Draw {
    let mut draw = Draw { level_part: 0.0, slope_part: 0.0, weight: 1.0 };
    for stratum in strata {
        let mut rows = stratum.rows.clone();
        for at in 0..stratum.treated {
            let other = at + below(random, rows.len() - at);
            rows.swap(at, other);
        }
        add(&mut draw, difference(centred, treated, stratum, &rows[..stratum.treated]), stratum.rows.len() as f64 / used as f64);
    }
    draw
}

/// Every outcome of the coins that leaves no arm empty, with its probability.
fn all_coins(centred: &[f64], treated: &[bool], probability: f64) -> Vec<Draw> {
    let n = centred.len();
    let truly = treated.iter().filter(|own| **own).count() as f64;
    let mut sums = vec![((0.0, 0.0), 0_usize)];
    for (y, own) in centred.iter().zip(treated) {
        let unit = f64::from(u8::from(*own));
        let heads: Vec<_> = sums.iter().map(|((level, slope), count)| ((level + y, slope + unit), count + 1)).collect();
        sums.extend(heads);
    }
    let draw = |(sums, count): ((f64, f64), usize)| {
        let (level_part, slope_part) = difference_of_sums(sums, n as f64, count as f64, truly);
        // Logarithms, because the powers of many coins underflow; only ratios matter.
        let ln_weight = (count as f64 - truly) * (probability.ln() - (-probability).ln_1p());
        Draw { level_part, slope_part, weight: ln_weight.exp() }
    };
    sums.into_iter().filter(|(_, count)| *count > 0 && *count < n).map(draw).collect()
}

fn coins(centred: &[f64], treated: &[bool], probability: f64, random: &mut ChaCha20Rng) -> Draw {
    let truly = treated.iter().filter(|own| **own).count() as f64;
    let n = centred.len() as f64;
    // With both arms seen in the data an empty arm is rare; the limit only guards against a coin that is all but certain.
    for _ in 0..1_000 {
        let (mut sums, mut count) = ((0.0, 0.0), 0.0);
        for (y, own) in centred.iter().zip(treated) {
            if uniform(random) < probability {
                sums.0 += y;
                sums.1 += f64::from(u8::from(*own));
                count += 1.0;
            }
        }
        if count > 0.0 && count < n {
            let (level_part, slope_part) = difference_of_sums(sums, n, count, truly);
            return Draw { level_part, slope_part, weight: 1.0 };
        }
    }
    Draw { level_part: 0.0, slope_part: 0.0, weight: 0.0 }
}

/// A whole number below `bound`, without bias (Lemire 2019, doi:10.1145/3230636).
pub(crate) fn below(random: &mut ChaCha20Rng, bound: usize) -> usize {
    let bound = bound as u64;
    if bound == 0 {
        return 0;
    }
    loop {
        let product = u128::from(random.next_u64()) * u128::from(bound);
        if (product as u64) >= bound.wrapping_neg() % bound {
            return (product >> 64) as usize;
        }
    }
}

/// A number in [0, 1) with 53 random bits.
fn uniform(random: &mut ChaCha20Rng) -> f64 {
    (random.next_u64() >> 11) as f64 / (1_u64 << 53) as f64
}
