#!/usr/bin/env bash
# Runs all tests of the workspace. Needs the Rust tool chain, a C compiler and git; everything else comes with `cargo`.
# Arguments go to `cargo test`, for example `./test.sh -p candor-stats`.
set -euo pipefail
cd "$(dirname "$0")"
# Generated cases are the same in every run here; plain `cargo test` draws new ones.
export PROPTEST_RNG_SEED="${PROPTEST_RNG_SEED:-20261125}"
if [ $# -gt 0 ]; then
  exec cargo test --locked "$@"
fi
exec cargo test --workspace --locked
