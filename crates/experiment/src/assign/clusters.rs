//! Whole groups at once: the units of a wave share out the arms within their stratum as evenly as their number allows.

use std::collections::BTreeMap;

use super::seed::DrawKey;
use crate::ledger::{Draw, EnrolledUnit, Enrolment};

/// Draws every unit of an enrolment, in its order.
///
/// # Definition
/// Within a stratum and wave of n units and k arms each arm is given floor(n / k) times; the n mod k arms that are left over are chosen by
/// lot; then all are shuffled over the units. The stream is ChaCha20 keyed by HMAC-SHA-256(seeds, stratum and wave): units that come
/// later are a wave of their own and move nobody.
pub(super) fn draw(enrolment: &Enrolment, key: &DrawKey) -> Vec<Draw> {
    let mut strata: BTreeMap<&str, Vec<&EnrolledUnit>> = BTreeMap::new();
    for unit in &enrolment.units {
        strata.entry(unit.stratum.as_str()).or_default().push(unit);
    }
    let mut drawn: BTreeMap<&str, Draw> = BTreeMap::new();
    for (stratum, units) in strata {
        let wave = enrolment.waves.get(stratum).copied().unwrap_or(0);
        let mut stream = key.stream("clusters", &format!("{stratum}\u{0}{wave}"));
        let mut arms: Vec<&str> = Vec::with_capacity(units.len());
        let whole = units.len() / enrolment.arms.len().max(1);
        arms.extend(enrolment.arms.iter().flat_map(|arm| std::iter::repeat_n(arm.as_str(), whole)));
        let mut spare: Vec<&str> = enrolment.arms.iter().map(String::as_str).collect();
        stream.shuffle(&mut spare);
        let missing = units.len().saturating_sub(arms.len());
        arms.extend(spare.into_iter().take(missing));
        stream.shuffle(&mut arms);
        for (unit, arm) in units.into_iter().zip(arms) {
            let draw = Draw { unit: unit.unit.clone(), arm: arm.to_owned(), stratum: format!("{stratum}/w{}", wave + 1) };
            drawn.insert(unit.unit.as_str(), draw);
        }
    }
    enrolment.units.iter().filter_map(|unit| drawn.remove(unit.unit.as_str())).collect()
}
