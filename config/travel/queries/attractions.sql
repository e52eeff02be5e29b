select a.id as attraction_id, case when :language = 'en' then a.name_en else a.name end as attraction, a.price_fen, a.opens_at, a.closes_at
from attraction a
order by a.id
