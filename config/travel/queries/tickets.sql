select t.id as ticket_id, case when :language = 'en' then t.name_en else t.name end as ticket, t.price_fen
from ticket t
order by t.kind, t.price_fen
