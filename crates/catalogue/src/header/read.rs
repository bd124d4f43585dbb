//! Reads the head of a metric file, and says at which line it is wrong.

use std::collections::BTreeMap;

use serde::Deserialize;
use toml::Spanned;

use super::{Direction, Estimator, Figure, IncidenceReport, Metric, Parts, PeriodKind, SurvivalReport};
use crate::error::{Fault, nearest};

/// Where the SELECT begins.
pub(super) fn body(text: &str) -> Option<usize> {
    text.find("*/").map(|at| at + 2)
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct HeadText {
    id: Spanned<String>,
    version: u32,
    tier: Spanned<u8>,
    cadence: Spanned<PeriodKind>,
    question: String,
    definition: String,
    source: String,
    #[serde(default)]
    caveats: String,
    #[serde(default)]
    needs: Vec<String>,
    #[serde(default)]
    slices: Vec<String>,
    #[serde(default)]
    per: Vec<String>,
    #[serde(default)]
    all_time: bool,
    min_people: Option<u32>,
    ours: Option<Spanned<String>>,
    #[serde(default)]
    ours_by: BTreeMap<String, String>,
    #[serde(default, rename = "figure")]
    figures: Vec<Spanned<FigureText>>,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct FigureText {
    name: String,
    unit: String,
    direction: Direction,
    estimator: Spanned<String>,
    value: Option<String>,
    numerator: Option<String>,
    denominator: Option<String>,
    denominator_in_week: Option<String>,
    duration: Option<String>,
    event: Option<String>,
    weight: Option<String>,
    entry: Option<String>,
    cause: Option<String>,
    mean_by: Option<Vec<String>>,
    q: Option<Spanned<f64>>,
    at_time: Option<f64>,
    report: Option<Spanned<String>>,
    limit_setting: Option<String>,
    scale: Option<f64>,
    #[serde(rename = "where")]
    only: Option<String>,
    follow_up_days: Option<u32>,
    min_people: Option<u32>,
    slices: Option<Vec<String>>,
    needs: Option<Vec<String>>,
    step: Option<String>,
    #[expect(dead_code, reason = "a wish of the author for pages; every period can be computed")]
    periods: Option<Vec<PeriodKind>>,
}

const ESTIMATORS: &[&str] = &[
    "mean",
    "mean_of_units",
    "ratio",
    "proportion",
    "rate",
    "count",
    "geometric_mean",
    "median",
    "quantile",
    "survival",
    "cumulative_incidence",
    "composed",
];

/// Settings that a restricted mean may take its limit from.
const LIMIT_SETTINGS: &[&str] = &["practice_limit_minutes"];

pub(super) struct Reader<'a> {
    pub(super) file: &'a str,
    pub(super) text: &'a str,
}

impl Reader<'_> {
    fn fault(&self, line: usize, key: &str, problem: impl Into<String>, hint: impl Into<String>) -> Fault {
        Fault { file: self.file.to_owned(), line, key: key.to_owned(), problem: problem.into(), hint: hint.into() }
    }

    /// The line of an offset in the head, which begins at `start` of the file.
    fn line(&self, offset: usize) -> usize {
        self.text.get(..offset).map_or(1, |before| before.matches('\n').count() + 1)
    }

    pub(super) fn metric(&self, own: bool) -> Result<Metric, Fault> {
        let start = self.text.len() - self.text.trim_start().len();
        if !self.text.get(start..).is_some_and(|text| text.starts_with("/*")) {
            let hint = "begin the file with /* id = \"...\" ... */; `candor metrics show review_time` prints one";
            return Err(self.fault(self.line(start), "", "expected a head: a comment that is TOML, found none", hint));
        }
        let start = start + 2;
        let Some(end) = self.text.find("*/") else {
            return Err(self.fault(
                self.line(start),
                "",
                "expected the end of the head, found none",
                "close the comment with */",
            ));
        };
        let head: HeadText = toml::from_str(self.text.get(start..end).unwrap_or_default()).map_err(|error| {
            let line = self.line(start + error.span().map_or(0, |span| span.start));
            let key = self.text.lines().nth(line - 1).and_then(|text| text.split_once('=')).map_or("", |(key, _)| key.trim());
            let message = error.message().replace('\n', " ");
            let hint =
                unknown_key(&message).unwrap_or_else(|| "the head is TOML: key = value, texts in double quotes".to_owned());
            self.fault(line, key, message, hint)
        })?;
        let at = |span: std::ops::Range<usize>| self.line(start + span.start);
        let stem = self.file.rsplit(['/', '\\']).next().unwrap_or(self.file).trim_end_matches(".sql");
        if head.id.get_ref() != stem {
            let problem = format!("expected the name of the file, `{stem}`, found `{}`", head.id.get_ref());
            return Err(self.fault(at(head.id.span()), "id", problem, format!("write id = \"{stem}\", or rename the file")));
        }
        let plain = |id: &str| id.chars().all(|c| c.is_ascii_lowercase() || c.is_ascii_digit() || c == '_') && !id.is_empty();
        if !plain(stem) {
            let problem = format!("expected lower-case letters, digits and `_`, found `{stem}`");
            return Err(self.fault(at(head.id.span()), "id", problem, "rename the file and the id"));
        }
        if !(1..=3).contains(head.tier.get_ref()) {
            let problem = format!("expected 1, 2 or 3, found {}", head.tier.get_ref());
            let hint = "1 = business outcomes, 2 = team health, 3 = individual patterns";
            return Err(self.fault(at(head.tier.span()), "tier", problem, hint));
        }
        if *head.cadence.get_ref() == PeriodKind::Overall {
            let problem = "expected `day`, `week`, `month` or `quarter`, found `overall`";
            return Err(self.fault(at(head.cadence.span()), "cadence", problem, "say how often a reader looks at it"));
        }
        if head.figures.is_empty() {
            let hint = "add [[figure]] with name, unit, direction and estimator";
            return Err(self.fault(at(head.id.span()), "figure", "expected at least one figure, found none", hint));
        }
        if self.text.get(end + 2..).is_none_or(|sql| sql.trim().is_empty()) {
            let hint = "write one SELECT below the head that gives one row per observation";
            return Err(self.fault(self.line(end), "", "expected a SELECT, found none", hint));
        }
        if let Some(ours) = head.ours.as_ref().filter(|_| own) {
            let hint = "take the key out: it places definitions of others beside ours";
            return Err(self.fault(at(ours.span()), "ours", "expected no `ours` in an own metric, found one", hint));
        }
        let mut figures: Vec<Figure> = Vec::with_capacity(head.figures.len());
        for text in head.figures {
            let line = at(text.span());
            let figure = self.figure(text.into_inner(), head.min_people, line, at)?;
            if figures.iter().any(|other| other.name == figure.name) {
                let problem = format!("expected a name of its own, found `{}` twice", figure.name);
                return Err(self.fault(line, "name", problem, "give each figure another name"));
            }
            figures.push(figure);
        }
        Ok(Metric {
            id: head.id.into_inner(),
            version: head.version,
            tier: head.tier.into_inner(),
            cadence: head.cadence.into_inner(),
            question: head.question,
            definition: head.definition,
            source: head.source,
            caveats: head.caveats,
            needs: head.needs,
            slices: head.slices,
            per: head.per,
            all_time: head.all_time,
            ours: head.ours.map(|ours| (ours.into_inner(), head.ours_by)),
            figures,
            file: self.file.to_owned(),
            own,
            text: self.text.to_owned(),
        })
    }

    fn figure(
        &self,
        text: FigureText,
        min_people: Option<u32>,
        line: usize,
        at: impl Fn(std::ops::Range<usize>) -> usize,
    ) -> Result<Figure, Fault> {
        let name = text.estimator.get_ref().clone();
        let estimator_line = at(text.estimator.span());
        let need = |key: &'static str, value: &Option<String>| {
            value.clone().ok_or_else(|| {
                let problem = format!("expected `{key}`, which `{name}` reads, found none");
                self.fault(estimator_line, key, problem, format!("add {key} = \"COLUMN\", a column of the SELECT"))
            })
        };
        let value = || need("value", &text.value);
        let parts = || {
            Ok::<_, Fault>(Parts {
                numerator: need("numerator", &text.numerator)?,
                denominator: need("denominator", &text.denominator)?,
                denominator_in_week: text.denominator_in_week.clone(),
            })
        };
        let time = || {
            text.at_time.filter(|at| *at > 0.0).ok_or_else(|| {
                let hint = "add at_time = 30, in the unit of the durations";
                self.fault(estimator_line, "at_time", "expected a time above 0, found none", hint)
            })
        };
        let report = text.report.as_ref().map(|report| report.get_ref().as_str());
        let wrong_report = |allowed: &str| {
            let found = report.map_or("none".to_owned(), |report| format!("`{report}`"));
            let line = text.report.as_ref().map_or(estimator_line, |report| at(report.span()));
            self.fault(
                line,
                "report",
                format!("expected {allowed}, found {found}"),
                format!("say what is read off the curve: {allowed}"),
            )
        };
        let estimator = match name.as_str() {
            "mean" => Estimator::Mean { value: value()? },
            "mean_of_units" => {
                Estimator::MeanOfUnits { value: value()?, by: text.mean_by.clone().unwrap_or_else(|| vec!["person".to_owned()]) }
            }
            "ratio" => Estimator::Ratio(parts()?),
            "proportion" => Estimator::Proportion { value: value()? },
            "rate" => Estimator::Rate(parts()?),
            "count" => Estimator::Count { value: value()? },
            "geometric_mean" => Estimator::GeometricMean { value: value()? },
            "median" => Estimator::Quantile { value: value()?, q: 0.5 },
            "quantile" => {
                let q = text.q.as_ref().map(|q| (*q.get_ref(), at(q.span())));
                match q {
                    Some((q, _)) if q > 0.0 && q < 1.0 => Estimator::Quantile { value: value()?, q },
                    other => {
                        let found = other.map_or("none".to_owned(), |(q, _)| q.to_string());
                        let line = other.map_or(estimator_line, |(_, line)| line);
                        let problem = format!("expected a number between 0 and 1, found {found}");
                        return Err(self.fault(line, "q", problem, "add q = 0.75"));
                    }
                }
            }
            "survival" => Estimator::Survival {
                duration: need("duration", &text.duration)?,
                event: need("event", &text.event)?,
                weight: text.weight.clone(),
                entry: text.entry.clone(),
                report: match report {
                    Some("event") => SurvivalReport::Event { at: time()? },
                    Some("survival") => SurvivalReport::Survival { at: time()? },
                    Some("median") => SurvivalReport::Median,
                    Some("restricted_mean") => {
                        let limit_setting = need("limit_setting", &text.limit_setting)?;
                        if !LIMIT_SETTINGS.contains(&limit_setting.as_str()) {
                            let problem = format!("expected one of {}, found `{limit_setting}`", LIMIT_SETTINGS.join(", "));
                            return Err(self.fault(estimator_line, "limit_setting", problem, "name a setting of candor.toml"));
                        }
                        SurvivalReport::RestrictedMean { limit_setting }
                    }
                    _ => return Err(wrong_report("`event`, `survival`, `median` or `restricted_mean`")),
                },
            },
            "cumulative_incidence" => Estimator::CumulativeIncidence {
                duration: need("duration", &text.duration)?,
                cause: need("cause", &text.cause)?,
                weight: text.weight.clone(),
                report: match report {
                    None | Some("event") => IncidenceReport::At(time()?),
                    Some("median") => IncidenceReport::Median,
                    _ => return Err(wrong_report("`event` or `median`")),
                },
            },
            "composed" => Estimator::Composed,
            other => {
                let near = nearest(other, ESTIMATORS.iter().copied());
                let hint =
                    near.map_or_else(|| format!("one of {}", ESTIMATORS.join(", ")), |near| format!("did you mean `{near}`?"));
                return Err(self.fault(estimator_line, "estimator", format!("expected an estimator, found `{other}`"), hint));
            }
        };
        // A key that the estimator does not read would be silently without effect.
        let columns = [
            ("value", text.value.is_some()),
            ("numerator", text.numerator.is_some()),
            ("denominator", text.denominator.is_some()),
            ("denominator_in_week", text.denominator_in_week.is_some()),
            ("duration", text.duration.is_some()),
            ("event", text.event.is_some()),
            ("cause", text.cause.is_some()),
            ("weight", text.weight.is_some()),
            ("entry", text.entry.is_some()),
        ];
        let read = estimator.columns();
        let is_curve = matches!(estimator, Estimator::Survival { .. } | Estimator::CumulativeIncidence { .. });
        let idle = columns
            .into_iter()
            .filter(|(key, _)| !matches!(estimator, Estimator::Composed) && !read.iter().any(|(own, _)| own == key))
            .chain([
                ("mean_by", text.mean_by.is_some() && !matches!(estimator, Estimator::MeanOfUnits { .. })),
                ("q", text.q.is_some() && name != "quantile"),
                ("report", text.report.is_some() && !is_curve),
                ("at_time", text.at_time.is_some() && !is_curve),
                ("limit_setting", text.limit_setting.is_some() && !matches!(estimator, Estimator::Survival { .. })),
            ]);
        if let Some((key, _)) = idle.into_iter().find(|(_, given)| *given) {
            let problem = format!("expected no `{key}`: `{name}` does not read it");
            return Err(self.fault(estimator_line, key, problem, "take the key out, or choose another estimator"));
        }
        let scale = text.scale.unwrap_or(1.0);
        if !scale.is_finite() || scale == 0.0 {
            return Err(self.fault(
                line,
                "scale",
                format!("expected a number other than 0, found {scale}"),
                "leave it out for 1",
            ));
        }
        Ok(Figure {
            name: text.name,
            unit: text.unit,
            direction: text.direction,
            estimator,
            scale,
            only: text.only,
            follow_up_days: text.follow_up_days,
            min_people: text.min_people.or(min_people),
            slices: text.slices,
            needs: text.needs,
            step: text.step,
            line,
        })
    }
}

/// A hint for serde's sentence on a key that does not exist.
fn unknown_key(message: &str) -> Option<String> {
    let mut quoted = message.strip_prefix("unknown field ")?.split('`').skip(1).step_by(2);
    let key = quoted.next()?;
    let keys: Vec<&str> = quoted.collect();
    nearest(key, keys.iter().copied()).map(|near| format!("did you mean `{near}`?"))
}
