-- Calls to numbers outside: their purpose, and an end by him who was called.
alter table hotline.call
    drop constraint call_purpose_check,
    drop constraint call_hangup_by_check,
    add constraint call_purpose_check check (purpose in ('hotline', 'star_code', 'colleague', 'outside', 'unknown')),
    add constraint call_hangup_by_check check (hangup_by in ('caller', 'agent', 'called', 'system'));
