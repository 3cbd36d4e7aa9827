//! Every operation of the API: what it is for, what it takes and what it answers. Schemas are named as in [`super::schemas`]; what a list
//! may be asked for says its own module.

use crate::http::resources::{
    adjustments, balances, changes, clicks, codes, commissions, customers, events, leads, ledger,
    links, partners, payouts, rates, reviews, sales, sources, webhook_endpoints,
};

/// One method of one route.
pub(super) struct Operation {
    pub(super) method: &'static str,
    pub(super) path: &'static str,
    pub(super) summary: &'static str,
    /// Parameters of its query, beside those of every list.
    pub(super) filters: &'static [&'static str],
    /// The schema of its body.
    pub(super) body: Option<&'static str>,
    /// The schema of its answer; `list X` for a part of a list of X.
    pub(super) answer: &'static str,
}

impl Operation {
    /// The same where it can be asked what it would do.
    const fn with_preview(self) -> Self {
        Self {
            filters: &["preview"],
            ..self
        }
    }

    pub(super) fn is_list(&self) -> bool {
        self.answer.starts_with("list ")
    }
}

const fn get(
    path: &'static str,
    summary: &'static str,
    filters: &'static [&'static str],
    answer: &'static str,
) -> Operation {
    Operation {
        method: "GET",
        path,
        summary,
        filters,
        body: None,
        answer,
    }
}

const fn send(
    method: &'static str,
    path: &'static str,
    summary: &'static str,
    body: &'static str,
    answer: &'static str,
) -> Operation {
    Operation {
        method,
        path,
        summary,
        filters: &[],
        body: Some(body),
        answer,
    }
}

const fn delete(path: &'static str, summary: &'static str, answer: &'static str) -> Operation {
    Operation {
        method: "DELETE",
        path,
        summary,
        filters: &[],
        body: None,
        answer,
    }
}

