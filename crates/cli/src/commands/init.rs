//! `candor init`: the folder in which an organisation describes itself and keeps its facts.

use std::path::{Path, PathBuf};

use crate::failure::Failure;
use crate::{Done, output, store};

/// Name of the description.
const FILE: &str = "candor.toml";

/// Arguments of `candor init`.
#[derive(clap::Args)]
#[command(after_help = "Example:
  candor init measurement && cd measurement && candor report ../app ../lib")]
pub struct Args {
    /// Folder to make or to use.
    #[arg(value_name = "DIR")]
    dir: PathBuf,
}

/// The description that a new folder begins with.
pub const DESCRIPTION: &str = include_str!("init/candor.toml");
/// Rules by which code belongs to a context.
const CONTEXTS: &str = candor_metrics::load::contexts::BUILT_IN;
/// What the folder for own metrics says of itself.
const METRICS: &str = include_str!("init/metrics.md");

/// A described organisation.
pub struct Organisation {
    dir: PathBuf,
    description: candor_tables::Organisation,
}

impl Organisation {
    /// The organisation that `CANDOR_ORG` names, or whose folder the current one lies in.
    pub fn current() -> Result<Option<Self>, Failure> {
        if let Some(dir) = std::env::var_os("CANDOR_ORG").filter(|dir| !dir.is_empty()) {
            return Self::open(Path::new(&dir)).map(Some);
        }
        let here = std::env::current_dir().map_err(|error| Failure::file("read", Path::new("."), &error))?;
        match here.ancestors().find(|dir| dir.join(FILE).is_file()) {
            Some(dir) => Self::open(dir).map(Some),
            None => Ok(None),
        }
    }

    /// The organisation of this folder.
    pub fn open(dir: &Path) -> Result<Self, Failure> {
        let file = dir.join(FILE);
        let text = store::read_text(&file)?;
        let description = candor_tables::Organisation::parse(&file.display().to_string(), &text)
            .map_err(|error| Failure::user(error.to_string()).hint(error.hint))?;
        Ok(Self { dir: dir.to_path_buf(), description })
    }

    /// The organisation's folder, which must be there.
    pub fn here() -> Result<Self, Failure> {
        Self::current()?.ok_or_else(|| {
            Failure::user("this is no organisation's folder: no `candor.toml` here or above")
                .hint("`candor init DIR` makes one; or name one with CANDOR_ORG")
        })
    }

    /// The folder in which it describes itself.
    pub fn folder(&self) -> &Path {
        &self.dir
    }

    /// Folder of the lake.
    pub fn lake(&self) -> PathBuf {
        self.dir.join(&self.description.lake)
    }

    /// The id of the repository with this common folder, where the description gives it one.
    pub fn id_of(&self, common: &Path) -> Option<String> {
        let common = common.canonicalize().ok()?;
        let is_it = |path: PathBuf| path.canonicalize().is_ok_and(|path| path == common);
        let described = self.description.repositories.iter().find(|repository| {
            let path = self.dir.join(&repository.path);
            is_it(path.join(".git")) || is_it(path)
        });
        described.and_then(|repository| repository.repo.clone())
    }

    /// What it says of itself.
    pub fn description(&self) -> &candor_tables::Organisation {
        &self.description
    }
}

/// Runs the command.
pub fn run(args: &Args) -> Done {
    let file = make(&args.dir, DESCRIPTION)?;
    output::say(&format!(
        "made `{}`; commands in this folder keep their facts in `{}`",
        file.display(),
        args.dir.join("lake").display()
    ));
    Ok(())
}

/// Makes the folder of an organisation with this description; answers the file that holds it.
pub fn make(dir: &Path, description: &str) -> Result<PathBuf, Failure> {
    let file = dir.join(FILE);
    if file.exists() {
        return Err(Failure::user(format!("`{}` is there already", file.display())).hint("edit it, or name another folder"));
    }
    std::fs::create_dir_all(dir).map_err(|error| {
        Failure::file("make the folder", dir, &error)
            .hint("name a folder that is there or can be made, such as `candor init measurement`")
    })?;
    let write_new = |path: PathBuf, bytes: &[u8]| if path.exists() { Ok(()) } else { output::write_file(&path, bytes) };
    write_new(dir.join(".gitignore"), b"# Facts, with people's names and the key that hides them: never in git.\n/lake/\n")?;
    write_new(dir.join("contexts.toml"), CONTEXTS.as_bytes())?;
    let metrics = dir.join("metrics");
    std::fs::create_dir_all(&metrics).map_err(|error| Failure::file("make the folder", &metrics, &error))?;
    write_new(metrics.join("README.md"), METRICS.as_bytes())?;
    output::write_file(&file, description.as_bytes())?;
    Ok(file)
}
