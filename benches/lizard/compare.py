#!/usr/bin/env python3
"""Compares the cyclomatic complexity of `candor-complexity` with lizard's, function by function, on the files of a folder.

    cargo build -p candor-complexity --example measure
    python3 benches/lizard/compare.py target/debug/examples/measure FOLDER [DIFFERENCES.tsv]

Needs lizard (PyPI; the figures of docs/agreement.md are of 1.24.3). Functions are matched by file, last line and name. Each difference
is put under the first kind whose sign the function holds: a count of what can explain it, for a person to look at.
"""
import collections
import csv
import os
import re
import subprocess
import sys

import lizard

LANGUAGES = {
    "Rust": "rs", "Python": "py", "JavaScript": "js jsx mjs cjs", "TypeScript": "ts tsx", "Go": "go", "Java": "java", "C": "c",
    "header of C or C++": "h", "C++": "cpp cc cxx hpp hh", "C#": "cs", "Ruby": "rb", "PHP": "php", "Kotlin": "kt",
}
BY_ENDING = {ending: language for language, endings in LANGUAGES.items() for ending in endings.split()}
KINDS = {
    "Rust": [
        ("`||` of a closure without parameters, `&&` of a reference to a reference", r"\|\|\s*(\{|[\w(\[:&]|$)|[(,]\s*&&\w|: &&"),
        ("`where`", r"\bwhere\b"),
        ("`?Sized`, the `for` of an `impl` or of a lifetime", r"\?Sized|\bimpl\b.*\bfor\b|\bfor\s*<"),
        ("`match` or `if` inside a macro", r"\b\w+!\s*[({\[]"),
    ],
    "Python": [("`finally`", r"\bfinally\s*:")],
    "C#": [("`foreach`", r"\bforeach\b"), ("arms of a `switch` expression, `when`", r"\bswitch\s*\{|\bwhen\b"), ("`?` of a nullable type, `?.` or `?[`", r"\?[.\[]|[\w>\]]\?[ ,>)\]]|\?>")],
    "Java": [("`?` of a generic type", r"<\?|, \?")],
    "Ruby": [
        ("`unless`", r"\bunless\b"),
        ("`ensure`", r"\bensure\b"),
        ("`?` of a character, a keyword in a name, a symbol, a string", r"\?\w|\w\?|[:\"'].*\b(if|for|while|when|and|or)\b"),
    ],
    "PHP": [("`?` of a nullable type", r"\?\w|\?\\"), ("`?:`", r"\?:")],
    "C": [("`#ifndef`", r"#\s*ifndef"), ("`&&` before an assignment", r"&&.*[^=!<>]=[^=]")],
    "C++": [("a function of a local type", r"\b(struct|class)\b")],
    "header of C or C++": [
        ("`#ifndef`", r"#\s*ifndef"),
        ("a function of a local type", r"\b(struct|class)\b"),
        ("`&&` of a reference or a type", r"&&"),
        ("`?` in initializers", r"^\s*:\s*.*\?"),
    ],
    "Kotlin": [("a lambda with parameters", r"->"), ("`?:`", r"\?:")],
    "TypeScript": [("an arrow function whose body is an expression", r"=>\s*[^{]"), ("`?` without blanks", r"\?")],
    "JavaScript": [("an arrow function or a function on one line", r"=>|function"), ("`?` without blanks", r"\?")],
}


def last(name):
    return re.split(r"\.|::", name)[-1].strip("`#$& ").split("<")[0]


def ours(program, files):
    run = subprocess.run([program], input="\n".join(files), capture_output=True, text=True, check=True)
    found = collections.defaultdict(list)
    for row in csv.reader(run.stdout.splitlines()[1:], delimiter="\t", quoting=csv.QUOTE_NONE):
        found[row[0]].append((row[1], int(row[2]), int(row[3]), int(row[4]), row[6] == "true"))
    return found


def main(program, folder, differences=None):
    files = sorted(os.path.join(at, name) for at, _, names in os.walk(folder) for name in names)
    files = [file for file in files if file.rsplit(".", 1)[-1] in BY_ENDING]
    found = ours(program, files)
    counts, kinds, rows = collections.defaultdict(collections.Counter), collections.defaultdict(collections.Counter), []
    for file in files:
        language = BY_ENDING[file.rsplit(".", 1)[-1]]
        count = counts[language]
        count["files"] += 1
        try:
            theirs = lizard.analyze_file(file).function_list
        except Exception:
            count["not read by lizard"] += 1
            continue
        mine, used = found.get(file, []), set()
        with open(file, errors="replace") as text:
            lines = text.read().split("\n")
        for function in theirs:
            count["theirs"] += 1
            free = [at for at, one in enumerate(mine) if at not in used and one[1] <= function.start_line <= one[2]]
            named = [at for at in free if last(mine[at][0]) == last(function.name)]
            ends = [at for at in named if mine[at][2] == function.end_line]
            ends = ends or [at for at in free if mine[at][1:3] == (function.start_line, function.end_line)]
            if not ends:
                if named:
                    used.add(max(named, key=lambda at: mine[at][1]))
                    count["ends elsewhere"] += 1
                else:
                    count["only theirs"] += 1
                    rows.append((language, "only theirs", file, function.name, function.start_line, function.cyclomatic_complexity, ""))
                continue
            at = min(ends, key=lambda at: (abs(mine[at][1] - function.start_line), at))
            used.add(at)
            name, start, end, cyclomatic, broken = mine[at]
            if broken:
                count["marked"] += 1
            elif cyclomatic == function.cyclomatic_complexity:
                count["same"] += 1
            else:
                count["other"] += 1
                text = "\n".join(lines[start - 1:end])
                kind = next((kind for kind, sign in KINDS.get(language, []) if re.search(sign, text, re.M)), "none of these")
                kinds[language][kind] += 1
                rows.append((language, kind, file, name, start, function.cyclomatic_complexity, cyclomatic))
        count["only ours"] += len(mine) - len(used)
    print("| language | files | functions compared | same | same, % | marked | ends elsewhere | only lizard's | only ours |")
    print("| --- | --- | --- | --- | --- | --- | --- | --- | --- |")
    for language in LANGUAGES:
        count = counts[language]
        both = count["same"] + count["other"]
        if both:
            cells = [count["files"], both, count["same"], f"{100 * count['same'] / both:.1f}"]
            cells += [count[key] for key in ("marked", "ends elsewhere", "only theirs", "only ours")]
            print("|", language, "|", " | ".join(map(str, cells)), "|")
    print()
    for language in LANGUAGES:
        for kind, number in kinds[language].most_common():
            print(f"{language}: {kind}: {number}")
    if differences:
        with open(differences, "w") as out:
            out.writelines("\t".join(map(str, row)) + "\n" for row in rows)


if __name__ == "__main__":
    if len(sys.argv) not in (3, 4):
        sys.exit(__doc__)
    main(*sys.argv[1:])
