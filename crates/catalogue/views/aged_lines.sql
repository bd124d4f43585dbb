/*
One row per cohort of lines, bots' and blank ones too, with its age in real days at its death or at the end of its follow-up.
`by_people`: not a bot's; `counted`: of those, with a letter or a digit, which is what durability and rework count.
*/
SELECT
    l.repo || ' ' || l.landing || ' ' || l.origin || ' ' || l.path AS unit,
    l.author AS cluster,
    l.author AS person,
    l.*,
    date_part('epoch', l.ended_at - l.landed_at) / 86400.0 AS days,
    NOT l.is_bot AS by_people,
    NOT l.is_bot AND l.n_substantive > 0 AS counted,
    CAST(l.n_lines AS DOUBLE) AS all_lines,
    CAST(l.n_substantive AS DOUBLE) AS substantive_lines
FROM lines l
