//! From the commits of a branch to the squash that landed it: evidence is carried over by the content of the added lines.
//!
//! A squash makes one commit of many, and the trailers of a few of them would mark all of its lines (F23). Where the host
//! still has the branch (`refs/pull/*/head`), each line of the squash is traced to the commit that wrote it there, and
//! takes over what that commit says: nothing, if it says nothing.

use crate::label::deciding;
use crate::ranges::normalised;
use candor_model::{Evidence, EvidenceLevel, Origin, Strength};
use std::collections::{BTreeMap, HashMap};

/// A line that a branch's commits wrote and that stands at its head.
#[derive(Debug, Clone, Copy)]
pub struct HeadLine<'a> {
    /// Its bytes.
    pub text: &'a [u8],
    /// Commit of the branch that wrote it, hex.
    pub commit: &'a str,
    /// Recorded evidence on this very line, if there is any.
    pub recorded: Option<&'a Evidence>,
    /// Evidence on that commit.
    pub evidence: &'a [Evidence],
}

/// What a squash added to a file, with the bytes of each line.
#[derive(Debug, Clone)]
pub struct SquashFile<'a> {
    /// Path as evidence spells it.
    pub path: String,
    /// Number of the line in the squash, and its bytes; in order.
    pub lines: Vec<(u32, &'a [u8])>,
}

