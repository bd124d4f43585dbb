"""Times lifelines on the rows that `survival_speed --csv FILE` wrote.

Usage: python benches/stats/survival.py FILE [UNITS_PER_DAY [km|jackknife|cox [ROWS]]]   (86400 for a file in seconds; `pip install lifelines`)

lifelines has no clustered Kaplan-Meier: its limits take rows as independent, and there is no influence, so no standard error of the
difference of two arms with the same authors. `km` times what it can do: both curves, with weights, and the points of their difference.
`jackknife` gets the clustered standard errors that it lacks by fitting both arms again without each author in turn.
Its Cox regression takes clusters.
"""

import sys
import time
import warnings

import lifelines
import numpy as np
import pandas as pd

warnings.simplefilter("ignore")  # It warns that weights which are counts should come with robust errors, also where they are asked for.
arguments = dict(enumerate(sys.argv))
day = float(arguments.get(2, 1.0))
part = arguments.get(3, "km")
started = time.perf_counter()
rows = pd.read_csv(sys.argv[1]).head(int(arguments.get(4, 10**9)))
print(f"lifelines {lifelines.__version__}")
print(f"{time.perf_counter() - started:.3f} s  reading {len(rows)} rows, not counted below")
horizons = np.array([30.0, 60.0, 90.0]) * day


def points(own):
    curve = lifelines.KaplanMeierFitter().fit(own["time"], own["died"], weights=own["weight"])
    return curve.survival_function_at_times(horizons).to_numpy()


def show(name, values, errors=None):
    for at, horizon in enumerate(horizons / day):
        error = "" if errors is None else f"  standard error {errors[at]:.10f}"
        print(f"  {f'{name} at {horizon:g}':<18} {values[at]:.10f}{error}")


if part in ("km", "jackknife"):
    split = [rows[rows["arm"] == arm] for arm in (1, 0)]
    started = time.perf_counter()
    exposed, control = (points(own) for own in split)
    print(f"{time.perf_counter() - started:.3f} s  Kaplan-Meier of both arms, not by author, and the points of their difference")
    show("S exposed", exposed)
    show("S control", control)
    show("difference", exposed - control)

if part == "jackknife":
    started = time.perf_counter()
    moved = []
    for author in np.unique(rows["author"]):
        without = [points(own[own["author"] != author]) for own in split]
        moved.append(without[0] - without[1] - (exposed - control))
    errors = np.sqrt(np.sum(np.square(moved), axis=0))
    print(f"{time.perf_counter() - started:.3f} s  the same again without each of {len(moved)} authors")
    show("difference", exposed - control, errors)

if part == "cox":
    started = time.perf_counter()
    fit = lifelines.CoxPHFitter().fit(rows, "time", "died", weights_col="weight", cluster_col="author", robust=True)
    print(f"{time.perf_counter() - started:.3f} s  Cox regression, Efron's ties, errors by author")
    for name in ("arm", "size", "tenure"):
        print(f"  {name:<18} {fit.params_[name]:.10f}  standard error {fit.standard_errors_[name]:.10f}")
    print(f"  log likelihood {fit.log_likelihood_:.4f}")
