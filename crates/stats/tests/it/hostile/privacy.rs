//! Input that breaks naive code, for every public function of the family `privacy`.

use candor_stats::privacy::account::{Account, Measure, gaussian_cost, laplace_cost, pure_cost};
use candor_stats::privacy::decimal::Decimal;
use candor_stats::privacy::{accuracy, conversion, noise};
use proptest::prelude::*;

use super::super::hostile_numbers::number;

proptest! {
    #![proptest_config(ProptestConfig::with_cases(200))]

    #[test]
    fn formulas_answer_or_name_the_argument(a in number(), b in number(), c in number(), count in prop_oneof![0..5_u32, Just(u32::MAX)], step in any::<i64>()) {
        // Summed term by term: a scale of a million takes forty million terms.
        let small = if a.abs() > 1e3 { 1e7 } else { a };
        let results = [
            accuracy::laplace(a, b),
            accuracy::discrete_laplace(a, b),
            accuracy::gaussian(a, b),
            accuracy::discrete_gaussian(small, b),
            accuracy::discrete_laplace_mass(a, step),
            accuracy::discrete_gaussian_mass(small, step),
            conversion::epsilon_from_rho(a, b),
            conversion::gaussian_epsilon(a, c, count, b),
        ];
        for result in results.into_iter().flatten() {
            prop_assert!(result.is_finite() && result >= 0.0, "{result}");
        }
        for cost in [gaussian_cost(a, b), laplace_cost(a, b), pure_cost(a)].into_iter().flatten() {
            prop_assert!(cost > Decimal::ZERO && cost.to_f64().is_finite());
        }
        let _ = Decimal::at_least(a, count);
    }

    #[test]
    fn any_text_is_a_decimal_or_refused(text in "[-+0-9.eE ]{0,40}") {
        if let Ok(decimal) = text.parse::<Decimal>() {
            prop_assert_eq!(decimal.to_string().parse::<Decimal>().unwrap(), decimal);
        }
    }

    #[test]
    fn accounts_never_go_below_zero(costs in prop::collection::vec((0..u128::MAX).prop_map(|units| format!("{}e-27", units / 1000)), 0..12)) {
        let mut account = Account::new(Measure::PureEpsilon, "1e5".parse().unwrap());
        for cost in costs {
            let Ok(cost) = cost.parse::<Decimal>() else { continue };
            let (before, answer) = (account.left(), account.spend("q", "p", cost));
            match answer {
                Ok(fitted) => prop_assert_eq!(fitted.fit().is_some(), cost <= before),
                Err(error) => prop_assert!(cost == Decimal::ZERO, "{error}"),
            }
            prop_assert!(account.spent() <= account.budget());
        }
    }

    #[test]
    fn noise_is_added_or_the_argument_is_named(counts in prop::collection::vec(any::<i64>(), 0..5), sensitivity in number(), scale in number()) {
        // Beyond this the sampler works with integers of thousands of bits.
        let scale = if (1e-3..=1e5).contains(&scale.abs()) { scale } else { scale.signum() };
        if let Ok(noised) = noise::discrete_laplace(&counts, 1, scale) {
            prop_assert_eq!(noised.counts.len(), counts.len());
        }
        if let Ok(noised) = noise::discrete_gaussian(&counts, sensitivity, scale) {
            prop_assert_eq!(noised.counts.len(), counts.len());
        }
        prop_assert!(noise::discrete_laplace(&counts, 0, 1.0).is_err());
    }
}
