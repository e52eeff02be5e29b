-- When the chosen route departs, and how many places are left.
select d.departs_on, d.seats_left
from departure d
where d.route_id = :route_id::bigint and d.departs_on > current_date and d.seats_left > 0
order by d.departs_on
