//! Statements of the kept figures: moved by what a batch moves, and read of what was taken of sales.

use crate::store::Statement;

/// `column + excluded.column`, within 64 bits.
macro_rules! plus {
    ($table:literal, $($column:literal),+) => {
        concat!($(
            ", ", $column, " = case
                 when excluded.", $column, " > 0 and ", $table, ".", $column, " > 9223372036854775807 - excluded.", $column,
                    " then 9223372036854775807
                 when excluded.", $column, " < 0 and ", $table, ".", $column, " < -9223372036854775807 - excluded.", $column,
                    " then -9223372036854775807
                 else ", $table, ".", $column, " + excluded.", $column, " end"
        ),+)
    };
}

statements! {
    DAYS = Statement::new(concat!(
        "insert into daily_figures (organization_id, livemode, by_partner, currency, day, processor, partner_id, program_id, link_id,
             sales, gross, net, refunded, disputed, commission, taken_back, leads)
         select $1, r.livemode, r.by_partner, r.currency, r.day, r.processor, r.partner_id, r.program_id, r.link_id,
             r.sales, r.gross, r.net, r.refunded, r.disputed, r.commission, r.taken_back, r.leads
         from {rows r: livemode int, by_partner int, currency text, day int, processor text, partner_id text, program_id text,
             link_id text, sales int, gross int, net int, refunded int, disputed int, commission int, taken_back int, leads int}
         where true
         on conflict (organization_id, livemode, by_partner, currency, day, processor, partner_id, program_id, link_id) do update set
             livemode = excluded.livemode",
        plus!(
            "daily_figures",
            "sales",
            "gross",
            "net",
            "refunded",
            "disputed",
            "commission",
            "taken_back",
            "leads"
        )
    ));
    BALANCES = Statement::new(concat!(
        "insert into balances (organization_id, partner_id, currency, livemode, program_id, earned, held, paid)
         select $1, r.partner_id, r.currency, r.livemode, r.program_id, r.earned, r.held, r.paid
         from {rows r: partner_id text, currency text, livemode int, program_id text, earned int, held int, paid int}
         where true
         on conflict (organization_id, partner_id, currency, livemode, program_id) do update set livemode = excluded.livemode",
        plus!("balances", "earned", "held", "paid")
    ));
    MATURING = Statement::new(concat!(
        "insert into maturing (organization_id, partner_id, currency, livemode, program_id, day, amount)
         select $1, r.partner_id, r.currency, r.livemode, r.program_id, r.day, r.amount
         from {rows r: partner_id text, currency text, livemode int, program_id text, day int, amount int}
         where true
         on conflict (organization_id, partner_id, currency, livemode, program_id, day) do update set livemode = excluded.livemode",
        plus!("maturing", "amount")
    ));
    CLICKS = Statement::new(concat!(
        "insert into daily_clicks (organization_id, by_partner, day, partner_id, program_id, link_id, clicks)
         select $1, r.by_partner, r.day, r.partner_id, r.program_id, r.link_id, r.clicks
         from {rows r: by_partner int, day int, partner_id text, program_id text, link_id text, clicks int}
         where true
         on conflict (organization_id, by_partner, day, partner_id, program_id, link_id) do update set day = excluded.day",
        plus!("daily_clicks", "clicks")
    ));
    /// What leads have earned, entry by entry.
    EARNED = Statement::new(
        "select e.subject_id, e.livemode, e.partner_id, e.program_id, e.currency, e.kind, e.amount, e.occurred_at
         from entries e
         where e.organization_id = $1 and e.subject_id in (select r.id from {rows r: id text})
             and e.kind in ('commission', 'clawback')",
    );
    TAKINGS = Statement::new(
        "select t.sale_id, t.day, t.refunded, t.disputed, t.commission from sale_takings t
         where t.organization_id = $1 and t.sale_id in (select r.id from {each r: id text})
         order by t.sale_id, t.day",
    );
    FORGET_TAKINGS = Statement::new(
        "delete from sale_takings where organization_id = $1 and sale_id in (select r.id from {rows r: id text})",
    );
    INSERT_TAKINGS = Statement::new(
        "insert into sale_takings (organization_id, sale_id, day, refunded, disputed, commission)
         select $1, r.sale_id, r.day, r.refunded, r.disputed, r.commission
         from {rows r: sale_id text, day int, refunded int, disputed int, commission int}",
    );
}
