//! The id of a piece of evidence: the same statement read twice is one row.

use candor_model::Evidence;
use sha2::{Digest, Sha256};

/// Version of the way in which ids are made; it is hashed with them.
const VERSION: &[u8] = b"candor-evidence/1";

/// The id of a statement on a repository: 32 hex digits of a SHA-256 over what is said, on what, and by which rule.
///
/// Judgements that may be revised (`p_ai`, `strength`, the valid share) and times are no part of it.
pub fn evidence_id(repository: &str, evidence: &Evidence) -> String {
    let mut hash = Sha256::new();
    let mut part = |bytes: &[u8]| {
        hash.update((bytes.len() as u64).to_le_bytes());
        hash.update(bytes);
    };
    part(VERSION);
    part(repository.as_bytes());
    part(format!("{:?}", evidence.level).as_bytes());
    part(evidence.subject.as_bytes());
    part(evidence.path.as_deref().unwrap_or_default().as_bytes());
    for &(from, to) in &evidence.ranges {
        part(&from.to_le_bytes());
        part(&to.to_le_bytes());
    }
    part(format!("{:?}", evidence.origin).as_bytes());
    for text in [&evidence.tool, &evidence.model, &evidence.session, &evidence.source_version] {
        part(text.as_deref().unwrap_or_default().as_bytes());
    }
    for text in [&evidence.source, &evidence.rule_id, &evidence.rule_version] {
        part(text.as_bytes());
    }
    hash.finalize().iter().take(16).map(|byte| format!("{byte:02x}")).collect()
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used, clippy::panic)]
    use super::evidence_id;
    use candor_model::{Evidence, EvidenceLevel, Origin};

    #[test]
    fn the_same_statement_has_one_id() {
        let a = Evidence::new(EvidenceLevel::Commit, "c0ffee", Origin::Ai, "trailer", ("rule", "1"));
        assert_eq!(evidence_id("r", &a), evidence_id("r", &Evidence { p_ai: 0.1, observed_at: Some(7), ..a.clone() }));
        for other in [
            Evidence { origin: Origin::Human, ..a.clone() },
            Evidence { rule_version: "2".into(), ..a.clone() },
            Evidence { tool: Some("x".into()), ..a.clone() },
            Evidence { ranges: vec![(1, 2)], ..a.clone() },
        ] {
            assert_ne!(evidence_id("r", &a), evidence_id("r", &other), "{other:?}");
        }
        assert_ne!(evidence_id("r", &a), evidence_id("s", &a));
    }
}
