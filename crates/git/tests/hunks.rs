//! Hunks against those of git itself, on generated texts; `CANDOR_PAIRS=DIR` takes those of `DIR/old` and `DIR/new` instead.

#![allow(clippy::unwrap_used, clippy::panic)]

use std::collections::BTreeMap;
use std::path::Path;
use std::process::Command;

use candor_git::hunks::{DiffAlgorithm, Differ, Hunk};
use candor_git::text::Text;
use tempfile::TempDir;

/// Numbers from a seed.
struct Draws(u64);

impl Draws {
    fn below(&mut self, limit: usize) -> usize {
        self.0 = self.0.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1_442_695_040_888_963_407);
        (self.0 >> 33) as usize % limit
    }
}

/// A text of `lines` lines of `kinds` kinds, some of them braces and the like, and what came of it by `edits` edits.
fn pair(draws: &mut Draws, lines: usize, kinds: usize, edits: usize, longest: usize) -> (String, String) {
    let common = ["{", "}", "", "    }", "\t", "        ok", "    return;", "\x0c", "\r", "fn f() {", "    ", "\tif x {"];
    let (share, common) = if kinds > 10_000 { (6, &common[..4]) } else { (3, &common[..]) };
    let line = |draws: &mut Draws| {
        if draws.below(share) == 0 {
            common[draws.below(common.len())].to_owned()
        } else {
            format!("{}line {}", "    ".repeat(draws.below(3)), draws.below(kinds))
        }
    };
    let old: Vec<String> = (0..lines).map(|_| line(draws)).collect();
    let mut new = old.clone();
    for _ in 0..edits {
        let at = draws.below(new.len() + 1);
        let end = (at + draws.below(longest)).min(new.len());
        match draws.below(4) {
            0 => drop(new.drain(at..end)),
            1 => drop(new.splice(at..at, (0..=draws.below(longest)).map(|_| line(draws)).collect::<Vec<_>>())),
            2 => drop(new.splice(at..end, (0..=draws.below(longest)).map(|_| line(draws)).collect::<Vec<_>>())),
            _ => {
                let piece: Vec<String> = new.drain(at..end).collect();
                let to = draws.below(new.len() + 1);
                new.splice(to..to, piece);
            }
        }
    }
    let mut text = |lines: Vec<String>| lines.join("\n") + ["", "\n", "\n"][draws.below(3)];
    (text(old), text(new))
}

/// The hunks of each changed file as git prints them.
fn of_git(dir: &Path, algorithm: &str, context: &str) -> BTreeMap<String, Vec<Hunk>> {
    let out = Command::new("git")
        .args(["-c", "core.quotePath=false", "-c", "core.attributesFile=", "-c", "diff.indentHeuristic=true"])
        .args(["diff", "--no-index", "--no-color", "--no-renames", "--no-ext-diff", "--text", "--no-prefix"])
        .args([&format!("--diff-algorithm={algorithm}"), context, "old", "new"])
        .current_dir(dir)
        .env("GIT_CONFIG_NOSYSTEM", "1")
        .env("GIT_CONFIG_GLOBAL", "")
        .output()
        .unwrap();
    assert!(out.stderr.is_empty(), "{}", String::from_utf8_lossy(&out.stderr));
    let mut found: BTreeMap<String, Vec<Hunk>> = BTreeMap::new();
    let (mut name, mut left) = (String::new(), (0, 0));
    let (mut old, mut new) = (0, 0);
    for line in out.stdout.split(|byte| *byte == b'\n') {
        if left == (0, 0) {
            if let Some(rest) = line.strip_prefix(b"diff --git old/") {
                let rest = String::from_utf8_lossy(rest);
                name = rest.get(..rest.len() / 2 - 2).unwrap().to_owned();
                assert_eq!(rest, format!("{name} new/{name}"));
                found.entry(name.clone()).or_default();
            } else if let Some(rest) = line.strip_prefix(b"@@ -") {
                let rest = String::from_utf8_lossy(rest);
                let mut ranges = rest.split(' ').take(2).map(|range| {
                    let range = range.trim_start_matches('+');
                    let (start, count) = range.split_once(',').unwrap_or((range, "1"));
                    let (start, count): (u32, u32) = (start.parse().unwrap(), count.parse().unwrap());
                    (if count == 0 { start } else { start - 1 }, count)
                });
                let ((old_start, old_count), (new_start, new_count)) = (ranges.next().unwrap(), ranges.next().unwrap());
                (old, new, left) = (old_start, new_start, (old_count, new_count));
            }
            continue;
        }
        let hunks = found.get_mut(&name).unwrap();
        match line.first() {
            Some(b'-') => left.0 -= 1,
            Some(b'+') => left.1 -= 1,
            Some(b'\\') => continue,
            _ => left = (left.0 - 1, left.1 - 1),
        }
        if !matches!(line.first(), Some(b'-' | b'+')) {
            (old, new) = (old + 1, new + 1);
            continue;
        }
        let fresh = hunks.last().is_none_or(|last| last.before.end != old || last.after.end != new);
        if fresh {
            hunks.push(Hunk { before: old..old, after: new..new });
        }
        let last = hunks.last_mut().unwrap();
        if line.first() == Some(&b'-') {
            old += 1;
            last.before.end = old;
        } else {
            new += 1;
            last.after.end = new;
        }
    }
    found
}

