-- Who was called by an agent and rings back: his agent is looked for by the number that was called.
create index call_called_out on hotline.call (called, started_at) where direction = 'out';
