-- Routes of a region and form that still depart, with their price.
select r.id as route_id,
       case when :language = 'en' then r.name_en else r.name end as route,
       r.price_fen,
       min(d.departs_on) as next_departure
from route r
join departure d on d.route_id = r.id and d.departs_on > current_date
where (:region = 'any' or r.region = :region) and r.form = :form
group by r.id
order by r.price_fen
