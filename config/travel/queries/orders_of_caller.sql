-- What is open under the caller's number, the next departure first.
select o.order_no,
       case when :language = 'en' then s.name_en else s.name end as step,
       case when :language = 'en' then d.name_en else d.name end as department,
       case when :language = 'en' then r.name_en else r.name end as route
from customer_order o
join order_step s on s.id = o.step_id
join department d on d.id = o.department_id
join route r on r.id = o.route_id
where o.phone = :caller and o.step_id <> 'closed'
order by o.departs_on, o.order_no
