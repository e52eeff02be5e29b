select t.id as traffic_id,
       case when :language = 'en' then t.name_en else t.name end as place,
       case when :language = 'en' then t.how_en else t.how end as how
from traffic t
order by t.id
