//! The page: whole without network or script, and proof against text from commits.

use candor_metrics::facts::LineFacts;
use candor_metrics::{ReportOptions, lives};
use candor_model::Origin;
use candor_report::html;

use super::screen::{plain, unattributed};
use super::synthetic::{Plan, facts};

/// Text that runs where it is not escaped.
const HOSTILE: [&str; 6] = [
    "<img src=x onerror=alert(1)>",
    "</title><script>alert(2)</script>",
    "x\"onmouseover=\"y",
    "a<svg onload=z>.rs",
    "]]>",
    "</style><b>'&\u{202e}\u{1b}[2J",
];

fn hostile() -> String {
    let mut facts = facts(&Plan { repositories: 1, ..Plan::default() });
    let [image, script, attribute, svg, end, style] = HOSTILE.map(String::from);
    facts.repositories[0].name = script.clone();
    facts.repositories[0].branch = attribute.clone();
    facts.commits.iter_mut().for_each(|commit| commit.id = image.clone());
    facts.repositories[0].settings = end.clone();
    facts.repositories[0].warnings = HOSTILE.map(String::from).to_vec();
    facts.repositories[0].left_out.push((svg.clone(), 1));
    facts.languages[0] = svg.clone();
    facts.contexts[0] = style.clone();
    facts.commits.iter_mut().for_each(|commit| {
        commit.tools.iter_mut().for_each(|tool| *tool = image.clone());
        commit.models = vec![attribute.clone()];
    });
    facts.unrecognised = HOSTILE.map(|text| (text.to_string(), 0)).to_vec();
    facts.rejected_notes = vec![(script.clone(), 0)];
    facts.coverage[0].path = svg;
    facts.coverage[0].tool = end;
    let options = ReportOptions { complete: vec![script], human_before: Some(attribute), ..ReportOptions::default() };
    html(&lives(&facts, &options).unwrap())
}

/// All tags of a page: what stands between `<` and `>`.
fn tags(page: &str) -> impl Iterator<Item = &str> {
    page.split('<').skip(1).map(|rest| rest.split('>').next().unwrap())
}

/// Every element that the page may hold.
const KNOWN: &[&str] = &[
    "!DOCTYPE",
    "a",
    "b",
    "bdi",
    "body",
    "caption",
    "code",
    "dd",
    "desc",
    "details",
    "div",
    "dl",
    "dt",
    "figcaption",
    "figure",
    "footer",
    "h1",
    "h2",
    "h3",
    "h4",
    "head",
    "header",
    "html",
    "li",
    "line",
    "main",
    "meta",
    "nav",
    "p",
    "path",
    "rect",
    "small",
    "span",
    "style",
    "summary",
    "svg",
    "table",
    "tbody",
    "td",
    "text",
    "th",
    "thead",
    "title",
    "tr",
    "ul",
];

#[test]
fn hostile_text_stays_text() {
    let page = hostile();
    for tag in tags(&page) {
        let name = tag.trim_start_matches('/').split([' ', '/', '\n']).next().unwrap();
        assert!(KNOWN.contains(&name), "unexpected element `{name}` in <{tag}>");
        let mut inside = false;
        let outside: String = tag
            .chars()
            .filter(|letter| {
                inside ^= *letter == '"';
                !inside
            })
            .collect();
        assert!(!outside.contains(" on"), "an event handler in <{tag}>");
    }
    assert!(page.contains("&lt;script&gt;alert(2)&lt;/script&gt;") && page.contains("x&quot;onmouseover=&quot;y"));
    assert!(!page.contains('\u{1b}'));
    // The one style sheet ends where it should.
    assert_eq!(page.matches("</style").count(), 1);
}

#[test]
fn a_page_loads_nothing_and_runs_nothing() {
    for page in [html(&plain()), html(&unattributed()), hostile()] {
        for tag in tags(&page) {
            let name = tag.split([' ', '\n']).next().unwrap();
            assert!(
                !["script", "link", "iframe", "img", "object", "embed", "form", "base", "use", "image"].contains(&name),
                "<{tag}>"
            );
            assert!(!tag.contains("src=") || tag.contains("&lt;"), "<{tag}>");
            if let Some(at) = tag.find("href=\"") {
                assert!(tag[at + 6..].starts_with('#'), "a link out of the page: <{tag}>");
            }
        }
        let style = page.split("<style>").nth(1).unwrap().split("</style>").next().unwrap();
        assert!(!style.contains("url(") && !style.contains("@import"), "the style sheet loads something");
        assert!(
            page.contains("default-src 'none'")
                && page.contains("name=\"viewport\"")
                && page.contains("prefers-color-scheme: dark")
        );
    }
}

