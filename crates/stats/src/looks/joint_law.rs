//! The joint law of the statistics of several looks: how much probability leaves through a boundary at each look.
//!
//! Canonical form: Z_k is standard normal under no effect and corr(Z_j, Z_k) = sqrt(I_j / I_k) for information I_j <= I_k. The mass of
//! the paths that have not left is carried from look to look by the recursion of Armitage, McPherson and Rowe (1969),
//! doi:10.2307/2343787, as set out in Jennison and Turnbull (2000), Group Sequential Methods, chapter 19.

use crate::distributions::normal_cdf;
use crate::quadrature;

/// Beyond this the standard normal holds less than 2e-17.
pub(super) const FAR: f64 = 8.5;

/// The paths that went on after a look: nodes on the scale of Z with the mass that they stand for.
pub(super) struct Stage {
    information: f64,
    nodes: Vec<(f64, f64)>,
}

/// How Z at the next look follows from Z at this one: `next = carry * z + sd * noise`.
fn transition(information: f64, next: f64) -> (f64, f64) {
    ((information / next).sqrt(), ((next - information) / next).sqrt())
}

/// Probability of having gone on so far and of `Z > z` at a look with `information`.
pub(super) fn above(stage: Option<&Stage>, information: f64, z: f64) -> f64 {
    let Some(stage) = stage else { return normal_cdf(-z) };
    let (carry, sd) = transition(stage.information, information);
    stage.nodes.iter().map(|(node, mass)| mass * normal_cdf((carry * node - z) / sd)).sum()
}

/// The paths that go on after a look with `information`, where they stay at or below `upper`.
///
/// `next` is the information of the look that follows; it fixes how fine the nodes must lie.
pub(super) fn go_on(stage: Option<&Stage>, information: f64, upper: f64, next: f64) -> Stage {
    let own_sd = stage.map_or(1.0, |stage| transition(stage.information, information).1);
    let (next_carry, next_sd) = transition(information, next);
    let width = (2.5 * own_sd).min(2.5 * next_sd / next_carry).min(1.5);
    let upper = upper.clamp(-FAR, FAR);
    let panels = ((upper + FAR) / width).ceil().clamp(1.0, 2000.0) as usize;
    let mut nodes = quadrature::composite(-FAR, upper, panels);
    let root = (std::f64::consts::TAU).sqrt();
    for (node, weight) in &mut nodes {
        let density = match stage {
            None => (-0.5 * *node * *node).exp() / root,
            Some(stage) => {
                let (carry, sd) = transition(stage.information, information);
                let kernel = |(from, mass): &(f64, f64)| {
                    let distance = (*node - carry * from) / sd;
                    mass * (-0.5 * distance * distance).exp()
                };
                stage.nodes.iter().map(kernel).sum::<f64>() / (sd * root)
            }
        };
        *weight *= density;
    }
    // Nodes without mass only cost time at the next look.
    nodes.retain(|(_, mass)| *mass > 1e-20);
    Stage { information, nodes }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn two_looks_agree_with_the_bivariate_normal() {
        // P(Z1 <= 0, Z2 <= 0) = 1/4 + asin(rho) / (2 pi).
        for (first, second) in [(0.5_f64, 1.0_f64), (0.01, 1.0), (0.999, 1.0)] {
            let stage = go_on(None, first, 0.0, second);
            let both = 0.5 - above(Some(&stage), second, 0.0);
            let exact = 0.25 + (first / second).sqrt().asin() / std::f64::consts::TAU;
            assert!((both - exact).abs() < 1e-10, "information {first} of {second}: {both}, exact {exact}");
        }
    }
}
