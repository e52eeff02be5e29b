-- What the member has booked, and can still give back.
select b.lesson_id, b.day, l.starts_at, case when :language = 'en' then c.name_en else c.name end as course
from booking b
join lesson l on l.id = b.lesson_id
join course c on c.id = l.course_id
where b.member_no = :member_no and b.day > current_date
order by b.day, l.starts_at
