//! Writing to standard output and standard error.

use std::io::Write;
use std::path::Path;

use crate::failure::Failure;

/// Writes everything to standard output; a closed pipe ends the program quietly.
pub fn print(bytes: &[u8]) -> Result<(), Failure> {
    let mut out = std::io::stdout().lock();
    out.write_all(bytes).and_then(|()| out.flush()).map_err(|error| Failure::file("write", Path::new("standard output"), &error))
}

/// Says something on standard error.
pub fn say(text: &str) {
    let _ = writeln!(std::io::stderr().lock(), "{text}");
}

/// Writes a whole file, or leaves what was there: first under another name in the same folder, then renamed.
pub fn write_file(path: &Path, bytes: &[u8]) -> Result<(), Failure> {
    let fault = |error: std::io::Error| Failure::file("write", path, &error);
    let name = path.file_name().ok_or_else(|| Failure::user(format!("`{}` is no name of a file", path.display())))?;
    let mut staged = name.to_os_string();
    staged.push(format!(".{}.part", std::process::id()));
    let staged = path.with_file_name(staged);
    let done = std::fs::write(&staged, bytes).and_then(|()| std::fs::rename(&staged, path));
    if done.is_err() {
        let _ = std::fs::remove_file(&staged);
    }
    done.map_err(fault)
}
