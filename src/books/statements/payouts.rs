//! The statements of payouts. They read within the transactions in which they write; what is shown is read in [`crate::books`].

use crate::store::Statement;

statements! {
    /// What may be paid and stands in no payout and no draft.
    PAYABLE = Statement::new(
        "select e.id, e.program_id, e.amount from entries e
         left join payout_entries p on p.organization_id = $1 and p.entry_id = e.id
         left join payout_claims c on c.organization_id = $1 and c.entry_id = e.id
         where e.organization_id = $1 and e.livemode = 1 and p.entry_id is null and c.entry_id is null
             and e.kind not in ('payout', 'payout_reversal')
             and e.partner_id = $2 and e.currency = $3 and e.available_at <= $4
             and (cast($5 as text) = '' or e.program_id = $5)",
    );
    /// What some sales have earned, and which payout or draft each entry is in.
    OF_SALES = Statement::new(
        "select e.id, e.subject_id, e.partner_id, e.program_id, e.currency, e.amount,
             cast(case when e.available_at <= $2 then 1 else 0 end as bigint) as is_due,
             p.payout_id as paid_by, c.payout_id as claimed_by
         from {rows r: id text}
         join entries e on e.organization_id = $1 and e.subject_id = r.id and e.livemode = 1
         left join payout_entries p on p.organization_id = $1 and p.entry_id = e.id
         left join payout_claims c on c.organization_id = $1 and c.entry_id = e.id",
    );
    SET_METHOD = Statement::new("update payouts set method = $3 where organization_id = $1 and id = $2");
    INSERT = Statement::new(
        "insert into payouts (organization_id, id, program_id, partner_id, amount, currency, status, note,
             created_at, sent_at, sent_by, paid_at, paid_by)
         values ($1, $2, $3, $4, $5, $6, 'paid', $7, $8, $8, $9, $8, $9)",
    );
    INSERT_ENTRY = Statement::new(
        "insert into entries (organization_id, id, livemode, subject_id, program_id, partner_id, kind,
             amount, currency, reason, occurred_at, available_at, created_at)
         values ($1, $2, 1, $3, $4, $5, $6, $7, $8, $9, $10, $10, $10)",
    );
    INSERT_PAID = Statement::new(
        "insert into payout_entries (organization_id, entry_id, payout_id)
         select $1, e.id, $2 from {rows r: id text}
         join entries e on e.organization_id = $1 and e.id = r.id and e.livemode = 1",
    );
    FIND = Statement::new("select * from payouts where organization_id = $1 and id = $2");
    REVERSE = Statement::new(
        "update payouts set status = $5, reversed_at = $3, reversed_reason = $4
         where organization_id = $1 and id = $2",
    );
    KEEP_PAID = Statement::new(
        "insert into reversed_payout_entries (organization_id, payout_id, entry_id)
         select p.organization_id, p.payout_id, p.entry_id from payout_entries p
         where p.organization_id = $1 and p.payout_id = $2",
    );
    LET_GO = Statement::new("delete from payout_entries where organization_id = $1 and payout_id = $2");
    /// The number after the highest of the same partner.
    NEXT_NUMBER = Statement::new(
        "select coalesce(max(o.statement_number), 0) + 1 as next from payouts p
         join payouts o on o.organization_id = $1 and o.partner_id = p.partner_id
         where p.organization_id = $1 and p.id = $2",
    );
    SET_NUMBER = Statement::new(
        "update payouts set statement_number = $3 where organization_id = $1 and id = $2",
    );
    MINIMUMS = Statement::new("select id, payout_minimum from programs where organization_id = $1");
    INSERT_DRAFT = Statement::new(
        "insert into payouts (organization_id, id, program_id, partner_id, amount, currency, status, note, created_at)
         values ($1, $2, $3, $4, $5, $6, 'draft', $7, $8)",
    );
    CLAIM = Statement::new(
        "insert into payout_claims (organization_id, entry_id, payout_id)
         select $1, e.id, $2 from {rows r: id text}
         join entries e on e.organization_id = $1 and e.id = r.id and e.livemode = 1",
    );
    APPROVE = Statement::new(
        "update payouts set status = 'approved', approved_at = $3, approved_by = $4
         where organization_id = $1 and id = $2",
    );
    SEND = Statement::new(
        "update payouts set status = 'sent', sent_at = $3, sent_by = $4, method = $5, batch_id = $6, reference = coalesce($7, reference)
         where organization_id = $1 and id = $2",
    );
    CONFIRM = Statement::new(
        "update payouts set status = 'paid', paid_at = $3, paid_by = $4, reference = coalesce($5, reference)
         where organization_id = $1 and id = $2",
    );
    /// What a draft has claimed is paid from now on.
    PAY_CLAIMED = Statement::new(
        "insert into payout_entries (organization_id, entry_id, payout_id)
         select c.organization_id, c.entry_id, c.payout_id from payout_claims c
         where c.organization_id = $1 and c.payout_id = $2",
    );
    UNCLAIM = Statement::new("delete from payout_claims where organization_id = $1 and payout_id = $2");
    DISCARD = Statement::new("delete from payouts where organization_id = $1 and id = $2");
    APPROVED = Statement::new(
        "select p.id, p.partner_id, d.method, d.missing from payouts p
         left join payout_details d on d.organization_id = $1 and d.partner_id = p.partner_id
         where p.organization_id = $1 and p.status = 'approved' and p.currency = $2 order by p.id",
    );
    INSERT_BATCH = Statement::new(
        "insert into payout_batches (organization_id, id, method, currency, payouts, total, file, digest, created_at, created_by)
         values ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10)",
    );
    IN_BATCH = Statement::new(
        "select id from payouts where organization_id = $1 and batch_id = $2 and status = 'sent' order by id",
    );
    PUT_DETAILS = Statement::new(
        "insert into payout_details (organization_id, partner_id, method, missing, details, updated_at)
         values ($1, $2, $3, $4, $5, $6)
         on conflict (organization_id, partner_id) do update set method = excluded.method, missing = excluded.missing,
             details = excluded.details, updated_at = excluded.updated_at",
    );
    /// Answers with it where it is new.
    KNOW_MAILBOX = Statement::new(
        "insert into partner_mailboxes (organization_id, partner_id, mailbox) values ($1, $2, $3)
         on conflict (organization_id, partner_id, mailbox) do nothing returning mailbox",
    );
    PUT_SETTINGS = Statement::new(
        "insert into payout_settings (organization_id, settings, updated_at) values ($1, $2, $3)
         on conflict (organization_id) do update set settings = excluded.settings, updated_at = excluded.updated_at",
    );
}
