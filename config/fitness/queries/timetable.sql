-- A branch's lessons within a week; one that has begun today is next week's.
select l.id as lesson_id,
       (current_date + (l.weekday - extract(isodow from current_date)::int + 7) % 7 +
        case when l.weekday = extract(isodow from current_date) and l.starts_at <= localtime then 7 else 0 end)::text as day,
       l.starts_at,
       case when :language = 'en' then c.name_en else c.name end as course,
       l.coach
from lesson l
join course c on c.id = l.course_id
where l.branch_id = :branch_id::bigint
order by day, l.starts_at
