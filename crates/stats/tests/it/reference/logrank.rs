//! Computes every key of the case `logrank`: changes until they are reverted, by source and by arm.

use candor_stats::linearised::Reference;
use candor_stats::survival::Lives;
use candor_stats::survival::logrank::{GroupedLives, LogRank, Weighting, robust, test};

use super::case::{Case, Computed};
use super::figures::labels;

pub fn compute(case: &Case, out: &mut Computed) {
    let table = case.table("changes.csv");
    let days = table.numbers("days");
    let reverted: Vec<bool> = table.numbers("reverted").iter().map(|flag| *flag != 0.0).collect();
    let column = |name: &str| -> Vec<u32> { labels(&table, name).into_iter().map(|label| label as u32).collect() };
    let (arms, repositories, developers) = (column("arm"), column("repo"), column("dev"));
    let ai: Vec<u32> = table.numbers("ai").iter().map(|flag| *flag as u32).collect();
    let lives = Lives::new(&days, &reverted).clustered(&developers);
    let rows = GroupedLives { lives, groups: &ai, strata: None };
    let plain = |rows: &GroupedLives<'_>, weighting| test(rows, weighting).unwrap().fit().unwrap().clone();
    let two = plain(&rows, Weighting::LogRank);
    out.put("two_sample.observed_ai", Some(two.groups[1].observed));
    out.put("two_sample.expected_ai", Some(two.groups[1].expected));
    out.put("two_sample.variance", Some(two.covariance[1][1]));
    let tests: [(&str, LogRank); 7] = [
        ("two_sample", two),
        ("three_arms", plain(&GroupedLives { groups: &arms, ..rows }, Weighting::LogRank)),
        ("gehan_wilcoxon", plain(&rows, Weighting::Gehan)),
        ("tarone_ware", plain(&rows, Weighting::TaroneWare)),
        ("peto_rho1", plain(&rows, Weighting::Peto)),
        ("stratified_by_repo", plain(&GroupedLives { strata: Some(&repositories), ..rows }, Weighting::LogRank)),
        ("cluster_robust_score", robust(&rows, Weighting::LogRank, Reference::Normal).unwrap().fit().unwrap().clone()),
    ];
    for (name, test) in tests {
        out.put(format!("{name}.chi2"), Some(test.chi_squared));
        out.put(format!("{name}.p"), Some(test.p_value));
        // The packages print the degrees of freedom of some tests only.
        let key = format!("{name}.df");
        if case.expects(&key) {
            out.put(key, Some(test.degrees_of_freedom));
        }
    }
}
