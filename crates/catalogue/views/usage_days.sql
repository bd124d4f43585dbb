/*
One row per person and day of ai_usage.csv before as_of, all tools together (definitions.md, 4, ai_usage): active = a row that says so, or, where it does not say, one with offers, acceptances, sessions or tokens.
Sessions and tokens are sums of the filled cells; `tokens` is NULL where no row reports any.
*/
WITH known AS (
    SELECT
        u.*,
        COALESCE(
            u.active,
            COALESCE(u.offered, 0) + COALESCE(u.accepted, 0) + COALESCE(u.sessions, 0)
                + COALESCE(u.tokens_input, 0) + COALESCE(u.tokens_output, 0) + COALESCE(u.tokens_cached, 0) > 0
        ) AS is_active,
        CASE
            WHEN u.tokens_input IS NOT NULL OR u.tokens_output IS NOT NULL OR u.tokens_cached IS NOT NULL
                THEN COALESCE(u.tokens_input, 0) + COALESCE(u.tokens_output, 0) + COALESCE(u.tokens_cached, 0)
        END AS tokens
    FROM settings s
    CROSS JOIN ai_usage u
    WHERE u.day < s.as_of
)
SELECT
    person,
    day,
    MAX(CASE WHEN is_active THEN 1 ELSE 0 END) = 1 AS is_active,
    COALESCE(SUM(sessions), 0) AS sessions,
    SUM(tokens) AS tokens
FROM known
GROUP BY person, day
