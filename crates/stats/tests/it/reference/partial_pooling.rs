//! Computes every key of the case `partial_pooling`.

use candor_stats::pooling::partial_pooling::partial_pooling;
use candor_stats::pooling::random_effects::variances;

use super::case::{Case, Computed};

pub fn compute(case: &Case, out: &mut Computed) {
    out.tolerance(1e-6);
    let table = case.table("contexts.csv");
    let variances = variances(&table.numbers("se")).unwrap();
    let pooled = partial_pooling(&table.numbers("effect"), &variances, 0.95).unwrap().into_fit().unwrap();
    out.put("mean", Some(pooled.mean.point));
    out.put("mean_se", pooled.mean.standard_error());
    out.put("tau2", Some(pooled.tau2));
    for (name, context) in table.texts("context").iter().zip(&pooled.contexts) {
        let interval = context.conditional;
        out.put(format!("{name}.blup"), Some(context.shrunk.point));
        out.put(format!("{name}.blup_se"), context.shrunk.standard_error());
        out.put(format!("{name}.lower"), interval.lower);
        out.put(format!("{name}.upper"), interval.upper);
    }
}
