//! History mining: birth, landing, moves and death of every line.
