select h.id as hotel_id, case when :language = 'en' then h.name_en else h.name end as hotel, h.stars, h.price_fen
from hotel h
order by h.price_fen
