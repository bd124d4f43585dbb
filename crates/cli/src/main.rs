//! The command `candor`: arguments, exit codes and hints; everything else lives in the libraries.

fn main() {}
