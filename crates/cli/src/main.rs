//! The command `candor`: arguments, exit codes and hints; everything else lives in the libraries.
//!
//! Exit codes: 0 = done (warnings are counted on standard error), 1 = the program or the machine failed, 2 = something that the user
//! can mend, 130 = stopped by the user.

mod commands;
mod dates;
mod engine;
mod failure;
mod output;
mod progress;
mod signing;
mod store;

use std::process::ExitCode;

use clap::{Parser, Subcommand};

use failure::Failure;

/// Mining allocates and frees many buffers of file size: the system's allocator gives them back to the kernel each time, which cost a
/// third of the run on small repositories.
#[global_allocator]
static ALLOCATOR: mimalloc::MiMalloc = mimalloc::MiMalloc;

/// Measures honestly where AI coding tools help and hurt, from what really happened to every line of code.
#[derive(Parser)]
#[command(name = "candor", version, propagate_version = true, max_term_width = 110)]
struct Cli {
    #[command(subcommand)]
    command: Command,
}

#[derive(Subcommand)]
enum Command {
    /// How long lines live, by who or what wrote them: on the terminal, as one HTML page, or as JSON.
    Report(commands::report::Args),
    /// Write line lives or attribution for other programs.
    Export(commands::export::Args),
    /// Make a simulated organisation whose truth is known: repositories, files, facts.
    Demo(commands::demo::Args),
    /// Make a folder in which an organisation describes itself and keeps its facts.
    Init(commands::init::Args),
    /// The header of a table's CSV file, or what its columns hold.
    Template(commands::template::Args),
    /// Check CSV files against the contract and against what is known; writes nothing.
    Validate(commands::import::ValidateArgs),
    /// Bring CSV files in: whole or not at all, new rows by their keys, one snapshot.
    Import(commands::import::Args),
    /// Read what is new in every repository of the organisation.
    Mine(commands::mine::Args),
    /// What facts are there, how fresh they are, and what is missing.
    Status(commands::status::Args),
    /// The catalogue of metrics: what each one means, and its figures.
    Metrics(commands::metrics::Args),
    /// From a figure back to its observations, SQL, facts, evidence and raw files, and the figure computed again on the way.
    Explain(commands::explain::Args),
    /// Figures as others define them, on the same facts, and the steps from each to ours.
    Reconcile(commands::reconcile::Args),
    /// Figures at the reader's cadence: business pack, team pack, quarterly review, talent pack, a person's own page.
    Digest(commands::digest::Args),
    /// What every metric says before: the figures that digests are compared with.
    Baseline(commands::baseline::Args),
    /// Accounts that may belong to one person.
    People(commands::people::Args),
    /// Forget a person: rows, mentions, names, kept files, older snapshots.
    Forget(commands::forget::Args),
    /// What is read, kept, hidden, shown and sent.
    Privacy(commands::privacy::Args),
    /// Install hooks that keep evidence of who or what wrote a commit, or check that commits have some.
    Instrument(commands::instrument::Args),
    /// Keys of the people who sign: make one, let one into the ledger, list or revoke them.
    Key(commands::key::Args),
    /// The signed memory of plans, draws, looks and verdicts: verify it, export it, show its head to others.
    Ledger(commands::ledger::Args),
    /// Where the undertaking stands: phases, their gates, what is missing, what to do next and until when.
    Roadmap(commands::roadmap::Args),
    /// What is asked, how it is measured and what follows, written down before the data.
    Plan(commands::plan::Args),
    /// Who gets which arm, by lot, from a seed whose hash stood in the ledger before.
    Assign(commands::assign::Args),
    /// The registered analysis of a plan on a snapshot: figures with intervals, and the checks that they need.
    Look(commands::look::Args),
    /// Where business figures are flat or down: which team figures moved, where, and with what. Exploratory.
    Diagnose(commands::diagnose::Args),
    /// The designs of a study, and which of them could show what here.
    Design(commands::design::Args),
    /// What follows from the figures of a look, by rules that were registered before them.
    Verdict(commands::verdict::Args),
    /// One page for the board, the teams or the community, made from the recorded verdict.
    Statement(commands::statement::Args),
    /// Who or what wrote each line of a file, when it landed, and how that is known.
    Blame(commands::blame::Args),
    /// Check a repository's line lives against git itself.
    Verify(commands::verify::Args),
}

fn main() -> ExitCode {
    let cli = match Cli::try_parse() {
        Ok(cli) => cli,
        Err(error) => {
            // Help and version are no errors; everything else is the user's to mend.
            if !error.use_stderr() {
                let _ = error.print();
                return ExitCode::SUCCESS;
            }
            // What was typed is repeated: it must not act on the terminal.
            output::say(error.render().to_string().trim_end());
            return ExitCode::from(2);
        }
    };
    let done = match run(&cli.command) {
        Err(failure) if store::set_aside(&failure) => run(&cli.command),
        done => done,
    };
    match done {
        Ok(()) => ExitCode::SUCCESS,
        Err(failure) => failure.report(),
    }
}

fn run(command: &Command) -> Done {
    match command {
        Command::Report(args) => commands::report::run(args),
        Command::Export(args) => commands::export::run(args),
        Command::Demo(args) => commands::demo::run(args),
        Command::Explain(args) => commands::explain::run(args),
        Command::Reconcile(args) => commands::reconcile::run(args),
        Command::Digest(args) => commands::digest::run(args),
        Command::Baseline(args) => commands::baseline::run(args),
        Command::Init(args) => commands::init::run(args),
        Command::Template(args) => commands::template::run(args),
        Command::Validate(args) => commands::import::validate(args),
        Command::Import(args) => commands::import::run(args),
        Command::Mine(args) => commands::mine::run(args),
        Command::Status(args) => commands::status::run(args),
        Command::Metrics(args) => commands::metrics::run(args),
        Command::People(args) => commands::people::run(args),
        Command::Forget(args) => commands::forget::run(args),
        Command::Privacy(args) => commands::privacy::run(args),
        Command::Instrument(args) => commands::instrument::run(args),
        Command::Key(args) => commands::key::run(args),
        Command::Ledger(args) => commands::ledger::run(args),
        Command::Roadmap(args) => commands::roadmap::run(args),
        Command::Plan(args) => commands::plan::run(args),
        Command::Assign(args) => commands::assign::run(args),
        Command::Look(args) => commands::look::run(args),
        Command::Diagnose(args) => commands::diagnose::run(args),
        Command::Design(args) => commands::design::run(args),
        Command::Verdict(args) => commands::verdict::run(args),
        Command::Statement(args) => commands::statement::run(args),
        Command::Blame(args) => commands::blame::run(args),
        Command::Verify(args) => commands::verify::run(args),
    }
}

/// What a command answers.
pub type Done = Result<(), Failure>;
