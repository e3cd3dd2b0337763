-- Who was the first in each country to speak of the "clean network"?
--
-- country    whom the publisher speaks for
-- day        of publication, where unknown, of first sight, but where an edit put the words in, the day
--            on which we saw that edit
-- words      what the rule found, as it was published
-- revision   1 where it stood there from the beginning, else the wording that an edit put it in
-- mentions   how many statements of that country hold it by now
--
-- Found by a rule of a watchlist, so spellings, inflections and scripts are taken care of. To change
-- it: another watchlist or rule. A rule that has moved, as this one has, is named in both its places:
-- what it found stays where it was found. Words that no rule looks for: communique search.
WITH parameters (watchlist, rule) AS (
    VALUES ('clean-network', 'clean-network'), ('5g-huawei', 'clean-network')
),
mentions AS (
    SELECT s.country, s.publisher, d.day, s.language, s.title, s.url, m.words, m.revision,
           s.id AS statement_id,
           row_number() OVER (PARTITION BY s.country ORDER BY d.day, s.first_seen_at, s.id,
                                                             m.revision, m.rule_version) AS place,
           dense_rank() OVER (PARTITION BY s.country ORDER BY s.id)
               + dense_rank() OVER (PARTITION BY s.country ORDER BY s.id DESC) - 1 AS mentions
    FROM parameters p
    JOIN analyst.matches m ON m.watchlist = p.watchlist AND m.rule = p.rule
    JOIN analyst.statements s ON s.id = m.statement_id
    CROSS JOIN LATERAL (
        -- The rule may be younger than the wording that first had the words.
        SELECT CASE WHEN r.number = 1 OR r.reread THEN s.day
                    ELSE CAST(r.seen_at AT TIME ZONE 'UTC' AS date) END AS day
        FROM analyst.revisions r
        WHERE r.statement_id = m.statement_id
          AND (r.number = m.revision
               OR r.number < m.revision
               AND EXISTS (SELECT FROM unnest(m.words) AS w (word)
                           WHERE strpos(lower(r.title || ' ' || r.text), lower(w.word)) > 0))
        ORDER BY r.number
        LIMIT 1
    ) d
)
SELECT country, publisher, day, language, title, words, revision, mentions, url, statement_id
FROM mentions
WHERE place = 1
ORDER BY day, country