#[test]
fn every_picture_has_a_title_or_is_hidden_and_ids_are_unique() {
    for page in [html(&plain()), html(&unattributed())] {
        for svg in page.split("<svg").skip(1) {
            let svg = svg.split("</svg>").next().unwrap();
            assert!(svg.contains("aria-hidden=\"true\"") || svg.contains("<title"), "<svg{}", &svg[..svg.len().min(200)]);
        }
        let mut ids: Vec<&str> = page.split(" id=\"").skip(1).map(|rest| rest.split('"').next().unwrap()).collect();
        let all = ids.len();
        ids.sort_unstable();
        ids.dedup();
        assert_eq!(ids.len(), all, "two elements share an id");
        for of in page.split("aria-labelledby=\"").skip(1) {
            for id in of.split('"').next().unwrap().split(' ') {
                assert!(ids.binary_search(&id).is_ok(), "`{id}` names no element");
            }
        }
    }
}

#[test]
fn missing_figures_say_why_and_no_number_is_broken() {
    let empty = html(&lives(&LineFacts::default(), &ReportOptions::default()).unwrap());
    for page in [html(&plain()), html(&unattributed()), empty] {
        for broken in ["NaN", "inf ", "Infinity", "None", "Some("] {
            assert!(!page.contains(broken), "`{broken}` on the page");
        }
    }
    let page = html(&unattributed());
    assert!(page.contains("no line") && page.contains("only 50 days"));
}

#[test]
fn json_and_page_are_of_one_document() {
    let report = plain();
    let json: serde_json::Value = serde_json::from_str(&candor_report::json(&report).unwrap()).unwrap();
    assert_eq!(json["schema"], "candor-report/1");
    let point = json["durability"]["sources"][0]["figures"][0]["line_weighted"]["point"].as_f64().unwrap();
    assert!(html(&report).contains(&format!("{:.1} %", 100.0 * point)));
}

/// What is visible of a page: no tags, no style sheet.
fn visible(page: &str) -> String {
    let body = page.split("</style>").nth(1).unwrap();
    body.split('<').filter_map(|part| part.split_once('>')).map(|(_, text)| text).collect::<Vec<_>>().join("")
}

#[test]
fn what_is_to_be_typed_is_set_as_code_and_no_backtick_is_left() {
    let page = html(&unattributed());
    assert!(page.contains("<code>AI-Assisted: none</code>"));
    assert!(!visible(&page).contains('`'), "a literal backtick on the page");
    // One that belongs to a name stays, and the text after it does too.
    let mut facts = facts(&Plan { repositories: 1, ..Plan::default() });
    facts.repositories[0].warnings = vec!["the file od`d is missing".to_owned()];
    assert!(visible(&html(&lives(&facts, &ReportOptions::default()).unwrap())).contains("the file od`d is missing"));
}

#[test]
fn a_handful_of_lines_has_no_curve_and_the_page_says_so() {
    let mut facts = facts(&Plan { repositories: 1, ..Plan::default() });
    let mut mixed = 0;
    for source in facts.cohorts.source.iter_mut().filter(|source| **source == Origin::Mixed) {
        mixed += 1;
        if mixed > 3 {
            *source = Origin::Unknown;
        }
    }
    let page = html(&lives(&facts, &ReportOptions::default()).unwrap());
    assert!(!page.contains("class=\"line mixed\""), "a curve of a handful of lines");
    assert!(visible(&page).contains("Not drawn: mixed ("), "the page does not say that a group is missing");
    assert!(page.contains("class=\"line ai\"") && html(&plain()).contains("class=\"line mixed\""));
}

/// Human lines of the years before, AI lines of the years after: a difference may be one of years, and says so where it stands.
#[test]
fn a_difference_that_nothing_adjusts_says_so_beside_its_figure() {
    let mut facts = facts(&Plan { repositories: 1, ..Plan::default() });
    // 2025-01-01
    const TURN: i64 = 1_735_689_600;
    for (source, landing) in facts.cohorts.source.iter_mut().zip(&facts.cohorts.landing) {
        *source = if facts.landings[*landing as usize].landed_at < TURN { Origin::Human } else { Origin::Ai };
    }
    let page = html(&lives(&facts, &ReportOptions::default()).unwrap());
    let part = page.split("AI minus human, a comparison").nth(1).unwrap().split("<h4>").next().unwrap();
    let text = visible(&format!("</style>{part}"));
    assert!(
        text.contains("Not adjusted: none of") && text.contains("AI lines landed in 2025 to 2026, the others in 2024"),
        "{text}"
    );
    assert!(text.matches("not adjusted for year of landing").count() >= 4, "beside each of the raw figures: {text}");
    let adjusted = html(&plain());
    let part = adjusted.split("AI minus human, a comparison").nth(1).unwrap().split("<h4>").next().unwrap();
    assert!(part.contains("adjusted: inside repository") && !part.contains("not adjusted"), "{part}");
}
