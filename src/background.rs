//! What is done in the background: the kinds of jobs of this program. A part of the composition root, and like it the only place that knows all.

use std::time::Duration;

use crate::audit::daily::{self, Auditor};
use crate::config::Config;
use crate::http::resources::outgoing;
use crate::jobs::{self, Failure, Job, Kinds, Outcome};
use crate::ledger::writer::Ledger;
use crate::mails;
use crate::outbox::{self, deliver};
use crate::payouts::stripe;
use crate::privacy;
use crate::reconcile::{self, Reconciler};
use crate::retention::{self, Retention};
use crate::seal::Seal;

/// Failures after which a request of privacy law waits for a person: some days of trying.
const PRIVACY_ATTEMPTS_MAX: u32 = 40;

/// Failures of the server itself to send webhooks, after which an endpoint waits for a person or for its next message.
const DELIVER_ATTEMPTS_MAX: u32 = 40;

/// Tries again what has failed because something stored could not be read.
const MEND: &str = "mend_events";
const MEND_EVERY: Duration = Duration::from_mins(10);

/// All kinds.
pub(crate) fn kinds(config: &Config, ledger: &Ledger) -> Kinds {
    let tools = ledger.tools();
    let retention = Retention {
        store: tools.store.clone(),
        clock: tools.clock.clone(),
        bodies_days: config.retention_bodies_days,
    };
    let sender = deliver::Sender::new(
        (tools.store.clone(), tools.clock.clone(), tools.ids.clone()),
        Seal::of(config),
        (config.outgoing, config.limits.webhook_timeout),
        outgoing::show,
    );
    let payer = stripe::Payer::new(
        (tools.store.clone(), tools.clock.clone(), tools.ids.clone()),
        Seal::of(config),
        config.stripe_url.clone(),
    );
    let reconciler = Reconciler::new(
        config,
        (tools.store.clone(), tools.clock.clone(), tools.ids.clone()),
        Some(ledger.clone()),
    );
    comparing(config, ledger, mailing(config, ledger))
        .once(
            stripe::TRANSFER,
            stripe::ATTEMPTS_MAX,
            payer,
            stripe::transfer,
        )
        .once(
            jobs::PRIVACY_REQUEST,
            PRIVACY_ATTEMPTS_MAX,
            ledger.clone(),
            privacy::carry_out,
        )
        .once(
            outbox::DELIVER,
            DELIVER_ATTEMPTS_MAX,
            sender.clone(),
            deliver::deliver,
        )
        .every(
            deliver::FORGET,
            deliver::FORGET_EVERY,
            sender,
            deliver::forget,
        )
        .every(
            reconcile::KIND,
            reconcile::EVERY,
            reconciler,
            reconcile::reconcile,
        )
        .every(MEND, MEND_EVERY, ledger.clone(), mend)
        .every(
            retention::KIND,
            retention::EVERY,
            retention,
            retention::remove_old_bodies,
        )
}

/// Of mails, where a server for them is set.
fn mailing(config: &Config, ledger: &Ledger) -> Kinds {
    let tools = ledger.tools();
    let Some(settings) = config.mails.clone() else {
        return Kinds::default();
    };
    Kinds::default().every(
        mails::send::SEND,
        mails::send::EVERY,
        mails::send::Mailer::new(
            (tools.store.clone(), tools.clock.clone(), tools.ids.clone()),
            Seal::of(config),
            settings,
            config.address().trim_end_matches('/'),
        ),
        mails::send::send,
    )
}

/// Of the books, unless they are never to be compared.
fn comparing(config: &Config, ledger: &Ledger, kinds: Kinds) -> Kinds {
    if config.audit_every_hours == 0 {
        return kinds;
    }
    let tools = ledger.tools();
    let auditor = Auditor {
        store: tools.store.clone(),
        clock: tools.clock.clone(),
    };
    let every = Duration::from_hours(config.audit_every_hours.into());
    kinds.every(daily::KIND, every, auditor, daily::compare)
}

async fn mend(ledger: Ledger, job: Job) -> Result<Outcome, Failure> {
    ledger.retry_damaged(&job.organization_id).await?;
    Ok(Outcome::Done)
}
