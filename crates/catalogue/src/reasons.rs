//! Why a cell has no figure: stable codes, and the words for them.

use crate::document::Answer;

/// Nobody and nothing was observed.
pub const NO_DATA: &str = "no_data";
/// What a figure is divided by is 0.
pub const ZERO_DENOMINATOR: &str = "zero_denominator";
/// The follow-up of the period is not over.
pub const WINDOW_OPEN: &str = "window_open";
/// The period does not lie wholly inside the window.
pub const PARTIAL_PERIOD: &str = "partial_period";
/// The instrument was not running.
pub const NOT_INSTRUMENTED: &str = "not_instrumented";
/// Too few people.
pub const SMALL_GROUP: &str = "small_group";
/// Fewer than half have got there.
pub const MEDIAN_NOT_REACHED: &str = "median_not_reached";
/// Counters that mean different things.
pub const DEFINITIONS_DIFFER: &str = "definitions_differ";
/// No line was mined.
pub const NEEDS_LINE_DATA: &str = "needs_line_data";
/// The figure has no meaning for parts of this dimension.
pub const NOT_SPLIT: &str = "not_split";
/// The statistic cannot be computed from such values.
pub const NOT_COMPUTABLE: &str = "not_computable";

/// The answer for a code; a code of an own metric is said as it is.
pub(crate) fn answer(code: &str) -> Answer {
    let insufficient = |have: &str, need: &str, reason: &str| Answer::Insufficient {
        code: code.to_owned(),
        have: have.to_owned(),
        need: need.to_owned(),
        reason: reason.to_owned(),
    };
    match code {
        NO_DATA => insufficient("no observation", "one observation", "nothing was observed here"),
        ZERO_DENOMINATOR => insufficient("a denominator of 0", "a denominator above 0", "there is nothing to divide by"),
        WINDOW_OPEN => insufficient("a follow-up that is not over", "the whole follow-up", "it is too early to tell"),
        PARTIAL_PERIOD => insufficient("a part of the period", "the whole period", "the period is not wholly inside the window"),
        SMALL_GROUP => {
            insufficient("too few people", "five people", "a figure of so few people would say something of one of them")
        }
        MEDIAN_NOT_REACHED => {
            insufficient("less than half of the units with the event", "half of them", "the median is not reached yet")
        }
        NEEDS_LINE_DATA => insufficient("no mined line", "line lives of a repository", "mine a repository first: `candor mine`"),
        "revenue_unknown" => insufficient("no revenue of the month", "its revenue in finance.csv", "an unknown revenue is not 0"),
        "cost_unknown" => {
            insufficient("a cost that is not known", "engineering cost and tool cost of the month", "an unknown cost is not 0")
        }
        "customers_unknown" => {
            insufficient("no number of customers", "customers of the month in finance.csv", "the exposure is not known")
        }
        NOT_INSTRUMENTED => Answer::NotObserved {
            code: code.to_owned(),
            reason: "nothing was measured in this time: not observed is not 0".to_owned(),
        },
        NOT_SPLIT => Answer::NotApplicable {
            code: code.to_owned(),
            reason: "what this figure counts does not belong to one value of the dimension".to_owned(),
        },
        DEFINITIONS_DIFFER => Answer::NotApplicable {
            code: code.to_owned(),
            reason: "figures of different tools or definitions count different things and are never added up".to_owned(),
        },
        other => insufficient("observations without a value", "values", &other.replace('_', " ")),
    }
}
