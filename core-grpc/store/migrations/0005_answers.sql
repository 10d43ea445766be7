-- Up Migration

-- What a stray answer names itself by, so that a person or a later file can place it.
alter table stray_answer
  add column stan text not null default '',
  add column rrn text not null default '',
  add column transmission_time text not null default '',
  add column terminal_id text not null default '';

-- Unknown attempts may be asked about instead of reversed: 3 inquiry.
alter table owed drop constraint owed_kind_check;
alter table owed add constraint owed_kind_check check (kind in (1, 2, 3));
