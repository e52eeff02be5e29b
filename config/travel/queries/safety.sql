select s.id as safety_id,
       case when :language = 'en' then s.title_en else s.title end as title,
       case when :language = 'en' then s.body_en else s.body end as body
from safety s
order by s.id
