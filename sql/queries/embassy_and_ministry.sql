-- Do embassies say word for word what their ministry says, or something of their own?
--
-- same_text             the two texts are the same but for white space
-- embassy_/ministry_    the two statements, of one story, one country and one language
-- characters            how long they are: a part left out shows here
-- days_later            days from the ministry's to the embassy's, below 0 the embassy was first
--
-- To change it: the first day of the embassy's statement.
WITH parameters (since) AS (VALUES (DATE '2019-01-01'))
SELECT e.country,
       e.host_country,
       e.language,
       e.publisher AS embassy,
       e.day AS embassy_day,
       e.day - m.day AS days_later,
       translate(e.text, chr(9) || chr(10) || chr(13) || chr(32) || chr(160), '')
           = translate(m.text, chr(9) || chr(10) || chr(13) || chr(32) || chr(160), '') AS same_text,
       length(e.text) AS embassy_characters,
       length(m.text) AS ministry_characters,
       e.title AS embassy_title,
       m.title AS ministry_title,
       e.url AS embassy_url,
       m.url AS ministry_url,
       e.id AS embassy_statement_id,
       m.id AS ministry_statement_id
FROM parameters p
JOIN analyst.statements e ON e.day >= p.since AND e.kind IN ('embassy', 'consulate', 'mission')
JOIN analyst.statements m ON m.story_id = e.story_id AND m.kind = 'ministry'
                         AND m.country = e.country AND m.language = e.language
ORDER BY e.day DESC, e.id, m.id
LIMIT 500
