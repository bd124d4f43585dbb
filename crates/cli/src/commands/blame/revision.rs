//! Which revision is shown: its lines, and the facts that label them.

use std::path::Path;

use candor_attribution::Rules;
use candor_git::{GitError, LineRules, Mainline, ObjectId, Repository, State};

use crate::commands::verify::{Steps, followed};
use crate::failure::Failure;
use crate::store::{self, Fresh};

/// A revision with everything that is known of its lines.
pub struct Shown {
    /// Facts that hold the evidence on all commits up to the revision.
    pub fresh: Fresh,
    /// The lines at the revision.
    pub state: State,
    /// The commit.
    pub tip: ObjectId,
}

/// Finds `revision` (`None` = the tip of the default branch) and mines what is not known of it yet.
pub fn find(path: &Path, revision: Option<&str>, signs: &Rules) -> Result<Shown, Failure> {
    let rules = LineRules::full();
    let Some(revision) = revision else { return tip_of(path, None, signs) };
    let repo = Repository::open(path)?;
    if let Err(error) = repo.mainline(None) {
        // Without a default branch the revision can only be a branch itself.
        return if repo.mainline(Some(revision)).is_ok() { tip_of(path, Some(revision), signs) } else { Err(error.into()) };
    }
    let main = tip_of(path, None, signs)?;
    let on_mainline = |id: ObjectId| {
        let number = main.state.history.numbers.get(&id)?;
        main.state.history.mainline.binary_search(number).ok()
    };
    let (name, back) = match revision.rsplit_once('~') {
        Some((name, "")) => (name, 1),
        Some((name, back)) => (name, back.parse::<usize>().map_err(|_| unknown(revision, &main))?),
        None => (revision, 0),
    };
    let (id, is_reference) = match repo.mainline(Some(name)) {
        Ok(found) => (found.tip, true),
        Err(GitError::NoBranch { .. }) => (abbreviated(name, &main).ok_or_else(|| unknown(revision, &main))?, false),
        Err(error) => return Err(error.into()),
    };
    let Some(ordinal) = on_mainline(id) else {
        if is_reference && back == 0 {
            return tip_of(path, Some(name), signs);
        }
        let branch = &main.fresh.selected.mainline.branch;
        return Err(Failure::user(format!(
            "`{revision}` is no commit of the mainline `{branch}`: its lines landed with another one"
        ))
        .hint("name a branch, or a commit that `git log --first-parent` lists"));
    };
    let wanted = ordinal.checked_sub(back).and_then(|ordinal| main.state.history.landing(ordinal));
    let Some(tip) = wanted.map(|commit| commit.id) else {
        return Err(Failure::user(format!("`{revision}` lies before the first of {} mainline commits", ordinal + 1))
            .hint(format!("`{name}~{ordinal}` is the first one")));
    };
    if tip == main.tip {
        return Ok(main);
    }
    let mainline = Mainline { branch: main.fresh.selected.mainline.branch.clone(), tip, note: None };
    let state = followed(&repo, &mainline, rules, &Steps::new())?;
    Ok(Shown { fresh: main.fresh, state, tip })
}

fn tip_of(path: &Path, branch: Option<&str>, signs: &Rules) -> Result<Shown, Failure> {
    let rules = LineRules::full();
    let fresh = store::refresh(store::select(path, branch, rules)?, rules, signs, &[])?;
    let stored = fresh.selected.store.state(&fresh.snapshot)?;
    let state = stored.ok_or_else(|| Failure::machine("the state just written cannot be read back"))?;
    let tip = fresh.selected.mainline.tip;
    Ok(Shown { fresh, state, tip })
}

/// The only commit whose id begins with these digits, those of the mainline first.
fn abbreviated(digits: &str, main: &Shown) -> Option<ObjectId> {
    if digits.len() < 4 || !digits.bytes().all(|byte| byte.is_ascii_hexdigit()) {
        return None;
    }
    let digits = digits.to_ascii_lowercase();
    let history = &main.state.history;
    let matching = |ids: &mut dyn Iterator<Item = ObjectId>| {
        let mut ids = ids.filter(|id| id.to_hex().to_string().starts_with(&digits));
        ids.next().filter(|_| ids.next().is_none())
    };
    matching(&mut (0..history.mainline.len()).filter_map(|at| Some(history.landing(at)?.id)))
        .or_else(|| matching(&mut history.commits.iter().map(|commit| commit.id)))
}

fn unknown(revision: &str, main: &Shown) -> Failure {
    let branch = &main.fresh.selected.mainline.branch;
    Failure::user(format!("`{revision}` is neither a branch or tag nor a commit of the mainline `{branch}`"))
        .hint("name a branch, a tag, an id of four digits or more, or BRANCH~N; ids that fit several commits name none")
}
