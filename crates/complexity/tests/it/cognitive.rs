//! The rules of the cognitive count, one by one; the figures are counted by hand from the definition.

use candor_complexity::{Language, measure};

#[track_caller]
fn cognitive(language: Language, source: &str, expected: u32) {
    let functions = measure(language, source.as_bytes()).unwrap();
    assert_eq!(functions[0].cognitive, expected, "{source}");
}

#[test]
fn a_sequence_of_like_operators_counts_once_and_each_change_again() {
    for (condition, expected) in [
        ("a && b && c && d", 1),
        ("a && b && c || d || e && f", 3),
        ("a && !(b && c)", 2),
        ("a && (b && c)", 1),
        ("a || (b && c) || d", 3),
        ("a", 0),
        ("f(a && b) && c", 2),
    ] {
        cognitive(Language::Java, &format!("class X {{ boolean y() {{ return {condition}; }} }}"), expected);
        cognitive(Language::JavaScript, &format!("function y() {{ return {condition}; }}"), expected);
        cognitive(Language::C, &format!("int y(void) {{ return {condition}; }}"), expected);
        cognitive(Language::Rust, &format!("fn y() -> bool {{ {condition} }}"), expected);
    }
    cognitive(Language::Python, "def y():\n    return a and b and not (c and d) or e\n", 3);
}

#[test]
fn each_level_of_nesting_costs_one_more() {
    cognitive(
        Language::Java,
        "class X { void y() {
            try {
                if (a) {
                    for (int i = 0; i < 10; i++) {
                        while (b) { }
                    }
                }
            } catch (Exception e) {
                if (b) { }
            }
        } }",
        1 + 2 + 3 + 1 + 2,
    );
}

#[test]
fn the_parts_of_a_chain_cost_one_each_however_deep_they_stand() {
    // The second `if` of the `else` block is no `else if`: it stands a level deeper.
    cognitive(Language::Go, "package x\nfunc y() { for { if a { } else if b { } else { if c { } } } }", 1 + 2 + 1 + 1 + 3);
    cognitive(Language::Rust, "fn y() { loop { if a { } else if b { } else { if c { } } } }", 1 + 2 + 1 + 1 + 3);
    cognitive(Language::Kotlin, "fun y() { while (d) { if (a) { } else if (b) { } else { if (c) { } } } }", 1 + 2 + 1 + 1 + 3);
    cognitive(Language::CSharp, "class X { void Y() { while (d) { if (a) { } else if (b) { } else { if (c) { } } } } }", 8);
    cognitive(Language::Php, "<?php function y() { while ($d) { if ($a) { } elseif ($b) { } else { if ($c) { } } } }", 8);
    cognitive(Language::Ruby, "def y\n while d\n if a\n elsif b\n else\n if c\n end\n end\n end\nend\n", 8);
    cognitive(Language::Python, "def y():\n while d:\n  if a: pass\n  elif b: pass\n  else:\n   if c: pass\n", 8);
}

#[test]
fn an_else_of_what_is_no_chain_costs_nothing() {
    cognitive(Language::Ruby, "def y\n case a\n when 1 then 2\n else\n 3 if b\n end\nend\n", 1 + 2);
    cognitive(Language::Python, "def y():\n try:\n  a()\n except E:\n  pass\n else:\n  if b: pass\n", 1 + 1);
    cognitive(Language::Kotlin, "fun y() = when (a) { 1 -> 2\n else -> 3 }", 1);
}

#[test]
fn a_function_within_a_function_is_measured_by_itself() {
    let functions = measure(
        Language::Python,
        b"def outer():\n    if a:\n        def inner():\n            if b:\n                pass\n        return inner\n",
    )
    .unwrap();
    let figures: Vec<_> = functions.iter().map(|one| (one.name.as_str(), one.cyclomatic, one.cognitive)).collect();
    assert_eq!(figures, [("outer", 2, 1), ("outer.inner", 2, 1)]);
}

#[test]
fn a_call_of_another_object_is_no_recursion() {
    cognitive(Language::Java, "class X { void y() { other.y(); } }", 0);
    cognitive(Language::Java, "class X { void y() { y(); y(); } }", 1);
    cognitive(Language::Python, "class X:\n    def y(self):\n        self.inner.y()\n", 0);
    cognitive(Language::Python, "class X:\n    def y(self):\n        self.y()\n", 1);
}
