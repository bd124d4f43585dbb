//! `candor template`: the file of a table as people begin it.

use candor_tables::{TABLES, Table};

use crate::failure::Failure;
use crate::{Done, output};

/// Arguments of `candor template`.
#[derive(clap::Args)]
#[command(after_help = "Examples:
  candor template people > people.csv
  candor template --example pull_requests
  candor template --columns finance
  candor template")]
pub struct Args {
    /// Table, such as `people`; without it, all tables are listed.
    #[arg(value_name = "TABLE")]
    table: Option<String>,
    /// Put a legal row under the header.
    #[arg(long)]
    example: bool,
    /// Say what each column holds, instead of the file.
    #[arg(long, conflicts_with = "example")]
    columns: bool,
}

/// The table of that name, or what to do.
pub fn table(name: &str) -> Result<&'static Table, Failure> {
    candor_tables::table(name).ok_or_else(|| {
        let names: Vec<&str> = TABLES.iter().map(|table| table.name).collect();
        let near = candor_tables::nearest(name, names.iter().copied());
        let hint = near.map_or_else(|| format!("the tables are {}", names.join(", ")), |near| format!("is it `{near}`?"));
        Failure::user(format!("there is no table `{name}`")).hint(hint)
    })
}

/// Runs the command.
pub fn run(args: &Args) -> Done {
    let text = match &args.table {
        None => TABLES.iter().map(|table| format!("{:<22} {}\n", table.name, table.doc)).collect(),
        Some(name) => {
            let table = table(name)?;
            if args.columns {
                columns(table)
            } else {
                let example = if args.example { format!("{}\n", table.example) } else { String::new() };
                format!("{}\n{example}", candor_tables::header(table))
            }
        }
    };
    output::print(text.as_bytes())
}

fn columns(table: &Table) -> String {
    let mut text = format!("{}.csv: {}; key: {}\n", table.name, table.doc, table.key.join(", "));
    for column in table.columns {
        let star = if column.required { "*" } else { " " };
        let doc = if column.doc.is_empty() { String::new() } else { format!(" ({})", column.doc) };
        text.push_str(&format!("{star} {}: {}{doc}\n", column.name, column.kind.words()));
    }
    for note in table.notes {
        text.push_str(&format!("  {note}\n"));
    }
    text.push_str("* = every row must fill it\n");
    text
}
