//! Programs as partners meet them: what each is called, where its links lead, and how somebody becomes a partner. There are few.

use providers::Currency;

use super::Scope;
use super::row::{opt_text, text, word};
use crate::args;
use crate::ledger::rule::Rule;
use crate::store::{Row, Statement, StoreError, Transaction};

/// How somebody becomes a partner who was not invited.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum Applications {
    /// Not at all: there is no page to apply at.
    #[default]
    Closed,
    /// By applying, once the owner has approved.
    Approve,
    /// By applying.
    Open,
}

impl Applications {
    /// All of them.
    pub const ALL: &[Self] = &[Self::Closed, Self::Approve, Self::Open];

    /// The word for it.
    pub const fn word(self) -> &'static str {
        match self {
            Self::Closed => "closed",
            Self::Approve => "approve",
            Self::Open => "open",
        }
    }
}

/// What a program shows partners.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Page {
    /// The program.
    pub program_id: String,
    /// What it is called.
    pub name: String,
    /// What the organization is called that runs it.
    pub merchant: String,
    /// What it pays whoever has no rule of its own.
    pub rule: Option<Rule>,
    /// The currency in which it pays; `None`: in each sale's own.
    pub currency: Option<Currency>,
    /// How many days a click counts.
    pub window_days: i64,
    /// How many days after a sale its commission may be paid.
    pub hold_days: i64,
    /// The least that a run of payouts pays, in the smallest unit of whatever currency is paid.
    pub payout_minimum: i64,
    /// How somebody becomes a partner.
    pub applications: Applications,
    /// Where links lead that are made on enrolment; without it none is made.
    pub link_url: Option<String>,
    /// Their domain; empty for the server's own.
    pub link_domain: String,
    /// Whether partners may make links themselves, to the host that `link_url` has.
    pub partners_make_links: bool,
    /// What the program is about, in the owner's words.
    pub about: Option<String>,
    /// Where its terms are.
    pub terms_url: Option<String>,
}

macro_rules! select_pages {
    () => {
        "select p.id, p.name, p.currency, p.window_days, p.hold_days, p.payout_minimum, g.applications, g.link_url, g.link_domain,
             g.partners_make_links, g.about, g.terms_url,
             (select o.name from organizations o where o.id = $1) as merchant,
             (select r.body from rules r where r.organization_id = $1 and r.program_id = p.id and r.partner_id is null
                 order by r.created_at desc, r.id desc limit 1) as rule
         from programs p
         left join program_pages g on g.organization_id = $1 and g.program_id = p.id
         where p.organization_id = $1"
    };
}

static OLDEST: Statement = Statement::new(
    "select id from programs where organization_id = $1 and status = 'active' order by created_at, id limit 1",
);
static PAGE: Statement = Statement::new(concat!(select_pages!(), " and p.id = $2"));
static OF_PARTNER: Statement = Statement::new(concat!(
    select_pages!(),
    " and p.id in (select n.program_id from enrollments n where n.organization_id = $1 and n.partner_id = $2)
      order by p.created_at, p.id"
));

/// To be prepared by a test.
pub(super) static STATEMENTS: &[&Statement] = &[&OLDEST, &PAGE, &OF_PARTNER];

/// The program that is meant where none is named: the oldest that goes on.
pub async fn oldest_active(scope: &Scope<'_>) -> Result<Option<String>, StoreError> {
    let rows = scope.store.read(&OLDEST, args![scope.org]).await?;
    rows.first().map(|row| text(row, "id")).transpose()
}

/// What a program shows partners.
pub async fn page(scope: &Scope<'_>, program_id: &str) -> Result<Option<Page>, StoreError> {
    let args = args![scope.org, program_id];
    let rows = scope.store.read(&PAGE, args).await?;
    rows.first().map(Page::read).transpose()
}

/// The same within a transaction that changes something by it.
pub async fn page_within(
    transaction: &mut dyn Transaction,
    org: &str,
    program_id: &str,
) -> Result<Option<Page>, StoreError> {
    let rows = transaction.run(&PAGE, args![org, program_id]).await?;
    rows.first().map(Page::read).transpose()
}

/// The programs that a partner is enrolled in, the oldest first.
pub async fn of_partner(scope: &Scope<'_>, partner_id: &str) -> Result<Vec<Page>, StoreError> {
    let args = args![scope.org, partner_id];
    let rows = scope.store.read(&OF_PARTNER, args).await?;
    rows.iter().map(Page::read).collect()
}

/// The same within a transaction.
pub async fn of_partner_within(
    transaction: &mut dyn Transaction,
    org: &str,
    partner_id: &str,
) -> Result<Vec<Page>, StoreError> {
    let rows = transaction.run(&OF_PARTNER, args![org, partner_id]).await?;
    rows.iter().map(Page::read).collect()
}

impl Page {
    /// A program of which nothing was said has no page, and what is shown of it is what is the usual thing.
    fn read(row: &Row) -> Result<Self, StoreError> {
        let is_set = row.opt_text("applications")?.is_some();
        let currency = row.opt_text("currency")?;
        let rule = row.opt_text("rule")?;
        Ok(Self {
            program_id: text(row, "id")?,
            name: text(row, "name")?,
            merchant: opt_text(row, "merchant")?.unwrap_or_default(),
            rule: rule.and_then(|body| serde_json::from_str(body).ok()),
            currency: currency.and_then(Currency::parse),
            window_days: row.int("window_days")?,
            hold_days: row.int("hold_days")?,
            payout_minimum: row.int("payout_minimum")?,
            applications: if is_set {
                word(row, "applications", Applications::ALL, Applications::word)?
            } else {
                Applications::Closed
            },
            link_url: opt_text(row, "link_url")?,
            link_domain: opt_text(row, "link_domain")?.unwrap_or_default(),
            partners_make_links: is_set && row.flag("partners_make_links")?,
            about: opt_text(row, "about")?,
            terms_url: opt_text(row, "terms_url")?,
        })
    }
}
