-- What callers leave for others: voice messages, and answers to the questions of a survey.
create table hotline.voice_message (
    epoch bigint not null,
    seq bigint not null,
    at timestamptz not null,
    call_id text not null check (length(call_id) = 13),
    caller text not null,
    queue text,
    what text not null check (what <> ''),
    ms bigint not null check (ms >= 0),
    recording text not null,
    recording_sha256 text not null,
    heard_at timestamptz,
    primary key (epoch, seq)
);
create index voice_message_at on hotline.voice_message (at);
create index voice_message_call on hotline.voice_message (call_id);
comment on table hotline.voice_message is
    'Voice messages on disk, from VoiceMessageLeft. heard_at is set by whoever has dealt with one; all else stays as it is.';

create table hotline.survey (
    epoch bigint not null,
    seq bigint not null,
    at timestamptz not null,
    call_id text not null check (length(call_id) = 13),
    caller text not null,
    agent text,
    queue text,
    branch text,
    question text not null check (question <> ''),
    answer text,
    primary key (epoch, seq)
);
create index survey_at on hotline.survey (at);
create index survey_call on hotline.survey (call_id);
comment on table hotline.survey is 'Questions that were put to callers, with their answers, from Surveyed. Append-only.';

grant select, insert, update (heard_at) on hotline.voice_message to hotline_app;
grant select, insert on hotline.survey to hotline_app;
