#!/bin/sh
# Makes a synthetic history: COMMITS commits, each of which changes 20 lines of one of 50 files of 60 lines.
# Usage: sh benches/history.sh COMMITS DIR   (DIR must not exist)
set -eu
[ $# -eq 2 ] || { echo "usage: sh $0 COMMITS DIR" >&2; exit 64; }
git init -q -b main --bare "$2"
awk -v commits="$1" 'BEGIN {
  files = 50; lines = 60; changed = 20
  for (f = 0; f < files; f++) for (l = 0; l < lines; l++) text[f, l] = sprintf("line %d of file %d as it was first", l, f)
  for (c = 0; c < commits; c++) {
    f = c % files; from = (int(c / files) * 37) % (lines - changed)
    for (l = from; l < from + changed; l++) text[f, l] = sprintf("line %d of file %d, changed by commit %d", l, f, c)
    printf "commit refs/heads/main\ncommitter Dev %d <dev%d@example.com> %d +0000\ndata 2\nx\n\n", c % 40, c % 40, 1500000000 + c * 600
    body = ""
    for (l = 0; l < lines; l++) body = body text[f, l] "\n"
    printf "M 100644 inline src/file%d.txt\ndata %d\n%s\n", f, length(body), body
  }
  print "done"
}' | git -C "$2" fast-import --quiet --done
