#![allow(clippy::unwrap_used, clippy::panic)]
use super::*;

const AT: i64 = 1_760_000_000;
const FACTS: CommitFacts<'static> = CommitFacts {
    authored_at: Some(AT),
    committed_at: Some(AT),
    ancestors_until: None,
    team: Some("payments"),
    added_lines: Some(10),
};

fn evidence(level: EvidenceLevel, origin: Origin, strength: Strength) -> Evidence {
    Evidence { strength, ..Evidence::new(level, "c0ffee", origin, "trailer", ("rule", "1")) }
}

fn lines(origin: Origin, ranges: &[(u32, u32)]) -> Evidence {
    Evidence { ranges: ranges.to_vec(), ..evidence(EvidenceLevel::Line, origin, Strength::Recorded) }
}

#[test]
fn recorded_lines_come_before_declarations_and_the_conflict_is_kept() {
    let declared = evidence(EvidenceLevel::Commit, Origin::Ai, Strength::SelfDeclared);
    let human = lines(Origin::Human, &[(1, 10)]);
    let label = line_label(&LabelPolicy::default(), &FACTS, Some(&human), [&declared]);
    assert_eq!((label.origin, label.strength, label.conflict), (Origin::Human, Some(Strength::Recorded), true));
    let label = commit_label(&LabelPolicy::default(), &FACTS, [&declared, &human]);
    assert_eq!((label.origin, label.conflict), (Origin::Human, true));
}

#[test]
fn a_commit_is_the_sum_of_its_lines() {
    let policy = LabelPolicy::default();
    let (ai, human) = (lines(Origin::Ai, &[(1, 3), (7, 7)]), lines(Origin::Human, &[(4, 5)]));
    assert_eq!(commit_label(&policy, &FACTS, [&ai, &human]).origin, Origin::Mixed);
    assert_eq!(commit_label(&policy, &FACTS, [&ai]).origin, Origin::Mixed, "six lines without a record are unknown");
    let declared = evidence(EvidenceLevel::Commit, Origin::Ai, Strength::SelfDeclared);
    assert_eq!(commit_label(&policy, &FACTS, [&ai, &declared]).origin, Origin::Ai, "the rest follows the declaration");
    let all = CommitFacts { added_lines: Some(4), ..FACTS };
    assert_eq!(commit_label(&policy, &all, [&ai]).origin, Origin::Ai);
}

#[test]
fn stronger_evidence_decides_and_contradictions_show() {
    let policy = LabelPolicy::default();
    let declared = evidence(EvidenceLevel::Commit, Origin::Human, Strength::SelfDeclared);
    let inferred = evidence(EvidenceLevel::PullRequest, Origin::Ai, Strength::Inferred);
    let label = commit_label(&policy, &FACTS, [&inferred, &declared]);
    assert_eq!((label.origin, label.conflict), (Origin::Human, true));
    let opposite = evidence(EvidenceLevel::Commit, Origin::Ai, Strength::SelfDeclared);
    let label = commit_label(&policy, &FACTS, [&opposite, &declared]);
    assert_eq!((label.origin, label.conflict), (Origin::Mixed, true));
    let day = evidence(EvidenceLevel::UserDay, Origin::Ai, Strength::Aggregate);
    assert_eq!(commit_label(&policy, &FACTS, [&day]).origin, Origin::Unknown, "counts of a day label no commit");
    let session = evidence(EvidenceLevel::Session, Origin::Ai, Strength::Recorded);
    assert_eq!(
        commit_label(&policy, &FACTS, [&session]).origin,
        Origin::Unknown,
        "a session labels no commit until it is matched"
    );
}

#[test]
fn completeness_must_be_declared() {
    let mut policy = LabelPolicy::default();
    assert_eq!(commit_label(&policy, &FACTS, []).origin, Origin::Unknown);
    policy.complete = vec!["payments=2025-10-01..2025-11-01".parse().unwrap()];
    let label = commit_label(&policy, &FACTS, []);
    assert_eq!((label.origin, label.why), (Origin::Human, Why::DeclaredComplete));
    assert_eq!(commit_label(&policy, &CommitFacts { team: Some("search"), ..FACTS }, []).origin, Origin::Unknown);
    assert_eq!(commit_label(&policy, &CommitFacts { authored_at: Some(AT + 86_400 * 40), ..FACTS }, []).origin, Origin::Unknown);
    let odd = evidence(EvidenceLevel::Commit, Origin::Unknown, Strength::Inferred);
    assert_eq!(commit_label(&policy, &FACTS, [&odd]).origin, Origin::Unknown, "a value that nobody knows makes no human");
    let bot = evidence(EvidenceLevel::Commit, Origin::Bot, Strength::SelfDeclared);
    assert_eq!(commit_label(&policy, &FACTS, [&bot]).origin, Origin::Bot);
    policy.complete = vec!["ALL=2025-10-01..2025-11-01".parse().unwrap()];
    assert_eq!(commit_label(&policy, &CommitFacts { team: None, ..FACTS }, []).origin, Origin::Human);
}

#[test]
fn declarations_of_completeness_are_read() {
    for (text, expected) in [
        ("payments", "write TEAM=FROM..UNTIL"),
        ("=2025-01-01..2025-02-01", "write TEAM=FROM..UNTIL"),
        ("ALL=2025-01-01", "write TEAM=FROM..UNTIL"),
        ("ALL=2025-13-01..2025-02-01", "`2025-13-01` in `ALL=2025-13-01..2025-02-01` is no day"),
        ("ALL=2025-02-01..2025-02-01", "ends before it begins"),
    ] {
        let error = text.parse::<CompleteDeclaration>().unwrap_err().to_string();
        assert!(error.contains(expected), "`{text}`: {error}");
    }
    let read: CompleteDeclaration = "ALL=1970-01-01..1970-01-02".parse().unwrap();
    assert_eq!(read, CompleteDeclaration { scope: Scope::All, from: 0, until: 86_400 });
}

#[test]
fn changes_are_classed_by_their_share() {
    let policy = LabelPolicy::default();
    for (ai, classified, class) in
        [(0, 0, SourceClass::Unknown), (0, 5, SourceClass::Human), (2, 5, SourceClass::AiLight), (3, 5, SourceClass::AiHeavy)]
    {
        assert_eq!(policy.source_class(ai, classified), class, "{ai} of {classified}");
    }
}
