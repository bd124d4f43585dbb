//! The one list of figures that the packages print and the product does not, each with its reason.

/// Case, pattern of its keys (`*` stands for any text), reason.
pub const LEFT_OUT: &[(&str, &str, &str)] = &[
    (
        "competing_risks",
        "*.WRONG_one_minus_km.*",
        "treats leavers as censored, which answers another question; a property shows that we do not print it",
    ),
    (
        "non_inferiority",
        "*.farrington_manning_z",
        "statsmodels 0.15.0 (its issue 10269) has events in the place of units in the cubic of the constrained shares; the test of the case \
         reproduces its figure with that slip, and ours without it",
    ),
    ("non_inferiority", "*.miettinen_nurminen_*", "limits from the same constrained shares"),
    ("non_inferiority", "*.non_inferior_p", "p-values of the same statistic"),
    (
        "two_proportions",
        "*.rd_miettinen_nurminen.*",
        "statsmodels 0.15.0 has the events in the place of the units in one coefficient of the cubic (its limits for two equal tables are not \
         symmetric); ours are those that Newcombe 1998 publishes for 56/70 and 48/80",
    ),
];

/// Why this key is left out, if it is.
pub fn reason(case: &str, key: &str) -> Option<&'static str> {
    LEFT_OUT.iter().find(|(name, pattern, _)| *name == case && matches(pattern, key)).map(|(_, _, reason)| *reason)
}

/// Whether `text` has the shape of `pattern`.
pub fn matches(pattern: &str, text: &str) -> bool {
    match pattern.split_once('*') {
        None => pattern == text,
        Some((head, rest)) => text
            .strip_prefix(head)
            .is_some_and(|tail| (0..=tail.len()).any(|at| tail.is_char_boundary(at) && matches(rest, &tail[at..]))),
    }
}

#[test]
fn patterns_match_whole_keys() {
    assert!(matches("*.cr2", "a.b.cr2") && matches("a*c*e", "abcde") && matches("x", "x"));
    assert!(!matches("*.cr2", "a.cr22") && !matches("x", "xx"));
}
