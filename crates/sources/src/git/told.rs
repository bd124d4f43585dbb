//! What the reader must know of a history: what it lacks, what is odd in it, and limits that bit.

use candor_git::{ObjectId, Repository, State};

/// How many missing objects are looked for again at each run.
const LOOKED_FOR: usize = 64;

/// The objects that could not be found, the first of them. One that is there and makes no sense is not among them: it will stay so.
pub(super) fn lacking(repo: &Repository, state: &State) -> Vec<String> {
    let cut = match &state.history.cut {
        Some(candor_git::history::Cut::Missing(id)) => Some(*id),
        _ => None,
    };
    let traced = state.history.odd.iter().filter(|(_, words)| words.starts_with(candor_git::history::LACKING)).map(|(id, _)| *id);
    let mut all: Vec<ObjectId> =
        cut.into_iter().chain(traced).chain(state.unreadable.iter().map(|(_, object, _)| *object)).collect();
    all.sort_unstable();
    all.dedup();
    all.into_iter().take(LOOKED_FOR).filter(|id| !repo.has_any([*id])).map(|id| id.to_string()).collect()
}

/// What the reader must know of a history that is not read as its commits tell it.
#[must_use]
pub fn other_parents(grafted: usize, replaced: usize) -> Vec<String> {
    let of = |count: usize, thing: &str| if count == 1 { format!("1 {thing}") } else { format!("{count} {thing}s") };
    let mut said = Vec::new();
    if grafted > 0 {
        said.push(format!(
            "`info/grafts` gives other parents to {}: it is not followed, the parents that the commits name count (`git replace --convert-graft-file` makes replaced objects of it, which are followed)",
            of(grafted, "commit")
        ));
    }
    if replaced > 0 {
        let (stand, objects) = if replaced == 1 { ("another one stands", "object") } else { ("others stand", "objects") };
        said.push(format!(
            "in the place of {replaced} {objects} {stand} (`git replace -l`): what is told is of those, as in git"
        ));
    }
    said
}

/// What the reader must know of the history, each kind once with its number and an example.
pub(super) fn warnings(state: &State) -> Vec<String> {
    let mut said = Vec::new();
    match &state.history.cut {
        Some(candor_git::history::Cut::Shallow) => said.push(
            "the clone is shallow: lines of its first commit were born earlier, nobody can tell when; they are in no durability figure (`git fetch --unshallow` brings the rest)".to_owned(),
        ),
        Some(candor_git::history::Cut::Missing(id)) => {
            said.push(format!("commit {id} is missing or damaged: what is older was not observed; lines of the first commit at hand are in no durability figure"));
        }
        None => {}
    }
    let mut kinds: std::collections::BTreeMap<&str, (usize, String)> = std::collections::BTreeMap::new();
    for (id, words) in &state.history.odd {
        kinds.entry(words).or_insert_with(|| (0, id.to_string())).0 += 1;
    }
    said.extend(kinds.into_iter().map(|(words, (count, example))| match count {
        1 => format!("commit {example}: {words}"),
        _ => format!("{count} commits, for example {example}: {words}"),
    }));
    let mut objects: Vec<&(ObjectId, ObjectId, String)> = state.unreadable.iter().collect();
    objects.sort_by_key(|(_, object, _)| *object);
    objects.dedup_by_key(|(_, object, _)| *object);
    if let Some((commit, object, why)) = objects.first() {
        let others = if objects.len() > 1 { format!(" and {} more", objects.len() - 1) } else { String::new() };
        said.push(format!("object {object}{others} missing or damaged (first needed by commit {commit}: {why}): the lines of these files leave observation there"));
    }
    let limited = state.lives.landings.iter().enumerate().filter(|(_, counts)| counts.renames_not_compared > 0);
    let mut limited =
        limited.filter_map(|(ordinal, counts)| Some((state.history.landing(ordinal)?.id, counts.renames_not_compared)));
    if let Some((id, pairs)) = limited.next() {
        let more = limited.count();
        let others = if more > 0 { format!(", and in {more} more commits") } else { String::new() };
        said.push(format!("rename detection was cut in commit {id}: {pairs} pairs of paths were not compared{others}; lines of renamed files may count as born anew there"));
    }
    let times: Vec<i64> =
        state.history.mainline.iter().filter_map(|number| state.history.commit(*number)).map(|commit| commit.time).collect();
    let backwards = times.windows(2).filter(|pair| matches!(pair, [before, after] if after < before)).count();
    if backwards > 0 {
        let who = if backwards == 1 {
            "1 landing has a committer time before that of the one before it".to_owned()
        } else {
            format!("{backwards} landings have a committer time before that of the one before them")
        };
        said.push(format!("{who}; times are used as they are, ages below zero count as zero"));
    }
    said.extend(untrue_times(state));
    said
}

/// A clock may be wrong by this many seconds without being worth a word.
const CLOCK: i64 = 86_400;

/// Times that cannot be true, each kind once with its number and an example.
fn untrue_times(state: &State) -> Vec<String> {
    let commits = &state.history.commits;
    let tip = state.history.mainline.last().and_then(|number| state.history.commit(*number)).map(|commit| commit.time);
    let mut said = Vec::new();
    let mut say = |odd: Vec<&candor_git::history::Commit>, words: &str| {
        let Some(first) = odd.first() else { return };
        let who = if odd.len() == 1 {
            format!("commit {} has a time", first.id)
        } else {
            format!("{} commits, for example {}, have a time", odd.len(), first.id)
        };
        said.push(format!("{who} {words}"));
    };
    say(
        commits.iter().filter(|commit| commit.time <= 0).collect(),
        "up to the first second of 1970, as a clock shows that was never set; by such a date no line counts as human work",
    );
    let until = state.history.ancestors_until();
    let before = commits
        .iter()
        .zip(until)
        .filter(|(commit, until)| commit.time > 0 && until.is_some_and(|until| until > commit.time.saturating_add(CLOCK)));
    say(
        before.map(|(commit, _)| commit).collect(),
        "more than a day before that of a commit that it builds on; by date alone its lines count as human work only where both dates say so",
    );
    if let Some(tip) = tip {
        say(
            commits.iter().filter(|commit| commit.time > tip.saturating_add(CLOCK)).collect(),
            "more than a day after that of the tip; ages of lines that begin there count as zero",
        );
    }
    said
}