/// All of them, by path.
pub(super) const OPERATIONS: &[Operation] = &[
    get(
        "/api/changes",
        "Who changed what, newest first",
        changes::FILTERS,
        "list Change",
    ),
    get(
        "/api/leads",
        "Leads, newest first",
        leads::FILTERS,
        "list Lead",
    ),
    get("/api/leads/{id}", "One lead", &[], "Lead"),
    get(
        "/api/statistics",
        "Revenue, commissions and refunds by day, partner, program, link or processor",
        &["from", "to", "groupBy", "livemode"],
        "Any",
    ),
    get(
        "/api/balances",
        "What partners have earned, by currency",
        balances::FILTERS,
        "list Balance",
    ),
    get(
        "/api/clicks",
        "Clicks, newest first",
        clicks::FILTERS,
        "list Click",
    ),
    send(
        "POST",
        "/api/clicks",
        "Imports a click that was recorded elsewhere",
        "NewClick",
        "Click",
    ),
    send(
        "POST",
        "/api/clicks/bulk",
        "Imports up to 500 clicks that were recorded elsewhere, each with its own outcome",
        "NewClicks",
        "ImportedClicks",
    ),
    get("/api/clicks/{id}", "One click", &[], "Click"),
    get(
        "/api/codes",
        "Partners' discount codes",
        codes::FILTERS,
        "list Code",
    ),
    send(
        "POST",
        "/api/codes",
        "Gives a partner a discount code",
        "NewCode",
        "Code",
    ),
    get("/api/codes/{code}", "One code", &[], "Code"),
    delete(
        "/api/codes/{code}",
        "Ends a code; sales that it brought stay",
        "Any",
    ),
    get(
        "/api/commissions",
        "What each sale or lead earns",
        commissions::FILTERS,
        "list Commission",
    ),
    send(
        "POST",
        "/api/commissions/decisions",
        "Decides the same about up to 200 commissions; each has its own outcome",
        "NewDecisions",
        "DecisionOutcomes",
    )
    .with_preview(),
    get("/api/commissions/{id}", "One commission", &[], "Commission"),
    send(
        "POST",
        "/api/commissions/{id}/decision",
        "Approves, clears, holds, voids or reinstates a commission, or marks it as fraud",
        "NewDecision",
        "DecidedCommission",
    )
    .with_preview(),
    get(
        "/api/customers",
        "Customers",
        customers::FILTERS,
        "list Customer",
    ),
    get(
        "/api/customers/shared-ids",
        "Customer ids that stand with several customers and join nobody",
        &["livemode"],
        "list SharedId",
    ),
    get("/api/customers/{id}", "One customer", &[], "Customer"),
    send(
        "POST",
        "/api/customers/assignments",
        "Gives a customer to a partner by an id, before anything of the customer may be known",
        "NewAssignment",
        "AssignedName",
    ),
    send(
        "PUT",
        "/api/customers/{id}/partner",
        "Assigns a customer to a partner, or to nobody",
        "Assignment",
        "Reassigned",
    )
    .with_preview(),
    get(
        "/api/domains",
        "Domains of links, with where a visitor is led whose link is not known",
        &[],
        "list Domain",
    ),
    send(
        "POST",
        "/api/domains",
        "Takes a domain for links, or changes its fallback address",
        "NewDomain",
        "Domain",
    ),
    delete(
        "/api/domains/{domain}",
        "Lets a domain go that has no link",
        "Any",
    ),
    send(
        "POST",
        "/api/embed/token",
        "Makes a token with which a page shows a partner's portal; 422 where the body is wrong",
        "EmbedCall",
        "EmbedToken",
    ),
    get(
        "/api/events",
        "The inbox: every delivery and what became of it",
        events::FILTERS,
        "list Event",
    ),
    send(
        "POST",
        "/api/events/reprocess",
        "Processes stored deliveries again; a dry run unless told otherwise",
        "Reprocess",
        "ReprocessReport",
    ),
    get("/api/events/{id}", "One event", &[], "Event"),
    get(
        "/api/events/{id}/payload",
        "The exact bytes that were delivered",
        &[],
        "Bytes",
    ),
    get(
        "/api/groups",
        "Groups of partners, each with a commission rule of its own, newest first",
        &[],
        "list Group",
    ),
    send("POST", "/api/groups", "Makes a group", "NewGroup", "Group"),
    get("/api/groups/{id}", "One group", &[], "Group"),
    send(
        "PATCH",
        "/api/groups/{id}",
        "Changes a group; another rule holds for its partners from now on",
        "GroupChange",
        "Group",
    ),
    delete(
        "/api/groups/{id}",
        "Removes a group; its partners are paid as the program says from now on",
        "Any",
    ),
    get(
        "/api/groups/{id}/partners",
        "The partners in a group",
        &[],
        "list GroupMember",
    ),
    send(
        "PUT",
        "/api/groups/{id}/partners/{partnerId}",
        "Puts a partner into a group",
        "Object",
        "Group",
    ),
    delete(
        "/api/groups/{id}/partners/{partnerId}",
        "Takes a partner out of a group",
        "Any",
    ),
    send(
        "POST",
        "/api/invitations",
        "Asks somebody to be a partner, by a link that works once",
        "NewInvitation",
        "PortalLink",
    ),
    get(
        "/api/keys",
        "API keys, without the keys themselves",
        &[],
        "list Key",
    ),
    send(
        "POST",
        "/api/keys",
        "Makes a key; it is shown this once",
        "NewKey",
        "Key",
    ),
    delete("/api/keys/{id}", "Revokes a key", "Any"),
    get(
        "/api/ledger",
        "Entries of the ledger, newest first",
        ledger::FILTERS,
        "list Entry",
    ),
    get("/api/ledger/{id}", "One entry", &[], "Entry"),
    get("/api/links", "Partners' links", links::FILTERS, "list Link"),
    send("POST", "/api/links", "Makes a link", "NewLink", "Link"),
    get("/api/links/{id}", "One link", &[], "Link"),
    send(
        "PATCH",
        "/api/links/{id}",
        "Changes where a link leads",
        "LinkChange",
        "Link",
    ),
    delete(
        "/api/links/{id}",
        "Ends a link; its clicks count no more",
        "Any",
    ),
    get(
        "/api/organization",
        "The key's organization",
        &[],
        "Organization",
    ),
    send(
        "PATCH",
        "/api/organization",
        "Calls the organization something else",
        "OrganizationChange",
        "Organization",
    ),
    get(
        "/api/partners",
        "Partners",
        partners::FILTERS,
        "list Partner",
    ),
    send(
        "POST",
        "/api/partners",
        "Adds a partner and enrols it in a program",
        "NewPartner",
        "Partner",
    ),
    get("/api/partners/{id}", "One partner", &[], "Partner"),
    send(
        "PATCH",
        "/api/partners/{id}",
        "Changes a partner, or its own commission rule",
        "Object",
        "Partner",
    ),
    Operation {
        method: "POST",
        path: "/api/partners/{id}/portal-link",
        summary: "Makes a link that signs a partner in to the portal, once",
        filters: &[],
        body: None,
        answer: "PortalLink",
    },
    get(
        "/api/adjustments",
        "Bonuses and corrections",
        adjustments::FILTERS,
        "list Adjustment",
    ),
    get(
        "/api/adjustments/{id}",
        "One bonus or correction",
        &[],
        "Adjustment",
    ),
    send(
        "POST",
        "/api/partners/{id}/adjustments",
        "Books a bonus or a correction; the same again under its key is answered the same",
        "NewAdjustment",
        "Adjustment",
    ),
    get(
        "/api/payouts",
        "What has been paid out",
        payouts::FILTERS,
        "list Payout",
    ),
    send(
        "POST",
        "/api/payouts",
        "Records that everything approved has been paid",
        "NewPayout",
        "Payout",
    ),
    get("/api/payouts/{id}", "One payout", &[], "Payout"),
    delete(
        "/api/payouts/{id}",
        "Discards a payout of which nothing was sent",
        "Any",
    ),
    send(
        "POST",
        "/api/payouts/runs",
        "Drafts a payout for each partner, program and currency with enough to be paid",
        "NewPayoutRun",
        "PayoutRun",
    ),
    send(
        "POST",
        "/api/payouts/imported",
        "Records as paid what some sales have earned that another system has paid already",
        "NewPayoutImport",
        "PayoutImport",
    ),
    send(
        "POST",
        "/api/payouts/{id}/approve",
        "Approves a draft",
        "Object",
        "Payout",
    ),
    send(
        "POST",
        "/api/payouts/{id}/send",
        "Says that an approved payout is on its way",
        "PayoutSending",
        "Payout",
    ),
    send(
        "POST",
        "/api/payouts/{id}/confirm",
        "Says that a payout which was sent has arrived",
        "PayoutConfirmation",
        "Payout",
    ),
    send(
        "POST",
        "/api/payouts/{id}/fail",
        "Says that a payout which was sent did not arrive: it is due again",
        "PayoutReversal",
        "Payout",
    ),
    get(
        "/api/payout-batches",
        "Payouts that were sent together, newest first",
        &[],
        "list PayoutBatch",
    ),
    send(
        "POST",
        "/api/payout-batches",
        "Sends approved payouts together: makes their file, or has Stripe transfer them",
        "NewPayoutBatch",
        "PayoutBatch",
    ),
    get("/api/payout-batches/{id}", "One batch", &[], "PayoutBatch"),
    get(
        "/api/payout-batches/{id}/file",
        "The file of a batch, as it was made",
        &[],
        "Bytes",
    ),
    send(
        "POST",
        "/api/payout-batches/{id}/confirm",
        "Says that all of a batch that was sent has arrived",
        "Object",
        "Any",
    ),
    get(
        "/api/payout-settings",
        "Who pays partners, and from where; secrets are covered",
        &[],
        "PayoutSettings",
    ),
    send(
        "PATCH",
        "/api/payout-settings",
        "Changes who pays partners, and from where",
        "PayoutSettings",
        "PayoutSettings",
    ),
    get(
        "/api/partners/{id}/payout-details",
        "How a partner is paid, and what is missing",
        &[],
        "PayoutDetails",
    ),
    send(
        "PUT",
        "/api/partners/{id}/payout-details",
        "Says how a partner is paid, in place of what there was",
        "NewPayoutDetails",
        "PayoutDetails",
    ),
    send(
        "POST",
        "/api/payouts/{id}/reverse",
        "Takes a payout back that never arrived",
        "PayoutReversal",
        "Payout",
    ),
    get(
        "/api/privacy-requests",
        "Requests of privacy law, and when each was carried out",
        &[],
        "list Any",
    ),
    send(
        "POST",
        "/api/privacy-requests",
        "Has everything known of a customer collected or erased",
        "PrivacyRequest",
        "Any",
    ),
    get(
        "/api/privacy-requests/{id}",
        "One request, with what was collected",
        &[],
        "Any",
    ),
    get("/api/programs", "Programs", &[], "list Program"),
    send(
        "POST",
        "/api/programs",
        "Makes a program",
        "Object",
        "Program",
    ),
    get("/api/programs/{id}", "One program", &[], "Program"),
    send(
        "PATCH",
        "/api/programs/{id}",
        "Changes a program from now on",
        "Object",
        "Program",
    ),
    get(
        "/api/programs/{id}/page",
        "What a program shows partners, and how somebody becomes one",
        &[],
        "ProgramPage",
    ),
    send(
        "PATCH",
        "/api/programs/{id}/page",
        "Changes what a program shows partners",
        "ProgramPageChange",
        "ProgramPage",
    ),
    get("/api/rates", "Exchange rates", rates::FILTERS, "list Rate"),
    send(
        "POST",
        "/api/rates",
        "Imports exchange rates",
        "NewRates",
        "Any",
    ),
    get(
        "/api/reviews",
        "Commissions that are held for review",
        reviews::FILTERS,
        "list Review",
    ),
    send(
        "POST",
        "/api/reviews",
        "Approves or refuses a held commission",
        "NewReview",
        "Any",
    ),
    get(
        "/api/sales",
        "Sales, newest first",
        sales::FILTERS,
        "list Sale",
    ),
    get("/api/sales/{id}", "One sale", &[], "Sale"),
    get(
        "/api/sales/{id}/explain",
        "Why a sale is what it is: deliveries, names, partner, arithmetic, entries",
        &[],
        "Any",
    ),
    send(
        "PUT",
        "/api/sales/{id}/partner",
        "Assigns one sale to a partner, or to nobody",
        "SaleAssignment",
        "Reassigned",
    )
    .with_preview(),
    send(
        "POST",
        "/api/sales/{id}/refunds",
        "Refunds a sale that was reported; 409 where a processor tells of it, or of more than is left",
        "NewRefund",
        "Refund",
    ),
    get(
        "/api/sources",
        "Webhook sources, without their secrets",
        sources::FILTERS,
        "list Source",
    ),
    send(
        "POST",
        "/api/sources",
        "Adds a source",
        "NewSource",
        "Source",
    ),
    get("/api/sources/{id}", "One source", &[], "Source"),
    send(
        "PATCH",
        "/api/sources/{id}",
        "Changes a source's settings or status, or adds a secret",
        "SourceChange",
        "Source",
    ),
    delete(
        "/api/sources/{id}",
        "Disables a source; its deliveries stay",
        "Source",
    ),
    get(
        "/api/sources/{id}/reconciliation",
        "Whether the source's processor is asked for what never arrived, and how it went",
        &[],
        "Reconciliation",
    ),
    send(
        "PUT",
        "/api/sources/{id}/reconciliation",
        "Keeps a key to the processor's API, which is then asked every hour",
        "NewReconciliation",
        "Reconciliation",
    ),
    delete(
        "/api/sources/{id}/reconciliation",
        "Forgets the key to the processor's API",
        "Reconciliation",
    ),
    get(
        "/api/sources/{id}/refusals",
        "What the source has refused in the last 30 days, why, and what to do",
        &["from"],
        "Refusals",
    ),
    get(
        "/api/status",
        "What is remarkable about the inbox",
        &["livemode"],
        "Status",
    ),
    send(
        "POST",
        "/api/track/click",
        "Records a click on the server's side",
        "TrackClick",
        "Any",
    ),
    send(
        "POST",
        "/api/track/lead",
        "Reports a lead",
        "TrackLead",
        "Any",
    ),
    send(
        "POST",
        "/api/track/sale",
        "Reports a sale; 409 where it is known already, by any of its names",
        "TrackSale",
        "TrackedSale",
    ),
    get(
        "/api/webhook-endpoints",
        "Where outgoing webhooks go, newest first",
        webhook_endpoints::FILTERS,
        "list WebhookEndpoint",
    ),
    send(
        "POST",
        "/api/webhook-endpoints",
        "Adds an endpoint; its secret is shown this once",
        "NewWebhookEndpoint",
        "WebhookEndpoint",
    ),
    get(
        "/api/webhook-endpoints/{id}",
        "One endpoint",
        &[],
        "WebhookEndpoint",
    ),
    send(
        "PATCH",
        "/api/webhook-endpoints/{id}",
        "Changes an endpoint, disables it or enables it again",
        "WebhookEndpointChange",
        "WebhookEndpoint",
    ),
    delete(
        "/api/webhook-endpoints/{id}",
        "Removes an endpoint, with the log of what it was sent",
        "Any",
    ),
    get(
        "/api/webhook-endpoints/{id}/attempts",
        "Every attempt to send something, newest first",
        &[],
        "list WebhookAttempt",
    ),
    get(
        "/api/webhook-endpoints/{id}/deliveries",
        "What the endpoint is sent, newest first",
        webhook_endpoints::DELIVERY_FILTERS,
        "list WebhookDelivery",
    ),
    send(
        "POST",
        "/api/webhook-endpoints/{id}/deliveries/{message}/resend",
        "Sends a message once more",
        "Object",
        "Any",
    ),
    send(
        "POST",
        "/api/webhook-endpoints/{id}/ping",
        "Sends a message that says nothing, to try the endpoint out",
        "Object",
        "Any",
    ),
    send(
        "POST",
        "/api/webhook-endpoints/{id}/secret",
        "Makes another secret and shows it this once; the one before signs beside it for a day",
        "Object",
        "WebhookEndpoint",
    ),
];
