-- How often a neighbourhood has been folded, and how often it has changed since it was made: who looks at it twice sees whether it is
-- still the same. How many facts it has tells whether it is folded within a batch or by itself.
alter table neighbourhoods add column revision integer not null default 0;
alter table neighbourhoods add column changes integer not null default 0;
alter table neighbourhoods add column facts integer not null default 0;
