select p.id as promotion_id,
       case when :language = 'en' then p.name_en else p.name end as promotion,
       case when :language = 'en' then p.terms_en else p.terms end as terms,
       p.until_day
from promotion p
where current_date between p.from_day and p.until_day
order by p.until_day
