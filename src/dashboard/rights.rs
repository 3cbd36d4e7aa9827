//! Which role may send which form: [`FORMS`] names each, and one that is missing there is refused, so that none can be open by mistake. Pure.

use crate::members::Role;

/// Who may send a form.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Right {
    /// Everybody: it concerns nobody else's view.
    Look,
    /// Whoever may change what the organization has.
    Change,
    /// Owners: it says who may do what.
    Rule,
}

impl Right {
    /// Whether a role has it.
    pub const fn has(self, role: Role) -> bool {
        match self {
            Self::Look => true,
            Self::Change => matches!(role, Role::Owner | Role::Member),
            Self::Rule => matches!(role, Role::Owner),
        }
    }
}

/// Every form, by its route.
pub const FORMS: &[(&str, Right)] = &[
    ("/dashboard/codes/{id}/delete", Right::Change),
    ("/dashboard/commissions/{id}/decision", Right::Change),
    ("/dashboard/domains", Right::Change),
    ("/dashboard/domains/{domain}/delete", Right::Change),
    ("/dashboard/customers/{id}/privacy", Right::Change),
    ("/dashboard/events/again", Right::Change),
    ("/dashboard/commissions/decisions", Right::Change),
    ("/dashboard/groups", Right::Change),
    ("/dashboard/groups/{id}", Right::Change),
    ("/dashboard/groups/{id}/delete", Right::Change),
    ("/dashboard/groups/{id}/partners", Right::Change),
    (
        "/dashboard/groups/{id}/partners/{partner}/remove",
        Right::Change,
    ),
    ("/dashboard/invitations/{id}/revoke", Right::Rule),
    ("/dashboard/keys", Right::Rule),
    ("/dashboard/keys/{id}/revoke", Right::Rule),
    ("/dashboard/links/{id}", Right::Change),
    ("/dashboard/links/{id}/delete", Right::Change),
    ("/dashboard/mails/{id}", Right::Change),
    ("/dashboard/members", Right::Rule),
    ("/dashboard/members/{id}/remove", Right::Rule),
    ("/dashboard/members/{id}/role", Right::Rule),
    ("/dashboard/organization", Right::Look),
    ("/dashboard/organization/name", Right::Rule),
    ("/dashboard/partners/{id}/payout", Right::Change),
    ("/dashboard/payout-settings", Right::Change),
    ("/dashboard/payouts/approve", Right::Change),
    ("/dashboard/payouts/batches", Right::Change),
    ("/dashboard/payouts/batches/{id}/confirm", Right::Change),
    ("/dashboard/payouts/runs", Right::Change),
    ("/dashboard/payouts/{id}/step", Right::Change),
    ("/dashboard/partners", Right::Change),
    ("/dashboard/partners/{id}/portal", Right::Change),
    ("/dashboard/partners/{id}/status", Right::Change),
    ("/dashboard/partners/{id}/adjustments", Right::Change),
    ("/dashboard/payouts", Right::Change),
    ("/dashboard/sales/{id}/partner", Right::Change),
    ("/dashboard/sales/{id}/refund", Right::Change),
    ("/dashboard/partners/{id}/codes", Right::Change),
    ("/dashboard/partners/{id}/links", Right::Change),
    ("/dashboard/programs", Right::Change),
    ("/dashboard/programs/{id}", Right::Change),
    ("/dashboard/programs/{id}/page", Right::Change),
    ("/dashboard/sign-out", Right::Look),
    ("/dashboard/sources/new", Right::Change),
    ("/dashboard/sources/{id}/api-key", Right::Change),
    ("/dashboard/sources/{id}/secret", Right::Change),
    ("/dashboard/sources/{id}/settings", Right::Change),
    ("/dashboard/sources/{id}/status", Right::Change),
    ("/dashboard/theme", Right::Look),
    ("/dashboard/webhooks", Right::Change),
    ("/dashboard/webhooks/{id}/ping", Right::Change),
    ("/dashboard/webhooks/{id}/remove", Right::Change),
    ("/dashboard/webhooks/{id}/resend", Right::Change),
    ("/dashboard/webhooks/{id}/secret", Right::Change),
    ("/dashboard/webhooks/{id}/status", Right::Change),
];

/// Who may send the form at a route.
pub(super) fn of(route: &str) -> Option<Right> {
    let form = FORMS.iter().find(|(known, _)| *known == route);
    form.map(|(_, right)| *right)
}
