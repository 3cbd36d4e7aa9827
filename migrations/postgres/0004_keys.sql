-- What a key may do (comma-separated: track, read, admin), until when, and when it was used last.
alter table api_keys add column scopes text not null default 'admin';
alter table api_keys add column expires_at bigint;
alter table api_keys add column last_used_at bigint;
