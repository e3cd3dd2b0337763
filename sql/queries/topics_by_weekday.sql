-- On which days of the week is a topic spoken of, and by whom?
--
-- weekday     1 is Monday, 7 is Sunday, in the source's own time zone
-- statements  how many on that weekday, share, of all on the topic in that country, from 0 to 1
--
-- A ministry with a press conference every working day shows it here, so does one that buries what
-- it says on a Friday. To change it: the first day.
WITH parameters (since) AS (VALUES (DATE '2019-01-01'))
SELECT m.topic,
       m.country,
       CAST(extract(isodow FROM m.day) AS integer) AS weekday,
       sum(m.statements) AS statements,
       round(sum(m.statements) / sum(sum(m.statements)) OVER (PARTITION BY m.topic, m.country), 3)
           AS share
FROM parameters p
JOIN analyst.daily_mentions m ON m.day >= p.since
GROUP BY m.topic, m.country, 3
ORDER BY m.topic, m.country, weekday
