-- How often a neighbourhood has been folded: who looks at it twice sees whether it is still the same.
alter table neighbourhoods add column revision integer not null default 0;
