select i.id as insurance_id,
       case when :language = 'en' then i.name_en else i.name end as insurance,
       case when :language = 'en' then i.covers_en else i.covers end as covers,
       i.price_fen
from insurance i
order by i.price_fen
