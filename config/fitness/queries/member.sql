-- A row only for the right PIN. Ask it behind a guard: four digits are soon guessed.
select m.member_no, m.name, m.expires_on, m.balance_fen,
       case when :language = 'en' then m.card_en else m.card end as card
from member m
where m.member_no = :member_no and m.pin_hash = encode(sha256(convert_to(m.pin_salt || :pin, 'UTF8')), 'hex')
