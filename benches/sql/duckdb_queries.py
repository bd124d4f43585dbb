"""The other side of `sql_speed run DIR`: the same texts, over the same Parquet files, in DuckDB (`pip install duckdb pyarrow`).

Prints for each metric its rows and the seconds of its SQL, all columns to Arrow: best of three after one that is not counted.
Three spellings differ between the engines and are rewritten: `at` is a word of DuckDB's language, IGNORE NULLS stands within the
call there, and a view that is marked as kept becomes a table, since Candor computes it once, too.
"""

import glob
import os
import re
import sys
import time

import duckdb


def spelt(text):
    text = re.sub(r"/\*.*?\*/", "", text, flags=re.S)
    text = re.sub(r"--.*", "", text)
    text = re.sub(r"(?<!['.])\bat\b", '"at"', text)
    return re.sub(r"\) IGNORE NULLS OVER", " IGNORE NULLS) OVER", text)


def main(folder, only):
    engine = duckdb.connect()
    engine.execute("SET TimeZone = 'UTC'")
    engine.execute(f"SET threads = {len(os.sched_getaffinity(0))}")
    for file in sorted(glob.glob(f"{folder}/*.parquet") + glob.glob(f"{folder}/queries/*.parquet")):
        name = os.path.basename(file)[: -len(".parquet")]
        engine.execute(f"CREATE VIEW {name} AS SELECT * FROM read_parquet('{file}')")
    for file in sorted(glob.glob(f"{folder}/queries/view_*.sql")):
        name = os.path.basename(file)[len("view_00_") : -len(".sql")]
        text = open(file).read()
        kind = "TABLE" if "-- kept" in text else "VIEW"
        try:
            engine.execute(f"CREATE {kind} {name} AS {spelt(text)}")
        except duckdb.CatalogException:
            # A table of which this race has no rows: the metric that reads it fails below, by name.
            print(f"view {name}: a table is missing", file=sys.stderr)
    total = 0.0
    for file in sorted(glob.glob(f"{folder}/queries/metric_*.sql")):
        name = os.path.basename(file)[len("metric_") : -len(".sql")]
        if only and name not in only:
            continue
        text, best, rows = spelt(open(file).read()), float("inf"), 0
        for turn in range(4):
            start = time.perf_counter()
            rows = engine.execute(text).to_arrow_table().num_rows
            if turn > 0:
                best = min(best, time.perf_counter() - start)
        total += best
        print(f"{name}\t{rows}\t{best:.3f}")
    print(f"total\t\t{total:.3f}")


main(sys.argv[1], sys.argv[2:])
