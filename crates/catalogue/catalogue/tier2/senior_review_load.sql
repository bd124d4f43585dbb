/*
id = "senior_review_load"
version = 1
tier = 2
cadence = "week"
question = "How much of the week of a senior engineer goes into reviewing the changes of others?"
definition = "Reviews, review comments and hours per senior-week: events of the period by people who are senior and in an engineering role on that day, on changes of others that are not bots', merged or not, before or after the merge. Senior-weeks = full-time-equivalent days of senior engineers / 7, the same for each source, so that the sources add up. Hours per reviewer and change: the recorded minutes where a review of the pair has them; else sessions: events at most 60 minutes apart form one, which lasts from its first to its last event plus 15 minutes and belongs to its first event."
source = "Candor"
caveats = "Estimated hours are a lower limit: reading that leaves no event is not seen. By source = source of the reviewed change."
needs = ["pull_requests", "employment"]
slices = ["source", "repo", "context", "business"]

[[figure]]
name = "hours"
unit = "hours / senior-week"
direction = "lower"
estimator = "ratio"
numerator = "hours"
denominator = "senior_weeks"

[[figure]]
name = "reviews"
unit = "reviews / senior-week"
direction = "lower"
estimator = "ratio"
numerator = "reviews"
denominator = "senior_weeks"

[[figure]]
name = "comments"
unit = "comments / senior-week"
direction = "lower"
estimator = "ratio"
numerator = "comments"
denominator = "senior_weeks"

[[figure]]
name = "senior_weeks"
unit = "senior-weeks"
direction = "neither"
estimator = "count"
value = "senior_weeks"
*/
WITH timed_pairs AS (
    SELECT DISTINCT reviewer, change FROM review_events WHERE minutes IS NOT NULL
),
by_seniors AS (
    SELECT e.*, t.change IS NOT NULL AS has_minutes
    FROM review_events e
    JOIN local_days d ON d.utc_day = CAST(e.at AS DATE) AND e.at >= d.starts_at AND e.at < d.ends_at
    JOIN person_spans p ON p.person = e.reviewer AND d.day >= p.from_day AND d.day < p.until_day
    LEFT JOIN timed_pairs t ON t.reviewer = e.reviewer AND t.change = e.change
    WHERE p.is_engineer AND p.level = 'senior'
),
-- One partition per reviewer with the changes one after another: a partition per pair would be millions of tiny ones.
neighbours AS (
    SELECT
        *,
        LAG(change) OVER events = change AND at - LAG(at) OVER events <= INTERVAL '60 minutes' AS continues,
        LEAD(change) OVER events = change AND LEAD(at) OVER events - at <= INTERVAL '60 minutes' AS goes_on
    FROM by_seniors
    WINDOW events AS (PARTITION BY reviewer ORDER BY change, at, kind, id)
),
sessions AS (
    SELECT
        *,
        FIRST_VALUE(CASE WHEN goes_on THEN NULL ELSE at END) IGNORE NULLS OVER (
            PARTITION BY reviewer ORDER BY change, at, kind, id ROWS BETWEEN CURRENT ROW AND UNBOUNDED FOLLOWING
        ) AS session_ends_at
    FROM neighbours
)
SELECT
    change AS unit, reviewer AS cluster, reviewer AS person, at, source, repo, context, business, FALSE AS is_exposure,
    CASE
        WHEN has_minutes THEN COALESCE(minutes, 0.0) / 60.0
        WHEN continues THEN 0.0
        ELSE (date_part('epoch', session_ends_at - at) / 60.0 + 15.0) / 60.0
    END AS hours,
    CASE WHEN kind = 'review' THEN 1.0 ELSE 0.0 END AS reviews,
    CASE WHEN kind = 'comment' THEN 1.0 ELSE 0.0 END AS comments,
    0.0 AS senior_weeks
FROM sessions
UNION ALL
SELECT
    person || ' ' || day AS unit, person AS cluster, person, at, NULL AS source, NULL AS repo, NULL AS context, NULL AS business, TRUE AS is_exposure,
    0.0 AS hours, 0.0 AS reviews, 0.0 AS comments, fte / 7.0 AS senior_weeks
FROM engineer_days
WHERE level = 'senior'
