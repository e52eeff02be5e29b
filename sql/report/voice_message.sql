create view report.voice_message as
select m.at, m.call_id, m.caller, m.queue, m.what, m.ms, m.recording, m.recording_sha256, m.heard_at
from hotline.voice_message m;

comment on view report.voice_message is 'Every voice message that a caller left. 客户留言，每条一行。';
comment on column report.voice_message.at is 'It was on disk. 留言保存时刻。';
comment on column report.voice_message.call_id is 'The call. 通话编号。';
comment on column report.voice_message.caller is 'Calling number. 主叫号码。';
comment on column report.voice_message.queue is 'Whose it is: as the flow says, else the last queue he was in; null: none. 所属队列。';
comment on column report.voice_message.what is 'What it is about, by name: complaint, suggestion, … 留言内容类别。';
comment on column report.voice_message.ms is 'Length of the file; silence at its end is cut off but for a second. 录音时长（毫秒）。';
comment on column report.voice_message.recording is 'File below the data directory: mono, the caller alone. 留言录音文件。';
comment on column report.voice_message.recording_sha256 is 'SHA-256 of that file, hex. 留言录音文件的 SHA-256。';
comment on column report.voice_message.heard_at is 'Somebody has dealt with it; null: nobody yet. 处理时刻。';
grant select on report.voice_message to supervisor, hotline_app;
