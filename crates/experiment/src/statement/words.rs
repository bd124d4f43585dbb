//! Words that a statement may not use beside a verdict, whoever wrote the sentence.

use crate::verdict::Class;

/// Words of those who want to go on whatever the figures say, and of money that is gone: in no statement.
const NEVER: &[&str] = &[
    "already spent",
    "already invested",
    "sunk",
    "more time to",
    "too early to judge",
    "believe",
    "obviously",
    "clearly",
    "game changer",
    "revolution",
    "disaster",
    "blame",
    "fault of",
];

/// Words of success.
const SUCCESS: &[&str] = &[
    "justified",
    "justify",
    "justifies",
    "every bar",
    "success",
    "succeed",
    "proven",
    "proves",
    "pays off",
    "paid off",
    "worth it",
    "expand",
    "extend to all",
    "scale up",
    "all criteria",
    "every criterion",
    "goes on as planned",
    "on track",
    "promising",
    "encouraging",
];

/// Words of failure.
const FAILURE: &[&str] = &[
    "pull back",
    "pulled back",
    "goes back",
    "withdraw",
    "failed",
    "failure of",
    "harmful",
    "did damage",
    "not justified",
    "abandon",
    "stopped",
];

/// Words of not knowing.
const OPEN: &[&str] = &["cannot be told", "cannot tell yet", "insufficient", "inconclusive", "remains open", "not known yet"];

/// Words of knowing, in either direction.
const KNOWING: &[&str] = &[
    "we know that",
    "it is shown that",
    "has been shown",
    "no difference at all",
    "has no effect",
    "does not help",
    "does not work",
];

/// Words that only a lot or a controlled design allows.
const CAUSAL: &[&str] = &["effect", "caused", "because of the tools", "thanks to", "due to the tools", "impact"];

/// The words that a statement on this verdict may not use.
#[must_use]
pub fn forbidden(class: Class, is_effect: bool) -> Vec<&'static str> {
    let by_class: &[&[&str]] = match class {
        Class::Justified => &[FAILURE, OPEN],
        Class::Adjust => &[SUCCESS, &["pull back", "pulled back", "withdraw", "abandon"], OPEN],
        Class::PullBack => &[SUCCESS, OPEN],
        Class::Insufficient | Class::InsufficientFinal => &[SUCCESS, FAILURE, KNOWING],
    };
    let causal: &[&str] = if is_effect { &[] } else { CAUSAL };
    [NEVER, causal].iter().chain(by_class).flat_map(|words| words.iter().copied()).collect()
}

/// Those of them that a text uses.
#[must_use]
pub fn contradictions(class: Class, is_effect: bool, text: &str) -> Vec<&'static str> {
    let text = text.to_lowercase();
    let uses = |word: &&str| {
        text.match_indices(*word).any(|(place, found)| {
            let before = text.get(..place).and_then(|before| before.chars().last());
            let after = text.get(place + found.len()..).and_then(|after| after.chars().next());
            // `failed_deployment_recovery_time` is the name of a metric and claims nothing.
            let is_in_name = matches!(before, Some('_')) || matches!(after, Some('_' | '\\'));
            !before.is_some_and(char::is_alphanumeric) && !is_in_name
        })
    };
    forbidden(class, is_effect).into_iter().filter(uses).collect()
}