/// Carries evidence from the commits of a branch to one file of the squash that landed it.
///
/// # Definition
/// Lines are matched by their bytes within the file. Where a text stands as often in the squash as at the head of the
/// branch, the first belongs to the first, and so on; else it is matched only if all its lines at the head come from one
/// commit. A line that is matched takes over the recorded evidence of its line, else the strongest of its commit; where
/// that commit says nothing, the line's origin is unknown, whatever the squash's message says. Unmatched lines get none.
///
/// # Input
/// `squash`: id in hex. `file`: its added lines. `head`: lines of the same path at the head of the branch that the branch
/// wrote, in order. `observed_at`: the squash's time.
///
/// # Output
/// Statements on disjoint lines of the file, each on lines of one commit; inferred, whatever they were before.
pub fn carry(squash: &str, file: &SquashFile<'_>, head: &[HeadLine<'_>], observed_at: i64) -> Vec<Evidence> {
    let mut by_text: HashMap<&[u8], (Vec<u32>, Vec<&HeadLine<'_>>)> = HashMap::new();
    for line in head {
        by_text.entry(line.text).or_default().1.push(line);
    }
    for (number, text) in &file.lines {
        if let Some((added, _)) = by_text.get_mut(text) {
            added.push(*number);
        }
    }
    let mut carried: BTreeMap<&str, Vec<Evidence>> = BTreeMap::new();
    for (added, lines) in by_text.into_values() {
        let is_one = lines.windows(2).all(|pair| matches!(pair, [a, b] if a.commit == b.commit && a.recorded == b.recorded));
        let Some(first) = lines.first().filter(|_| is_one || lines.len() == added.len()) else { continue };
        for (index, number) in added.into_iter().enumerate() {
            let line = lines.get(index).unwrap_or(first);
            let statement = statement(squash, &file.path, line, observed_at);
            // A commit may have recorded evidence of several authors: one statement for each.
            let of_commit = carried.entry(line.commit).or_default();
            let same = |known: &&mut Evidence| {
                known.origin == statement.origin && known.tool == statement.tool && known.model == statement.model
            };
            match of_commit.iter_mut().find(same) {
                Some(known) => known.ranges.push((number, number)),
                None => of_commit.push(Evidence { ranges: vec![(number, number)], ..statement }),
            }
        }
    }
    let statements = carried.into_values().flatten();
    let mut statements: Vec<Evidence> = statements.map(|e| Evidence { ranges: normalised(e.ranges), ..e }).collect();
    statements.sort_by(|a, b| a.ranges.cmp(&b.ranges));
    statements
}

fn statement(squash: &str, path: &str, line: &HeadLine<'_>, observed_at: i64) -> Evidence {
    let blank = Evidence {
        path: Some(path.to_owned()),
        strength: Strength::Inferred,
        observed_at: Some(observed_at),
        detail: Some(format!("carried over by content from commit {}", line.commit)),
        ..Evidence::new(EvidenceLevel::Line, squash, Origin::Unknown, "carried", ("carried/content", "1"))
    };
    let Some((origin, from)) = line.recorded.map(|recorded| (recorded.origin, recorded)).or_else(|| deciding(line.evidence))
    else {
        return blank;
    };
    Evidence {
        origin,
        mode: from.mode,
        tool: from.tool.clone(),
        tool_version: from.tool_version.clone(),
        model: from.model.clone(),
        provider: from.provider.clone(),
        session: from.session.clone(),
        p_ai: from.p_ai,
        ..blank
    }
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used, clippy::panic)]
    use super::*;
    use crate::label::{CommitFacts, LabelPolicy, commit_label, line_label};
    use proptest::prelude::*;

    fn trailer(subject: &str) -> Vec<Evidence> {
        let tool = Some("claude-code".to_owned());
        vec![Evidence {
            tool,
            ..Evidence::new(EvidenceLevel::Commit, subject, Origin::Ai, "trailer", ("claude-code/identity", "1"))
        }]
    }

    /// The squash S of the fixture history `ai_squash`: four lines with a trailer, one of them rewritten and three added by hand.
    #[test]
    fn each_line_takes_over_what_its_own_commit_says() {
        let ai = trailer("t1");
        let texts = ["ai 1", "second line, rewritten by Ben", "ai 3", "ai 4", "hand 1", "hand 2", "hand 3"];
        let head: Vec<HeadLine<'_>> = texts
            .iter()
            .map(|text| {
                let by_tool = text.starts_with("ai");
                let (commit, evidence) = if by_tool { ("t1", ai.as_slice()) } else { ("t2", [].as_slice()) };
                HeadLine { text: text.as_bytes(), commit, recorded: None, evidence }
            })
            .collect();
        let lines = texts.iter().enumerate().map(|(i, text)| (i as u32 + 1, text.as_bytes())).collect();
        let file = SquashFile { path: "new.txt".into(), lines };
        let carried = carry("S", &file, &head, 0);
        let found: Vec<_> = carried.iter().map(|e| (e.origin, e.ranges.clone(), e.strength)).collect();
        assert_eq!(
            found,
            [(Origin::Ai, vec![(1, 1), (3, 4)], Strength::Inferred), (Origin::Unknown, vec![(2, 2), (5, 7)], Strength::Inferred)]
        );
        let facts = CommitFacts { added_lines: Some(7), ..CommitFacts::default() };
        assert_eq!(commit_label(&LabelPolicy::default(), &facts, &carried).origin, Origin::Mixed);
        // F23: a trailer of the squash's own does not reach lines of which the branch knows better.
        let own = Evidence { rule_id: "claude-code/identity@squash".into(), ..trailer("S").remove(0) };
        let hand = line_label(&LabelPolicy::default(), &facts, carried.get(1), [&own]);
        assert_eq!(hand.origin, Origin::Unknown);
    }

    #[test]
    fn lines_that_many_commits_wrote_alike() {
        let ai = trailer("t1");
        let of = |commit, evidence| HeadLine { text: b"}", commit, recorded: None, evidence };
        let head = [of("t1", ai.as_slice()), of("t2", &[])];
        let file = |lines: &[u32]| SquashFile { path: "a".into(), lines: lines.iter().map(|&n| (n, &b"}"[..])).collect() };
        let ranges = |carried: Vec<Evidence>| carried.into_iter().map(|e| (e.origin, e.ranges)).collect::<Vec<_>>();
        assert_eq!(ranges(carry("S", &file(&[4, 9]), &head, 0)), [(Origin::Ai, vec![(4, 4)]), (Origin::Unknown, vec![(9, 9)])]);
        assert_eq!(ranges(carry("S", &file(&[4]), &head, 0)), [], "which of the two it is cannot be told");
        assert_eq!(ranges(carry("S", &file(&[4, 9]), &head[..1], 0)), [(Origin::Ai, vec![(4, 4), (9, 9)])]);
    }

    proptest! {
        #[test]
        fn only_added_lines_get_evidence_and_each_once(
            added in prop::collection::vec(0u8..5, 0..20), head in prop::collection::vec((0u8..5, 0usize..3), 0..20)
        ) {
            let texts: Vec<Vec<u8>> = (0u8..5).map(|n| vec![b'a' + n]).collect();
            let (ai, commits) = (trailer("c0"), ["c0", "c1", "c2"]);
            let lines = head.iter().map(|&(text, commit)| HeadLine {
                text: &texts[usize::from(text)],
                commit: commits[commit],
                recorded: None,
                evidence: if commit == 0 { &ai } else { &[] },
            });
            let head_lines: Vec<_> = lines.collect();
            let file = SquashFile {
                path: "a".into(),
                lines: added.iter().enumerate().map(|(i, &text)| (i as u32 + 1, texts[usize::from(text)].as_slice())).collect(),
            };
            let mut seen = std::collections::BTreeSet::new();
            for evidence in carry("S", &file, &head_lines, 0) {
                for line in evidence.ranges.iter().flat_map(|&(from, to)| from..=to) {
                    prop_assert!(line as usize <= added.len() && seen.insert(line), "line {} twice or not added", line);
                    let text = added[line as usize - 1];
                    let from = evidence.detail.clone().unwrap_or_default();
                    prop_assert!(head.iter().any(|&(t, c)| t == text && from.ends_with(commits[c])), "line {} is not from {}", line, from);
                }
            }
        }
    }
}
