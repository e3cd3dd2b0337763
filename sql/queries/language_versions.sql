-- Which language versions of one statement differ in length more than such versions do?
--
-- ratio      characters of the other version for each character of this one
-- usual      the same in the middle of all pairs of those two languages
-- departure  how many times longer (or, below 1, shorter) the other version is than usual: far from
--            1, something was left out of one of them, or put in
-- score      how sure we are that they are versions of each other
--
-- To change it: the first day. Those that depart most come first.
WITH parameters (since) AS (VALUES (DATE '2019-01-01')),
pairs AS (
    SELECT t.publisher, t.day, t.language, t.other_language, t.title, t.other_title, t.score,
           s.url, t.other_url, t.statement_id, t.other_id,
           length(s.text) AS characters, length(o.text) AS other_characters,
           CAST(length(o.text) AS numeric) / greatest(length(s.text), 1) AS ratio
    FROM parameters p
    JOIN analyst.translations t ON t.day >= p.since AND t.language < t.other_language
    JOIN analyst.statements s ON s.id = t.statement_id
    JOIN analyst.statements o ON o.id = t.other_id
),
usual AS (
    SELECT language, other_language,
           CAST(percentile_cont(0.5) WITHIN GROUP (ORDER BY ratio) AS numeric) AS usual
    FROM pairs GROUP BY language, other_language
)
SELECT p.publisher, p.day, p.language, p.other_language, p.title, p.other_title,
       p.characters, p.other_characters,
       round(p.ratio, 2) AS ratio,
       round(u.usual, 2) AS usual,
       round(p.ratio / nullif(u.usual, 0), 2) AS departure,
       round(CAST(p.score AS numeric), 2) AS score,
       p.url, p.other_url, p.statement_id, p.other_id
FROM pairs p
JOIN usual u USING (language, other_language)
ORDER BY abs(ln(greatest(p.ratio, 0.001) / greatest(u.usual, 0.001))) DESC, p.day DESC
LIMIT 500
