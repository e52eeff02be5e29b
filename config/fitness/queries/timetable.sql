-- A branch's lessons, from today on.
select l.id as lesson_id,
       (current_date + (l.weekday - extract(isodow from current_date)::int + 7) % 7)::text as day,
       l.starts_at,
       case when :language = 'en' then c.name_en else c.name end as course,
       l.coach
from lesson l
join course c on c.id = l.course_id
where l.branch_id = :branch_id::bigint
order by day, l.starts_at
