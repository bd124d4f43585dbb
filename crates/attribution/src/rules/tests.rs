#![allow(clippy::unwrap_used, clippy::panic)]
use super::{Resolved, Rules, RulesError};

fn error(text: &str) -> String {
    Rules::with_file("own.toml", text).err().map(|e| e.to_string()).unwrap_or_else(|| "no error".to_owned())
}

#[test]
fn the_embedded_file_reads() {
    let rules = Rules::embedded().unwrap();
    rules.check().unwrap();
    super::RuleFile::parse("tools.toml", super::EMBEDDED, true).map(|_| ()).unwrap();
    assert_eq!(rules.version(), "2026-11-24");
    assert!(rules.rules().len() > 60, "{} rules", rules.rules().len());
}

#[test]
fn faults_are_named_with_file_line_and_key() {
    let head = "version = \"1\"\n[[rule]]\nid = \"x\"\n";
    for (rest, expected) in [
        ("where = \"author\"\npattern = 'a('\n", "rules file `own.toml`, line 5, key `pattern`: `a(` is no regular expression"),
        (
            "where = \"author\"\npattern = 'a)|(b'\n",
            "rules file `own.toml`, line 5, key `pattern`: `a)|(b` is no regular expression",
        ),
        (
            "where = \"autor\"\npattern = 'a'\n",
            "rules file `own.toml`, line 4, key `where`: unknown variant `autor`, expected one of `author`",
        ),
        ("where = [\"author\"]\npattern = 'a'\np_ai = 1.5\n", "line 6, key `p_ai`: `1.5` is no probability from 0 to 1"),
        ("where = \"author\"\npattern = 'a'\nvalid_from = \"2025-02-30\"\n", "line 6, key `valid_from`: `2025-02-30` is no day"),
        ("where = \"author\"\npatern = 'a'\n", "line 5, key `patern`: unknown field `patern`"),
        ("where = \"author\"\n", "line 3, key `id`: `x` is no rule with a way to match"),
        ("where = \"trailer\"\npattern = 'a'\n", "line 3, key `id`: `x` is no rule for a trailer without `key`"),
        ("where = \"footer\"\nfield = \"name\"\npattern = 'a'\n", "`field = \"name\"` belongs to author"),
    ] {
        let found = error(&format!("{head}{rest}"));
        assert!(found.contains(expected), "expected `{expected}` in `{found}`");
    }
    let found = error("version = \"1\"\n\n[[rule]\n");
    assert!(found.starts_with("rules file `own.toml`, line 3, key ``: "), "{found}");
    assert!(error("version = \"\"\n").contains("line 1, key `version`"), "{}", error("version = \"\"\n"));
    let twice = format!("{head}where = \"author\"\npattern = 'a'\n[[rule]]\nid = \"x\"\nwhere = \"author\"\npattern = 'a'\n");
    assert!(error(&twice).contains("line 7, key `id`"), "{}", error(&twice));
    let value = "version = \"1\"\n[[disclosure]]\nid = \"d\"\npattern = 'AI: .*'\nsays = \"value\"\n";
    assert!(error(value).contains("line 4, key `pattern`"), "{}", error(value));
}

#[test]
fn a_file_of_the_user_adds_replaces_and_switches_off() {
    let own = "version = \"7\"\ndisable = [\"cursor/identity\"]\n[[rule]]\nid = \"codex/identity\"\ntool = \"ours\"\nwhere = \"author\"\npattern = 'ours@corp\\.example'\n\
               [[name]]\npattern = 'zorblax'\ntool = \"zorblax\"\n";
    let rules = Rules::with_file("own.toml", own).unwrap();
    assert_eq!(rules.version(), "2026-11-24+7");
    let by_id = |id: &str| rules.rules().iter().find(|rule| rule.id == id);
    assert!(by_id("cursor/identity").is_none());
    assert_eq!(by_id("codex/identity").unwrap().tool.as_deref(), Some("ours"));
    assert_eq!(by_id("codex/identity").unwrap().version, "7");
    assert_eq!(
        rules.resolve("Zorblax:zb-1", false),
        [Resolved::Known { tool: Some("zorblax".into()), model: Some("zb-1".into()) }]
    );
}

#[test]
fn values_are_resolved() {
    let rules = Rules::embedded().unwrap();
    let known = |tool: Option<&str>, model: Option<&str>| Resolved::Known {
        tool: tool.map(str::to_owned),
        model: model.map(str::to_owned),
    };
    let unknown = |value: &str| Resolved::Unrecognised(value.to_owned());
    for (value, expected) in [
        ("Claude:claude-opus-4-6 coccinelle sparse", known(Some("claude-code"), Some("claude-opus-4-6"))),
        ("GPT 5.6", known(None, Some("GPT 5.6"))),
        ("Claude Code", known(Some("claude-code"), None)),
        ("claude-code/2.1.4", known(Some("claude-code"), None)),
        ("Claude Opus 4.6 (1M context)", known(None, Some("Claude Opus 4.6 (1M context)"))),
        ("Zorblax (claude-sonnet-4-5)", known(None, Some("claude-sonnet-4-5"))),
        ("Claude (Anthropic)", known(Some("claude-code"), None)),
        ("Copilot (gpt-4o)", known(Some("copilot"), Some("gpt-4o"))),
        ("LLM", known(None, None)),
        ("none", Resolved::Negative),
        ("N/A", Resolved::Negative),
        ("Research", Resolved::Negative),
        // People are called so: alone, or with a surname, it is no tool.
        ("Claude", unknown("Claude")),
        ("Claude Dupont", unknown("Claude Dupont")),
        ("Claude (Dupont)", unknown("Claude (Dupont)")),
        ("Devin: reviewed it", unknown("Devin: reviewed it")),
        ("OpenAI", unknown("OpenAI")),
        ("openapi-generator 7.2", unknown("openapi-generator 7.2")),
        ("Zorblax:zb-1", unknown("Zorblax:zb-1")),
    ] {
        assert_eq!(rules.resolve(value, false), [expected], "`{value}`");
    }
    assert_eq!(rules.resolve("Claude", true), [known(Some("claude-code"), None)], "where the key speaks of AI");
    assert_eq!(
        rules.resolve("Cursor, Zorblax", false),
        [known(Some("cursor"), None), unknown("Zorblax")],
        "each part of a list speaks for itself"
    );
    assert!(matches!(rules.resolve("Grace Example <grace@example.com>", false).as_slice(), [Resolved::Person(_)]));
}

#[test]
fn errors_are_of_two_kinds() {
    let shape = Rules::with_file("own.toml", "nothing").unwrap_err();
    assert!(matches!(shape, RulesError::Shape { line: 1, .. }), "{shape}");
}
