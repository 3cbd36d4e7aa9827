//! Whose a customer, or one sale, is by the owner's word: a partner's, or nobody's. It decides before every click and code, and stands under names, so
//! it holds whatever is told later.
//!
//! The figures are brought up to date within the same transaction, so that the answer can say what has
//! changed; a preview is the same thing, not made to last.

use std::collections::BTreeSet;

use providers::Name;
use serde::{Deserialize, Serialize};

use super::consequences::Consequences;
use super::{Catalog, CatalogError, check, due};
use crate::books::customers;
use crate::books::decisions::{self, Assigned};
use crate::changes::{Change, Details, What};
use crate::store::Transaction;

/// Whose it is to be.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Owner<'a> {
    /// Whoever the clicks and codes say.
    Clicks,
    /// Nobody's.
    Nobody,
    /// A partner's.
    Partner(&'a str),
}

/// What is assigned.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Assignee<'a> {
    /// A customer, with all that it buys.
    Customer(&'a str),
    /// One sale.
    Sale(&'a str),
}

/// An assignment as it is asked for.
#[derive(Debug, Clone, Copy)]
pub struct NewAssignment<'a> {
    /// Whose it is to be.
    pub owner: Owner<'a>,
    /// In which program; else in the organization's oldest.
    pub program_id: Option<&'a str>,
    /// Why.
    pub reason: Option<&'a str>,
}

/// What an assignment changes.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct Reassigned {
    /// The customer.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub customer_id: Option<String>,
    /// Or the sale.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub sale_id: Option<String>,
    /// Its partner by hand; `None`: whoever the clicks say, or nobody.
    pub partner_id: Option<String>,
    /// Whether it is nobody's by hand.
    pub nobody: bool,
    /// Whether nothing of this has been made to last.
    pub preview: bool,
    /// What it does.
    #[serde(flatten)]
    pub consequences: Consequences,
}

/// What is assigned, as it is found.
struct Found {
    id: String,
    livemode: bool,
    home: String,
    names: BTreeSet<String>,
}

/// A customer by what others call it, whether anything of it is known yet or not.
#[derive(Debug, Clone, Default, Deserialize)]
#[serde(rename_all = "camelCase", default, deny_unknown_fields)]
pub struct NamedAssignment {
    /// To whom.
    pub partner_id: Option<String>,
    /// In which program; the oldest where absent.
    pub program_id: Option<String>,
    /// The merchant's own id.
    pub external_id: Option<String>,
    /// A processor's id.
    pub processor_customer_id: Option<String>,
    /// Only say whether it is new.
    pub dry_run: bool,
}

/// Whom such a customer has been given to.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct AssignedName {
    /// What the customer is called.
    pub names: Vec<String>,
    /// To whom.
    pub partner_id: String,
    /// Whether it was not so before.
    pub new: bool,
}

