-- What menus tell and take: the site's own tables for lookups, locks against guessed PINs, and what callers leave behind.
create schema site;
comment on schema site is 'The site''s own tables, which the queries of its menus read (config/SITE/queries). sql/sample has a first form of them.';
revoke all on schema site from public;
grant usage on schema site to hotline_ivr;
alter default privileges in schema site grant select on tables to hotline_ivr;

create table hotline.application (
    epoch bigint not null,
    seq bigint not null,
    at timestamptz not null,
    call_id text not null,
    caller text not null,
    what text not null,
    action text not null,
    object_id text,
    object_name text,
    details jsonb not null default '{}' check (jsonb_typeof(details) = 'object'),
    handled_at timestamptz,
    primary key (epoch, seq)
);
create index application_open on hotline.application (at) where handled_at is null;
comment on table hotline.application is 'What callers asked for by phone, from Applied. handled_at: when somebody took it up.';

create table hotline.sms_outbox (
    epoch bigint not null,
    seq bigint not null,
    at timestamptz not null,
    call_id text not null,
    recipient text not null,
    text text not null,
    language text not null,
    sent_at timestamptz,
    primary key (epoch, seq)
);
create index sms_outbox_open on hotline.sms_outbox (at) where sent_at is null;
comment on table hotline.sms_outbox is 'Short messages that menus want sent, from SmsLeft. sent_at: when a gateway took it.';

create table hotline.caller_language (
    caller text primary key,
    language text not null,
    epoch bigint not null,
    seq bigint not null,
    chosen_at timestamptz not null
);
comment on table hotline.caller_language is 'The language that a caller chose last, from LanguageSwitched: his next call begins in it.';

create table hotline.guard (
    scope text not null,
    key text not null,
    tries int not null check (tries >= 0),
    tried_at timestamptz not null,
    locked_until timestamptz,
    primary key (scope, key)
);
comment on table hotline.guard is
    'Wrong tries at something secret (a PIN) in a row, by what was claimed (scope member, key 100001) and by the number that called (scope caller). '
    'Locked: nothing of that scope and key is looked up until then. To unlock: delete the row.';

create index fact_self_served on hotline.fact (at) where kind = 'SelfServed';

grant select, insert on hotline.application, hotline.sms_outbox to hotline_app;
grant select, insert, update on hotline.caller_language, hotline.guard to hotline_app;
