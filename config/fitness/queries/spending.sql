select s.spent_on, case when :language = 'en' then s.what_en else s.what end as what, s.amount_fen
from spending s
where s.member_no = :member_no
order by s.spent_on desc, s.id desc
