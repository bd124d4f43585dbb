//! Properties that hold for every input of the family `privacy`.

use candor_stats::privacy::account::{Account, Measure, gaussian_cost, laplace_cost, pure_cost};
use candor_stats::privacy::decimal::Decimal;
use candor_stats::privacy::{accuracy, conversion, noise};
use proptest::prelude::*;

fn decimal(text: &str) -> Decimal {
    text.parse().unwrap()
}

#[test]
fn budgets_are_used_up_to_the_last_digit_and_not_beyond() {
    for costs in [vec!["0.1"; 10], vec!["0.1", "0.2", "0.7"]] {
        let mut account = Account::new(Measure::ZeroConcentrated, decimal("1"));
        for cost in costs {
            assert!(account.spend("2026-Q1", "shares by context", decimal(cost)).unwrap().fit().is_some(), "{cost} was refused");
        }
        assert_eq!(account.left(), Decimal::ZERO);
        // A restart reads what was written, also from a copy.
        let text = serde_json::to_string(&account).unwrap();
        let mut restarted: Account = serde_json::from_str(&text).unwrap();
        assert_eq!(restarted, account);
        let refused = restarted.spend("2026-Q2", "one more", decimal("1e-9")).unwrap();
        assert!(refused.refusal().is_some(), "a spend beyond the budget was booked");
        assert_eq!(restarted.spends().len(), account.spends().len());
    }
}

#[test]
fn an_edited_file_cannot_make_a_cost_negative() {
    let text = r#"{"measure":"zero_concentrated","budget":"1","spends":[{"period":"q","purpose":"p","cost":"-0.5"}]}"#;
    let error = serde_json::from_str::<Account>(text).unwrap_err().to_string();
    assert!(error.contains("`decimal` is -0.5"), "{error}");
}

/// Shares of draws against the law, within six standard errors.
fn follows(counts: &[i64], mass: impl Fn(i64) -> f64) {
    let total = counts.len() as f64;
    for step in -6..=6 {
        let share = counts.iter().filter(|count| **count == step).count() as f64 / total;
        let expected = mass(step);
        let error = (expected * (1.0 - expected) / total).sqrt();
        assert!((share - expected).abs() < 6.0 * error, "noise of {step}: a share of {share}, the law says {expected}");
    }
}

#[test]
fn noise_follows_its_law() {
    let zeros = vec![0_i64; 20_000];
    let laplace = noise::discrete_laplace(&zeros, 1, 2.5).unwrap();
    follows(&laplace.counts, |step| accuracy::discrete_laplace_mass(2.5, step).unwrap());
    let gaussian = noise::discrete_gaussian(&zeros, 1.0, 4.0).unwrap();
    follows(&gaussian.counts, |step| accuracy::discrete_gaussian_mass(4.0, step).unwrap());
    for (noised, what) in [(&laplace, "Laplace"), (&gaussian, "Gaussian")] {
        let beyond =
            noised.counts.iter().filter(|count| count.unsigned_abs() as f64 >= noised.accuracy_95).count() as f64 / 20_000.0;
        assert!(beyond < 0.058, "{what}: a share of {beyond} reaches the accuracy of 95 %");
    }
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(128))]

    #[test]
    fn sums_of_decimals_do_not_depend_on_their_order(units in prop::collection::vec(1..1_000_000_u32, 1..30)) {
        let costs: Vec<Decimal> = units.iter().map(|units| decimal(&format!("{units}e-9"))).collect();
        let forward = costs.iter().try_fold(Decimal::ZERO, |sum, cost| sum.plus(*cost)).unwrap();
        let backward = costs.iter().rev().try_fold(Decimal::ZERO, |sum, cost| sum.plus(*cost)).unwrap();
        prop_assert_eq!(forward, backward);
        let total: u64 = units.iter().map(|units| u64::from(*units)).sum();
        prop_assert_eq!(forward, decimal(&format!("{total}e-9")));
        prop_assert_eq!(forward.to_string().parse::<Decimal>().unwrap(), forward);
    }

    #[test]
    fn costs_are_never_rounded_down(sensitivity in 0.01..100.0_f64, scale in 0.1..1000.0_f64) {
        let (rho, epsilon) = (gaussian_cost(sensitivity, scale).unwrap(), laplace_cost(sensitivity, scale).unwrap());
        prop_assert!(rho.to_f64() >= (sensitivity / scale).powi(2) / 2.0);
        prop_assert!(epsilon.to_f64() >= sensitivity / scale);
        prop_assert!(pure_cost(epsilon.to_f64()).unwrap() >= rho);
    }

    #[test]
    fn no_epsilon_is_below_the_tight_one(scale in 0.5..50.0_f64, count in 1..40_u32, digits in 2..12_i32) {
        let delta = 10.0_f64.powi(-digits);
        let mut account = Account::new(Measure::ZeroConcentrated, decimal("100000"));
        for _ in 0..count {
            prop_assert!(account.spend("q", "p", gaussian_cost(1.0, scale).unwrap()).unwrap().fit().is_some());
        }
        let stated = account.epsilon(delta).unwrap();
        let tight = conversion::gaussian_epsilon(1.0, scale, count, delta).unwrap();
        prop_assert!(stated >= tight, "stated {stated}, tight {tight}");
        // The loose bound is not needed: rho + 2 sqrt(rho ln(1 / delta)).
        let rho = account.spent().to_f64();
        prop_assert!(stated <= rho + 2.0 * (rho * (1.0 / delta).ln()).sqrt() + 1e-9);
        prop_assert!(conversion::epsilon_from_rho(rho * 1.1, delta).unwrap() >= stated);
    }

    #[test]
    fn masses_add_up_to_one(scale in 0.2..20.0_f64) {
        let all = |mass: &dyn Fn(i64) -> f64| (-2000..=2000).map(mass).sum::<f64>();
        prop_assert!((all(&|step| accuracy::discrete_laplace_mass(scale, step).unwrap()) - 1.0).abs() < 1e-9);
        prop_assert!((all(&|step| accuracy::discrete_gaussian_mass(scale, step).unwrap()) - 1.0).abs() < 1e-9);
    }
}
