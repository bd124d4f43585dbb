//! Progress on a terminal, silence in a pipe, and stopping at a safe point.

use std::io::IsTerminal;
use std::sync::OnceLock;
use std::sync::atomic::{AtomicBool, Ordering};

use candor_lake::Holder;
use candor_sources::git::Progress;
use indicatif::{ProgressBar, ProgressDrawTarget, ProgressStyle};

static STOPPED: AtomicBool = AtomicBool::new(false);
static HANDLER: OnceLock<()> = OnceLock::new();

/// Makes Ctrl-C a request: the run ends at the next safe point. A second one ends the program at once.
pub fn stop_on_request() {
    HANDLER.get_or_init(|| {
        let installed = ctrlc::set_handler(|| {
            if STOPPED.swap(true, Ordering::Relaxed) {
                std::process::exit(130);
            }
        });
        if let Err(error) = installed {
            crate::output::say(&format!("warning: Ctrl-C will end the program at once ({error})"));
        }
    });
}

/// Whether the user asked to stop.
pub fn is_stopped() -> bool {
    STOPPED.load(Ordering::Relaxed)
}

/// The bar of one repository.
pub struct Bar {
    bar: ProgressBar,
    name: String,
    said_waiting: bool,
}

impl Bar {
    /// A bar that shows itself once there is something to show.
    pub fn new(name: &str) -> Self {
        let bar = ProgressBar::with_draw_target(
            Some(0),
            if std::io::stderr().is_terminal() { ProgressDrawTarget::stderr_with_hz(8) } else { ProgressDrawTarget::hidden() },
        );
        if let Ok(style) = ProgressStyle::with_template("{msg} {bar:28} {pos}/{len} landings, {eta} left") {
            bar.set_style(style);
        }
        bar.set_message(format!("reading {name}"));
        Self { bar, name: name.to_owned(), said_waiting: false }
    }
}

impl Progress for Bar {
    fn landings(&mut self, done: usize, total: usize) {
        self.bar.set_message(format!("following {}", self.name));
        self.bar.set_length(total as u64);
        self.bar.set_position(done as u64);
    }

    fn functions(&mut self, done: usize, total: usize) {
        self.bar.set_message(format!("measuring functions of {}", self.name));
        self.bar.set_length(total as u64);
        self.bar.set_position(done as u64);
    }

    fn waiting(&mut self, holder: &Holder) {
        if !self.said_waiting {
            self.said_waiting = true;
            crate::output::say(&format!("waiting for {holder} to finish"));
        }
    }

    fn is_stopped(&self) -> bool {
        is_stopped()
    }
}

impl Drop for Bar {
    fn drop(&mut self) {
        self.bar.finish_and_clear();
    }
}
