//! Embeds the SQL files of the catalogue and its views: a file that is there is in the program, and in no other list.

use std::fmt::Write as _;
use std::fs;
use std::path::{Path, PathBuf};

fn main() {
    let root = PathBuf::from(std::env::var_os("CARGO_MANIFEST_DIR").unwrap_or_default());
    let mut text = String::new();
    for (name, doc, folder) in [
        ("METRICS", "Path below the crate and text of each metric.", "catalogue"),
        ("VIEWS", "Path below the crate and text of each view.", "views"),
        ("PEERS", "Path below the crate and text of each definition of somebody else.", "reconcile"),
    ] {
        println!("cargo:rerun-if-changed={folder}");
        let mut files = Vec::new();
        sql_files(&root.join(folder), &mut files);
        files.sort();
        let _ = writeln!(text, "/// {doc}\npub const {name}: &[(&str, &str)] = &[");
        for file in files {
            let below = file.strip_prefix(&root).unwrap_or(&file).to_string_lossy().replace('\\', "/");
            let _ = writeln!(text, "    ({below:?}, include_str!({:?})),", file.display().to_string());
        }
        text.push_str("];\n");
    }
    let out = PathBuf::from(std::env::var_os("OUT_DIR").unwrap_or_default()).join("embedded.rs");
    if let Err(error) = fs::write(&out, text) {
        println!("cargo:error=cannot write `{}`: {error}", out.display());
    }
}

fn sql_files(folder: &Path, found: &mut Vec<PathBuf>) {
    println!("cargo:rerun-if-changed={}", folder.display());
    for entry in fs::read_dir(folder).into_iter().flatten().flatten() {
        let path = entry.path();
        if path.is_dir() {
            sql_files(&path, found);
        } else if path.extension().is_some_and(|ending| ending == "sql") {
            found.push(path);
        }
    }
}