impl Catalog<'_> {
    /// Gives a customer of the live ledger to a partner before anything of it may be known: what it pays counts for that partner from then on, and
    /// what it has paid too. One that another partner has by hand stays.
    pub async fn assign_named(
        &self,
        given: &NamedAssignment,
    ) -> Result<AssignedName, CatalogError> {
        let partner = self.partner_named(given.partner_id.as_deref()).await?.id;
        let program_id = self.program_id(given.program_id.as_deref()).await?;
        let external = given.external_id.as_deref().and_then(Name::external);
        let of_processor = given.processor_customer_id.as_deref();
        let of_processor = of_processor.and_then(Name::customer);
        let names: BTreeSet<String> = [external, of_processor]
            .into_iter()
            .flatten()
            .map(|name| name.as_str().to_owned())
            .filter(|name| !name.contains('\0'))
            .collect();
        if names.is_empty() {
            let message =
                "or processorCustomerId is required, as the shop or the processor writes it";
            return Err(CatalogError::invalid("externalId", message));
        }
        let mut transaction = self.begin_alone().await?;
        let work = transaction.as_mut();
        let places = || decisions::places(true, &names);
        let had = decisions::assigned(work, self.org, places()).await?;
        let owner = had.as_ref().and_then(|had| had.owner.as_ref());
        if had.is_some() && owner.is_none_or(|(owner, _)| *owner != partner) {
            let message = "is not whose the customer is by hand: change it with PUT /api/customers/{id}/partner";
            return Err(CatalogError::invalid("partnerId", message));
        }
        let new = had.is_none();
        if new && !given.dry_run {
            let to = Assigned {
                owner: Some((partner.clone(), program_id)),
                reason: None,
            };
            decisions::assign(work, self.org, places(), (Some(&to), self.now)).await?;
            for home in decisions::homes(work, self.org, places()).await? {
                due::this(work, self.org, &home).await?;
            }
            let details = Details::default().set("partnerId", &partner);
            let change = Change::of(What::CustomerAssigned, &partner).with(details);
            self.record(transaction.as_mut(), change).await?;
            self.commit_and_wake(transaction).await?;
        }
        Ok(AssignedName {
            names: names.into_iter().collect(),
            partner_id: partner,
            new,
        })
    }

    /// Gives a customer or a sale to a partner or to nobody, or back to what the clicks say.
    pub async fn assign(
        &self,
        assignee: Assignee<'_>,
        new: NewAssignment<'_>,
        preview: bool,
    ) -> Result<Reassigned, CatalogError> {
        let to = self.assigned(new).await?;
        let mut transaction = self.begin_alone().await?;
        let work = transaction.as_mut();
        let found = self.find(work, assignee).await?;
        let before = self.look(work, &found.home).await?;
        let places = || decisions::places(found.livemode, &found.names);
        let had = decisions::assigned(work, self.org, places()).await?;
        let set = (to.as_ref(), self.now);
        decisions::assign(work, self.org, places(), set).await?;
        let place = (found.home.as_str(), found.livemode);
        let consequences = self.consequences(work, place, before).await?;
        if !preview {
            let what = match assignee {
                Assignee::Customer(_) => What::CustomerAssigned,
                Assignee::Sale(_) => What::SaleAssigned,
            };
            let details = Details::default()
                .edit("partnerId", &whose(had.as_ref()), &whose(to.as_ref()))
                .set("livemode", found.livemode);
            let change = Change::of(what, &found.id).with(details);
            let reason = to.as_ref().and_then(|to| to.reason.as_deref());
            let change = change.because(reason.or(new.reason));
            self.record(transaction.as_mut(), change).await?;
            self.commit_and_wake(transaction).await?;
        }
        let is_sale = matches!(assignee, Assignee::Sale(_));
        let owner = to.as_ref().and_then(|to| to.owner.as_ref());
        Ok(Reassigned {
            customer_id: (!is_sale).then(|| found.id.clone()),
            sale_id: is_sale.then_some(found.id),
            partner_id: owner.map(|(partner_id, _)| partner_id.clone()),
            nobody: to.as_ref().is_some_and(|to| to.owner.is_none()),
            preview,
            consequences,
        })
    }

    /// What is to be set; `None`: nothing.
    async fn assigned(&self, new: NewAssignment<'_>) -> Result<Option<Assigned>, CatalogError> {
        let reason = match new.reason {
            Some(reason) => Some(check::reason(Some(reason))?),
            None => None,
        };
        let program_id = self.program_id(new.program_id).await?;
        let owner = match new.owner {
            Owner::Clicks => return Ok(None),
            Owner::Nobody => None,
            Owner::Partner(id) => Some((self.partner_named(Some(id)).await?.id, program_id)),
        };
        Ok(Some(Assigned { owner, reason }))
    }

    async fn find(
        &self,
        transaction: &mut dyn Transaction,
        assignee: Assignee<'_>,
    ) -> Result<Found, CatalogError> {
        let (found, kind) = match assignee {
            Assignee::Customer(id) => {
                let own = customers::own_names(transaction, self.org, id).await?;
                let found = own.map(|own| Found {
                    id: id.to_owned(),
                    livemode: own.livemode,
                    home: own.home,
                    names: own.names,
                });
                (found, "customer")
            }
            Assignee::Sale(id) => {
                let mut subjects = decisions::subjects(transaction, self.org, [id]).await?;
                let found = subjects.remove(id).map(|sale| Found {
                    id: sale.id,
                    livemode: sale.livemode,
                    home: sale.home,
                    names: sale.names,
                });
                (found, "sale")
            }
        };
        let found = found.filter(|found| self.sees(found.livemode));
        found.ok_or(CatalogError::NotFound(kind))
    }
}

/// As a line about a change says it.
fn whose(assigned: Option<&Assigned>) -> Option<&str> {
    let owner = assigned?.owner.as_ref();
    Some(owner.map_or("nobody", |(partner_id, _)| partner_id.as_str()))
}
