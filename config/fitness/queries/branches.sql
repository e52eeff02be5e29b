select b.id as branch_id,
       case when :language = 'en' then b.name_en else b.name end as branch,
       case when :language = 'en' then b.address_en else b.address end as address,
       b.phone
from branch b
order by b.id
