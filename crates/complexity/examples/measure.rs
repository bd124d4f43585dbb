//! Measures files and prints a row for each function: `cargo run -p candor-complexity --example measure -- FILE...`
//! A list of files is also read from the standard input, where no file is named.

use std::io::Read;
use std::path::PathBuf;

use candor_complexity::{Language, measure};

fn main() -> std::io::Result<()> {
    let mut files: Vec<PathBuf> = std::env::args_os().skip(1).map(PathBuf::from).collect();
    if files.is_empty() {
        let mut list = String::new();
        std::io::stdin().read_to_string(&mut list)?;
        files = list.lines().map(PathBuf::from).collect();
    }
    println!("file\tname\tstart\tend\tcyclomatic\tcognitive\tbroken");
    for file in files {
        let shown = file.display().to_string();
        let Some(language) = Language::of_path(shown.as_bytes()) else { continue };
        match measure(language, &std::fs::read(&file)?) {
            Ok(functions) => {
                for function in functions {
                    println!(
                        "{shown}\t{}\t{}\t{}\t{}\t{}\t{}",
                        function.name, function.start, function.end, function.cyclomatic, function.cognitive, function.is_broken
                    );
                }
            }
            Err(why) => eprintln!("{shown}: {why}"),
        }
    }
    Ok(())
}
