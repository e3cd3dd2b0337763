-- How many statements did each country's publishers make on a topic, month by month?
--
-- country     whom the publisher speaks for, empty for news media and alliances
-- month       first day of the month, by day of publication
-- statements  all of them, reposts included, stories counts what many posted once
-- sources     how many embassies, ministries ... that was
--
-- To change it, put another topic (5g, huawei, clean_network) or first day into the parameters.
WITH parameters (topic, since) AS (VALUES ('huawei', DATE '2019-01-01'))
SELECT s.country,
       CAST(date_trunc('month', s.day) AS date) AS month,
       count(*) AS statements,
       count(DISTINCT s.story_id) AS stories,
       count(DISTINCT s.source) AS sources
FROM parameters p
JOIN analyst.statements s ON s.topics @> ARRAY[p.topic] AND s.day >= p.since
GROUP BY s.country, 2
ORDER BY month DESC, statements DESC, s.country
