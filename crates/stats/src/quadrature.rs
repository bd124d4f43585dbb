//! Gauss-Legendre nodes and weights, shared by the recursive integrals of planned looks and by the power of t tests.

/// Nodes and weights of one panel on [-1, 1].
const NODES: usize = 16;

/// Composite Gauss-Legendre rule on `lower..upper` with `panels` panels of 16 nodes: pairs of node and weight.
///
/// Exact for polynomials up to degree 31 in each panel.
pub(crate) fn composite(lower: f64, upper: f64, panels: usize) -> Vec<(f64, f64)> {
    let reference = legendre();
    let width = (upper - lower) / panels as f64;
    let mut rule = Vec::with_capacity(panels * NODES);
    for panel in 0..panels {
        let middle = lower + (panel as f64 + 0.5) * width;
        rule.extend(reference.iter().map(|(node, weight)| (middle + 0.5 * width * node, 0.5 * width * weight)));
    }
    rule
}

/// The 16 roots of the Legendre polynomial by Newton's method from Tricomi's starting values.
fn legendre() -> [(f64, f64); NODES] {
    let mut rule = [(0.0, 0.0); NODES];
    let degree = NODES as f64;
    for (index, slot) in rule.iter_mut().enumerate() {
        let mut x = (std::f64::consts::PI * (index as f64 + 0.75) / (degree + 0.5)).cos();
        let mut slope = 1.0;
        for _ in 0..12 {
            let (mut previous, mut value) = (1.0, x);
            for order in 2..=NODES {
                let order = order as f64;
                (previous, value) = (value, ((2.0 * order - 1.0) * x * value - (order - 1.0) * previous) / order);
            }
            slope = degree * (x * value - previous) / (x * x - 1.0);
            x -= value / slope;
        }
        *slot = (x, 2.0 / ((1.0 - x * x) * slope * slope));
    }
    rule
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn integrates_what_it_should() {
        let sine: f64 = composite(0.0, std::f64::consts::PI, 2).iter().map(|(x, w)| w * x.sin()).sum();
        assert!((sine - 2.0).abs() < 1e-14, "{sine}");
        let power: f64 = composite(0.0, 1.0, 1).iter().map(|(x, w)| w * x.powi(31)).sum();
        assert!((power - 1.0 / 32.0).abs() < 1e-15, "{power}");
    }
}
