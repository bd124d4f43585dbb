//! Sets of lines as sorted, disjoint, one-based inclusive ranges.

/// Lines of one file: sorted, disjoint, one-based inclusive ranges.
pub type Ranges = Vec<(u32, u32)>;

/// Sorts ranges and joins those that touch; ranges that end before they begin are dropped.
pub fn normalised(mut ranges: Ranges) -> Ranges {
    ranges.retain(|&(from, to)| from <= to);
    ranges.sort_unstable();
    let mut joined: Ranges = Vec::with_capacity(ranges.len());
    for (from, to) in ranges {
        match joined.last_mut() {
            Some(last) if from <= last.1.saturating_add(1) => last.1 = last.1.max(to),
            _ => joined.push((from, to)),
        }
    }
    joined
}

/// Number of lines in normalised ranges.
pub fn count(ranges: &[(u32, u32)]) -> u64 {
    ranges.iter().map(|&(from, to)| u64::from(to - from) + 1).sum()
}

/// Lines that are in both; both normalised.
pub fn intersection(a: &[(u32, u32)], b: &[(u32, u32)]) -> Ranges {
    let (mut i, mut j, mut both) = (0, 0, Vec::new());
    while let (Some(&(a_from, a_to)), Some(&(b_from, b_to))) = (a.get(i), b.get(j)) {
        let (from, to) = (a_from.max(b_from), a_to.min(b_to));
        if from <= to {
            both.push((from, to));
        }
        if a_to < b_to { i += 1 } else { j += 1 }
    }
    both
}

/// Lines of `a` that are not in `b`; both normalised.
pub fn difference(a: &[(u32, u32)], b: &[(u32, u32)]) -> Ranges {
    let mut rest = Vec::new();
    let mut j = 0;
    for &(from, to) in a {
        let mut next = Some(from);
        while b.get(j).is_some_and(|&(_, b_to)| b_to < from) {
            j += 1;
        }
        for &(b_from, b_to) in b.get(j..).unwrap_or_default().iter().take_while(|&&(b_from, _)| b_from <= to) {
            let Some(at) = next else { break };
            if at < b_from {
                rest.push((at, b_from - 1));
            }
            next = b_to.checked_add(1).filter(|&after| after <= to);
        }
        rest.extend(next.map(|at| (at, to)));
    }
    rest
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used, clippy::panic)]
    use super::*;
    use proptest::prelude::*;
    use std::collections::BTreeSet;

    fn lines(ranges: &[(u32, u32)]) -> BTreeSet<u32> {
        ranges.iter().flat_map(|&(from, to)| from..=to).collect()
    }

    #[test]
    fn the_last_line_that_fits_is_a_line() {
        let all = [(1, u32::MAX)];
        assert_eq!(count(&all), u64::from(u32::MAX));
        assert_eq!(difference(&all, &[(5, u32::MAX)]), [(1, 4)]);
        assert_eq!(normalised(vec![(3, u32::MAX), (1, 2), (9, 4)]), [(1, u32::MAX)]);
    }

    proptest! {
        #[test]
        fn ranges_are_sets(a in prop::collection::vec((1u32..40, 1u32..40), 0..8), b in prop::collection::vec((1u32..40, 1u32..40), 0..8)) {
            let (a, b) = (normalised(a), normalised(b));
            prop_assert!(a.windows(2).all(|w| w[0].1 + 1 < w[1].0), "not disjoint: {a:?}");
            prop_assert_eq!(count(&a), lines(&a).len() as u64);
            prop_assert_eq!(lines(&intersection(&a, &b)), lines(&a).intersection(&lines(&b)).copied().collect::<BTreeSet<_>>());
            prop_assert_eq!(lines(&difference(&a, &b)), lines(&a).difference(&lines(&b)).copied().collect::<BTreeSet<_>>());
        }
    }
}
