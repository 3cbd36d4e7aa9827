//! The statements of mails that are to be sent. What is shown of them is read in [`crate::books::mails`].

use crate::store::Statement;

/// What is added to `organizations.outgoing` where mails are sent: above the bits of all kinds of webhooks.
macro_rules! mails_bit {
    () => {
        "4611686018427387904"
    };
}

statements! {
    /// One of the same cause is there already: it is not sent twice.
    INSERT = Statement::new(
        "insert into mails (organization_id, id, kind, subject_id, recipient_id, occasion, state, attempts, next_at, created_at)
         select $1, r.id, r.kind, r.subject_id, r.recipient_id, r.occasion, 'pending', 0, r.next_at, $2
         from {rows r: id text, kind text, subject_id text, recipient_id text, occasion text, next_at int}
         where true on conflict do nothing",
    );
    OUTGOING = Statement::new("select name, outgoing from organizations where id = $1");
    SWITCH_ON = Statement::new(concat!(
        "update organizations set outgoing = outgoing + ", mails_bit!(), " where outgoing < ", mails_bit!()
    ));
    SWITCH_OFF = Statement::new(concat!(
        "update organizations set outgoing = outgoing - ", mails_bit!(), " where outgoing >= ", mails_bit!()
    ));
    SWITCH_ONE_ON = Statement::new(concat!(
        "update organizations set outgoing = outgoing + ", mails_bit!(), " where id = $1 and outgoing < ", mails_bit!()
    ));
    DUE = Statement::new(
        "select * from mails where organization_id = $1 and state = 'pending' and next_at <= $2 order by next_at, id limit $3",
    );
    NEXT = Statement::new(
        "select min(next_at) as next_at from mails where organization_id = $1 and state = 'pending'",
    );
    RECORD = Statement::new(
        "update mails set state = r.state, attempts = r.attempts, next_at = r.next_at, ended_at = r.ended_at, last_error = r.last_error
         from {rows r: id text, state text, attempts int, next_at int, ended_at int, last_error text}
         where mails.organization_id = $1 and mails.id = r.id and mails.state = 'pending'",
    );
    /// What nobody could send for long would be wrong by now.
    EXPIRE = Statement::new(
        "update mails set state = 'failed', ended_at = $3, last_error = coalesce(last_error, $4)
         where organization_id = $1 and state = 'pending' and created_at < $2",
    );
    FORGET = Statement::new(
        "delete from mails where organization_id = $1 and created_at < $2 and state <> 'pending'",
    );
    RETRY = Statement::new(
        "update mails set state = 'pending', attempts = 0, next_at = $3, created_at = $3, ended_at = null
         where organization_id = $1 and id = $2 and state = 'failed' returning id",
    );
    DROP = Statement::new(
        "update mails set state = 'dropped', ended_at = $3 where organization_id = $1 and id = $2 and state = 'failed' returning id",
    );
    CHOOSE = Statement::new(
        "insert into mail_choices (organization_id, partner_id, earnings) values ($1, $2, $3)
         on conflict (organization_id, partner_id) do update set earnings = excluded.earnings",
    );
}
