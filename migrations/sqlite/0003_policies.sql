-- A program's settings by date, as its rules are: a sale follows those of its own time, so that a change never
-- touches what was earned before. What stands in `programs` is what holds now, to be read by people.
create table policies (
    organization_id text not null,
    id text not null,
    program_id text not null,
    from_at integer not null,
    model text not null,
    window_days integer not null,
    customer_stays integer not null,
    hold_days integer not null,
    created_at integer not null,
    primary key (organization_id, id),
    foreign key (organization_id, program_id) references programs (organization_id, id)
) strict;

-- The program's id without its prefix, `prog`: such an id sorts as old as its program is.
insert into policies (organization_id, id, program_id, from_at, model, window_days, customer_stays, hold_days,
    created_at)
select organization_id, 'policy' || substr(id, 5), id, 0, model, window_days, customer_stays, hold_days, created_at
from programs;

-- What the planner is to expect, as in 0001.
insert into sqlite_stat1 (tbl, idx, stat) values ('policies', 'sqlite_autoindex_policies_1', '1000000 1000000 1');
