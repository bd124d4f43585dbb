//! Writing to standard output and standard error.

use std::io::Write;
use std::path::Path;

use candor_model::text::visible_lines;

use crate::failure::Failure;

/// Writes everything to standard output; a closed pipe ends the program quietly.
pub fn print(bytes: &[u8]) -> Result<(), Failure> {
    let mut out = std::io::stdout().lock();
    out.write_all(bytes).and_then(|()| out.flush()).map_err(|error| Failure::file("write", Path::new("standard output"), &error))
}

/// Says something on standard error. Names and texts of others in it neither act on the terminal nor fill it.
pub fn say(text: &str) {
    let _ = writeln!(std::io::stderr().lock(), "{}", visible_lines(text));
}

/// A number of things: `1 fault`, `2 faults`.
pub fn counted(count: usize, thing: &str) -> String {
    if count == 1 { format!("1 {thing}") } else { format!("{count} {thing}s") }
}

/// Writes a whole file, or leaves what was there: first under another name in the same folder, then renamed.
///
/// What is no regular file (a device, a pipe) is written to and never replaced; a link is followed.
pub fn write_file(path: &Path, bytes: &[u8]) -> Result<(), Failure> {
    let fault = |error: std::io::Error| Failure::file("write", path, &error);
    let real = path.canonicalize();
    let path = real.as_deref().unwrap_or(path);
    if path.exists() && !path.is_file() {
        return std::fs::write(path, bytes).map_err(fault);
    }
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

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used, clippy::panic)]
    use super::*;

    #[cfg(unix)]
    #[test]
    fn a_device_is_written_to_and_never_replaced() {
        use std::os::unix::fs::FileTypeExt;
        let folder = tempfile::tempdir().unwrap();
        // A link of our own, so that a slip of this function cannot harm the machine.
        let link = folder.path().join("null");
        std::os::unix::fs::symlink("/dev/null", &link).unwrap();
        write_file(&link, b"x").unwrap();
        assert!(std::fs::metadata("/dev/null").unwrap().file_type().is_char_device());
        assert!(std::fs::symlink_metadata(&link).unwrap().file_type().is_symlink());
    }

    #[test]
    fn a_file_is_replaced_whole() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("report.html");
        write_file(&path, b"one").unwrap();
        write_file(&path, b"two").unwrap();
        assert_eq!(std::fs::read(&path).unwrap(), b"two");
        assert_eq!(std::fs::read_dir(folder.path()).unwrap().count(), 1, "nothing half-written stays");
    }
}
