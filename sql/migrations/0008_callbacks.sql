-- Callbacks: who wants to be called, and what became of it. Calls that are placed for them have a purpose of their own.
alter table hotline.call
    drop constraint call_purpose_check,
    add constraint call_purpose_check check (purpose in ('hotline', 'star_code', 'colleague', 'outside', 'callback', 'unknown'));

create table hotline.callback (
    callback_id text primary key check (length(callback_id) = 13),
    epoch bigint not null,
    seq bigint not null,
    asked_at timestamptz not null,
    call_id text not null check (length(call_id) = 13),
    caller text not null,
    number text not null check (number <> ''),
    queue text not null,
    mode text not null check (mode in ('agent_first', 'customer_first')),
    asked_by text not null check (asked_by in ('key', 'menu', 'overflow')),
    place_from timestamptz not null,
    expires_at timestamptz not null,
    priority bigint not null,
    skills jsonb not null default '[]' check (jsonb_typeof(skills) = 'array'),
    agent text,
    language text not null,
    state text not null check (state in ('open', 'reached', 'done', 'abandoned', 'called_again', 'expired', 'given_up', 'cancelled')),
    tries bigint not null default 0 check (tries >= 0),
    last_try_at timestamptz,
    last_call_id text,
    last_result text,
    retry_at timestamptz,
    ended_at timestamptz,
    check ((ended_at is not null) = (state not in ('open', 'reached')))
);
create index callback_open on hotline.callback (asked_at) where state = 'open';
create index callback_asked_at on hotline.callback (asked_at);
comment on table hotline.callback is
    'Everybody who asked to be called back, from CallbackRequested, CallbackTried and CallbackEnded. What is open is taken up again by the next start.';

grant select, insert, update on hotline.callback to hotline_app;
