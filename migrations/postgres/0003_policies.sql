-- A program's settings by date, as its rules are: a sale follows those of its own time, so that a change never
-- touches what was earned before. What stands in `programs` is what holds now, to be read by people.
create table policies (
    organization_id text not null,
    id text not null,
    program_id text not null,
    from_at bigint not null,
    model text not null,
    window_days bigint not null,
    customer_stays bigint not null,
    hold_days bigint not null,
    created_at bigint not null,
    primary key (organization_id, id),
    foreign key (organization_id, program_id) references programs (organization_id, id)
);

-- The program's id without its prefix, `prog`: such an id sorts as old as its program is.
insert into policies (organization_id, id, program_id, from_at, model, window_days, customer_stays, hold_days,
    created_at)
select organization_id, 'policy' || substr(id, 5), id, 0, model, window_days, customer_stays, hold_days, created_at
from programs;
