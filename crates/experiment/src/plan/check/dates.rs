//! Phases follow each other, and looks fall where they can see something and still decide.

use crate::plan::reader::Examined;
use crate::plan::{LookMethod, Plan};

/// Days that a baseline needs at least.
const BASELINE_DAYS: i32 = 28;
/// Looks beyond which spending a share on each leaves nothing to decide with.
const MOST_LOOKS: usize = 60;

pub(super) fn check(examined: &Examined<'_>, plan: &Plan) {
    let dates = &plan.dates;
    let order = [
        ("baseline_from", dates.baseline_from),
        ("pilot_from", dates.pilot_from),
        ("pilot_until", dates.pilot_until),
        ("analysis_until", dates.analysis_until),
        ("policy_until", dates.policy_until),
    ];
    for pair in order.windows(2) {
        if let [(first, from), (second, until)] = pair
            && until <= from
        {
            examined.refuse(
                &format!("dates.{second}"),
                "date_order",
                format!("expected a day after `{first}` ({from}), found {until}"),
                "phases follow each other: baseline, pilot, analysis, policy; each ends where the next begins",
            );
        }
    }
    let days = |from: jiff::civil::Date, until: jiff::civil::Date| from.until(until).map_or(0, |span| span.get_days());
    let baseline = days(dates.baseline_from, dates.pilot_from);
    if (1..BASELINE_DAYS).contains(&baseline) {
        examined.refuse(
            "dates.pilot_from",
            "short_baseline",
            format!("expected a baseline of at least {BASELINE_DAYS} days, found {baseline}"),
            "without four weeks before, nothing can be compared with before: begin the baseline earlier or the pilot later",
        );
    }
    looks(examined, plan);
}

fn looks(examined: &Examined<'_>, plan: &Plan) {
    let looks = &plan.looks;
    match (looks.method, looks.spending) {
        (LookMethod::Planned, None) => examined.refuse(
            "looks",
            "no_spending",
            "planned looks need `spending`: expected obrien_fleming or pocock",
            "looking several times without spending an error rate finds an effect where there is none",
        ),
        (LookMethod::AlwaysValid, Some(_)) => examined.refuse(
            "looks.spending",
            "needless_spending",
            "always-valid intervals spend nothing at looks",
            "leave `spending` out, or set `method = \"planned\"`",
        ),
        _ => {}
    }
    match (looks.method, looks.tuned_for_units) {
        (LookMethod::AlwaysValid, None) => examined.refuse(
            "looks",
            "untuned",
            "always-valid intervals need `tuned_for_units`: the number of units at which they are tightest",
            "name the number that you expect at the last look; a number chosen afterwards would not be valid",
        ),
        (LookMethod::Planned, Some(_)) => examined.refuse(
            "looks.tuned_for_units",
            "needless_tuning",
            "planned looks are not tuned",
            "leave `tuned_for_units` out, or set `method = \"always_valid\"`",
        ),
        _ => {}
    }
    if looks.dates.is_empty() {
        examined.refuse(
            "looks",
            "no_looks",
            "expected at least one day in `looks.dates`",
            "the last look is the one that decides: name at least that",
        );
        return;
    }
    if looks.dates.len() > MOST_LOOKS {
        examined.refuse(
            "looks.dates",
            "too_many_looks",
            format!("expected at most {MOST_LOOKS} looks, found {}", looks.dates.len()),
            "weekly digests need no planned look: they use always-valid intervals",
        );
    }
    let mut before = None;
    for (number, day) in looks.dates.iter().enumerate() {
        let path = format!("looks.dates[{}]", number + 1);
        if *day <= plan.dates.pilot_from {
            examined.refuse(
                &path,
                "look_before_pilot",
                format!("expected a day after the pilot begins ({}), found {day}", plan.dates.pilot_from),
                "a look before the pilot sees the baseline only",
            );
        } else if *day > plan.dates.policy_until {
            examined.refuse(
                &path,
                "look_after_end",
                format!("expected a day of the plan (until {}), found {day}", plan.dates.policy_until),
                "later checkpoints are plans of their own",
            );
        }
        if before.is_some_and(|before| *day <= before) {
            examined.refuse(
                &path,
                "look_order",
                format!("expected looks in order of time, found {day} after a later one"),
                "sort the days, each once",
            );
        }
        before = Some(*day);
    }
    if let Some(last) = looks.dates.last()
        && *last < plan.dates.pilot_until
    {
        examined.refuse(
            &format!("looks.dates[{}]", looks.dates.len()),
            "last_look_early",
            format!("expected the last look on or after the end of the pilot ({}), found {last}", plan.dates.pilot_until),
            "the last look decides and should see the whole pilot",
        );
    }
}
