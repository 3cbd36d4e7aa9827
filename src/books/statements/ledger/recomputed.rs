//! Statements that sum the kept figures up once more, read what is kept, and forget it.

use crate::store::Statement;

statements! {
    /// What sales and leads count for, on their days and on those of what was taken back.
    DAYS = Statement::new(
        "select t.livemode, t.day, t.currency, t.processor, t.partner_id, t.program_id, t.link_id,
             cast(sum(t.sales) as bigint) as sales, cast(sum(t.gross) as bigint) as gross, cast(sum(t.net) as bigint) as net,
             cast(sum(t.refunded) as bigint) as refunded, cast(sum(t.disputed) as bigint) as disputed,
             cast(sum(t.commission) as bigint) as commission, cast(sum(t.taken_back) as bigint) as taken_back,
             cast(sum(t.leads) as bigint) as leads
         from (
             select s.livemode, s.occurred_at / 86400000000 as day, s.currency, s.payment_processor as processor,
                 coalesce(s.partner_id, '') as partner_id, coalesce(s.program_id, '') as program_id,
                 coalesce(s.link_id, '') as link_id,
                 1 as sales, s.gross, s.net, 0 as refunded, 0 as disputed, 0 as commission, 0 as taken_back, 0 as leads
             from sales s where s.organization_id = $1 and s.state = 'live'
             union all
             select s.livemode, s.occurred_at / 86400000000, s.commission_currency, s.payment_processor,
                 coalesce(s.partner_id, ''), coalesce(s.program_id, ''), coalesce(s.link_id, ''), 0, 0, 0, 0, 0, s.commission_full, 0, 0
             from sales s where s.organization_id = $1 and s.state = 'live' and s.commission_full <> 0
             union all
             select s.livemode, k.day, s.currency, s.payment_processor, coalesce(s.partner_id, ''), coalesce(s.program_id, ''),
                 coalesce(s.link_id, ''), 0, 0, 0, k.refunded, k.disputed, 0, 0, 0
             from sale_takings k join sales s on s.organization_id = $1 and s.id = k.sale_id and s.state = 'live'
             where k.organization_id = $1
             union all
             select s.livemode, k.day, s.commission_currency, s.payment_processor, coalesce(s.partner_id, ''),
                 coalesce(s.program_id, ''), coalesce(s.link_id, ''), 0, 0, 0, 0, 0, 0, k.commission, 0
             from sale_takings k join sales s on s.organization_id = $1 and s.id = k.sale_id and s.state = 'live'
             where k.organization_id = $1
             union all
             select l.livemode, l.occurred_at / 86400000000, '', '', coalesce(l.partner_id, ''), coalesce(l.program_id, ''),
                 coalesce(l.link_id, ''), 0, 0, 0, 0, 0, 0, 0, 1
             from leads l where l.organization_id = $1
             union all
             select e.livemode, e.occurred_at / 86400000000, e.currency, '', e.partner_id, e.program_id,
                 case when e.partner_id = l.partner_id then coalesce(l.link_id, '') else '' end, 0, 0, 0, 0, 0,
                 case when e.kind = 'commission' then e.amount else 0 end, case when e.kind = 'clawback' then -e.amount else 0 end, 0
             from entries e join leads l on l.organization_id = $1 and l.id = e.subject_id
             where e.organization_id = $1 and e.kind in ('commission', 'clawback')
             union all
             select e.livemode, e.occurred_at / 86400000000, e.currency, '', e.partner_id, e.program_id, '', 0, 0, 0, 0, 0,
                 case when e.amount > 0 then e.amount else 0 end, case when e.amount < 0 then -e.amount else 0 end, 0
             from entries e where e.organization_id = $1 and e.kind in ('bonus', 'correction')
         ) t
         group by t.livemode, t.day, t.currency, t.processor, t.partner_id, t.program_id, t.link_id",
    );
    BALANCES = Statement::new(
        "select e.partner_id, e.currency, e.livemode, e.program_id,
             cast(sum(case when e.kind in ('payout', 'payout_reversal') then 0 else e.amount end) as bigint) as earned,
             cast(sum(case when e.kind = 'hold' then -e.amount else 0 end) as bigint) as held,
             cast(sum(case when e.kind in ('payout', 'payout_reversal') then -e.amount else 0 end) as bigint) as paid
         from entries e where e.organization_id = $1
         group by e.partner_id, e.currency, e.livemode, e.program_id",
    );
    MATURING = Statement::new(
        "select e.partner_id, e.currency, e.livemode, e.program_id, e.available_at / 86400000000 as day,
             cast(sum(e.amount) as bigint) as amount
         from entries e
         where e.organization_id = $1 and e.kind not in ('payout', 'payout_reversal') and e.available_at >= $2
         group by e.partner_id, e.currency, e.livemode, e.program_id, e.available_at / 86400000000",
    );
    CLICKS = Statement::new(
        "select k.clicked_at / 86400000000 as day, k.partner_id, k.program_id, k.link_id, cast(count(*) as bigint) as clicks
         from clicks k where k.organization_id = $1
         group by k.clicked_at / 86400000000, k.partner_id, k.program_id, k.link_id",
    );
    STORED_DAYS =
        Statement::new("select d.* from daily_figures d where d.organization_id = $1");
    STORED_BALANCES =
        Statement::new("select b.* from balances b where b.organization_id = $1");
    STORED_MATURING =
        Statement::new("select m.* from maturing m where m.organization_id = $1 and m.day >= $2");
    STORED_CLICKS =
        Statement::new("select c.* from daily_clicks c where c.organization_id = $1");
    FORGET_DAYS =
        Statement::new("delete from daily_figures where organization_id = $1");
    FORGET_BALANCES =
        Statement::new("delete from balances where organization_id = $1");
    FORGET_MATURING =
        Statement::new("delete from maturing where organization_id = $1");
    FORGET_CLICKS =
        Statement::new("delete from daily_clicks where organization_id = $1");
}