/// Compares all files of both folders; says how many hunks agree.
fn check(dir: &Path) {
    // Without context git cuts the common tail off beforehand, as blame does; with context it does not.
    for (algorithm, name, context) in [(DiffAlgorithm::Myers, "myers", "-U0"), (DiffAlgorithm::Histogram, "histogram", "-U3")] {
        let (mut files, mut hunks, mut other) = (0, 0, Vec::new());
        let mut differ = Differ::default();
        for (file, expected) in of_git(dir, name, context) {
            let read = |side: &str| Text::new(std::fs::read(dir.join(side).join(&file)).unwrap());
            let have = differ.hunks(&read("old"), &read("new"), algorithm);
            (files, hunks) = (files + 1, hunks + expected.len());
            if have != expected {
                let at = have.iter().zip(&expected).take_while(|(have, expected)| have == expected).count();
                other.push(format!("{file}: {:?} and not {:?}", have.get(at..at + 2), expected.get(at..at + 2)));
            }
        }
        println!("{name}: {files} files, {hunks} hunks, {} files differ", other.len());
        assert!(files > 0, "no pair of files differs in {}", dir.display());
        assert!(other.is_empty(), "{name}: {} of {files} files differ:\n{}", other.len(), other.join("\n"));
    }
}

#[test]
fn hunks_are_those_of_git() {
    if let Some(dir) = std::env::var_os("CANDOR_PAIRS") {
        return check(Path::new(&dir));
    }
    let dir = TempDir::new().unwrap();
    for side in ["old", "new"] {
        std::fs::create_dir(dir.path().join(side)).unwrap();
    }
    let mut draws = Draws(11);
    for number in 0..480 {
        // Small ones, long ones with a common tail, ones of frequent lines only, ones in which git's search gives up, ones with frequent
        // lines among new ones, and one that is so long that a good stretch ends the search.
        let (old, new) = match number % 12 {
            _ if number == 479 => pair(&mut draws, 45_000, 400, 4_000, 9),
            _ if number % 60 == 59 => pair(&mut draws, 4_000, 1_000_000, 6, 600),
            0..=5 => pair(&mut draws, 1 + number % 60, 12, 5, 8),
            6..=8 => pair(&mut draws, 400, 60, 3, 8),
            9 => pair(&mut draws, 2500, 3, 40, 12),
            10 => pair(&mut draws, 900, 500, 40, 30),
            _ => pair(&mut draws, 1500, 40, 160, 40),
        };
        for (side, text) in [("old", old), ("new", new)] {
            std::fs::write(dir.path().join(side).join(format!("{number}.txt")), text).unwrap();
        }
    }
    check(dir.path());
}
