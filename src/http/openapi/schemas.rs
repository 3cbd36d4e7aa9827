//! The shapes of bodies and answers, written short: a name, a colon, a type. `s` text, `i` whole number, `b` yes or no, `t` time, `d` a day, `o` any
//! object, `*` anything, `[x]` a list, `@X` another shape; `?` after it: may be null; `~` before the name: may be left out.

use serde_json::{Map, Value, json};

const SHAPES: &[(&str, &str)] = &[
    (
        "Balance",
        "partnerId:s currency:s livemode:b pending:i approved:i held:i paid:i balance:i total:i",
    ),
    (
        "Change",
        "id:s at:t actor:@Actor type:s subjectId:s reason:s? details:*",
    ),
    ("Actor", "kind:s id:s name:s"),
    (
        "Lead",
        "id:s eventName:s livemode:b customerId:s? partnerId:s? programId:s? clickId:s? occurredAt:t createdAt:t",
    ),
    (
        "Click",
        "id:s linkId:s partnerId:s programId:s clickedAt:t url:s? referrer:s? createdAt:t",
    ),
    (
        "NewClick",
        "~id:s ~linkId:s ~key:s ~domain:s ~clickedAt:t ~url:s ~referrer:s",
    ),
    ("NewClicks", "clicks:[@NewClick]"),
    ("ImportedClicks", "data:[@ImportedClick] nextCursor:s?"),
    ("ImportedClick", "index:i outcome:s id:s? ~error:@Problem"),
    ("Code", "code:s partnerId:s programId:s createdAt:t"),
    ("NewCode", "code:s partnerId:s ~programId:s"),
    (
        "Commission",
        "id:s saleId:s? leadId:s? livemode:b partnerId:s programId:s amount:i full:i held:i currency:s status:s reason:s? decision:@Decision? occurredAt:t availableAt:t",
    ),
    ("Decision", "decision:s reason:s? decidedAt:t"),
    ("NewDecision", "decision:s reason:s"),
    ("NewDecisions", "ids:[s] decision:s reason:s"),
    (
        "DecisionOutcomes",
        "data:[@DecisionOutcome] consequences:@Consequences?",
    ),
    (
        "Consequences",
        "sales:[@SaleMove] balances:[@BalanceMove] entries:[@NewEntry]",
    ),
    ("DecisionOutcome", "id:s outcome:s message:s?"),
    (
        "DecidedCommission",
        "id:s saleId:s? leadId:s? decision:s reason:s? decidedAt:t changed:b preview:b sales:[@SaleMove] balances:[@BalanceMove] entries:[@NewEntry]",
    ),
    ("SaleMove", "saleId:s before:@Earned? after:@Earned?"),
    (
        "Earned",
        "partnerId:s? commissionAmount:i commissionCurrency:s",
    ),
    (
        "BalanceMove",
        "partnerId:s currency:s livemode:b before:i after:i",
    ),
    (
        "NewEntry",
        "subjectId:s partnerId:s kind:s amount:i currency:s reason:s availableAt:t",
    ),
    (
        "Customer",
        "id:s externalId:s? email:s? name:s? avatar:s? livemode:b partnerId:s? programId:s? clickId:s? createdAt:t updatedAt:t",
    ),
    ("SharedId", "id:s processor:s customers:i livemode:b says:s"),
    ("Domain", "domain:s fallbackUrl:s? createdAt:t"),
    ("NewDomain", "domain:s ~fallbackUrl:s?"),
    (
        "EmbedCall",
        "~tenantId:s ~enrollmentId:s ~partner:@EmbedPartner",
    ),
    ("EmbedPartner", "email:s ~name:s"),
    ("EmbedToken", "publicToken:s expires:t"),
    (
        "Assignment",
        "~partnerId:s? ~nobody:b ~programId:s? ~reason:s?",
    ),
    (
        "SaleAssignment",
        "~partnerId:s? ~nobody:b ~programId:s? reason:s",
    ),
    (
        "Reassigned",
        "~customerId:s ~saleId:s partnerId:s? nobody:b preview:b sales:[@SaleMove] balances:[@BalanceMove] entries:[@NewEntry]",
    ),
    ("PrivacyRequest", "kind:s customer:s"),
    ("NewRefund", "amount:i refundId:s ~currency:s? ~reason:s?"),
    (
        "Refund",
        "refundId:s saleId:s amount:i currency:s reason:s? livemode:b eventId:s createdAt:t",
    ),
    (
        "NewAdjustment",
        "kind:s amount:i currency:s reason:s idempotencyKey:s ~programId:s?",
    ),
    (
        "Adjustment",
        "id:s kind:s partnerId:s programId:s amount:i currency:s reason:s idempotencyKey:s livemode:b createdAt:t",
    ),
    (
        "NewAssignment",
        "partnerId:s ~programId:s ~externalId:s ~processorCustomerId:s ~dryRun:b",
    ),
    ("AssignedName", "names:[s] partnerId:s new:b"),
    (
        "Event",
        "id:s sourceId:s processor:s externalId:s type:s apiVersion:s? livemode:b state:s reason:s? saleIds:[s] occurredAt:t? receivedAt:t processedAt:t? deliveries:i conflictingDeliveries:i conflictingAt:t? foundAt:t? payloadRemovedAt:t?",
    ),
    (
        "Reprocess",
        "~eventIds:[s] ~processor:s ~sourceId:s ~type:s ~state:s ~from:t ~to:t ~dryRun:b",
    ),
    (
        "ReprocessReport",
        "dryRun:b eventsFound:i eventsRead:i sales:[@SaleChange] commissions:[@CommissionChange]",
    ),
    (
        "SaleChange",
        "saleId:s? invoiceId:s? change:s fields:[@FieldChange]",
    ),
    ("FieldChange", "field:s before:s after:s"),
    (
        "CommissionChange",
        "partnerId:s livemode:b currency:s before:i after:i",
    ),
    (
        "Key",
        "id:s name:s ~key:s shown:s mode:s livemode:b scopes:[s] createdAt:t expiresAt:t? lastUsedAt:t? revokedAt:t?",
    ),
    (
        "NewKey",
        "name:s ~mode:s ~livemode:b ~scopes:[s] ~expiresAt:t",
    ),
    (
        "Entry",
        "id:s kind:s amount:i currency:s livemode:b partnerId:s programId:s subjectId:s saleId:s? payoutId:s? reason:s occurredAt:t availableAt:t createdAt:t",
    ),
    (
        "Link",
        "id:s domain:s key:s url:s shortUrl:s partnerId:s programId:s createdAt:t",
    ),
    (
        "NewLink",
        "~key:s ~url:s partnerId:s ~programId:s ~domain:s",
    ),
    ("LinkChange", "url:s"),
    ("Organization", "id:s name:s createdAt:t"),
    ("OrganizationChange", "name:s"),
    (
        "Partner",
        "id:s name:s ~email:s? tenantId:s? status:s createdAt:t ~programIds:[s] ~commissions:o ~application:@Application?",
    ),
    (
        "Application",
        "programId:s website:s? message:s? appliedAt:t decidedAt:t? decision:s?",
    ),
    (
        "Group",
        "id:s name:s programId:s commission:o partners:i createdAt:t",
    ),
    ("NewGroup", "name:s ~programId:s commission:o"),
    ("GroupChange", "~name:s ~commission:o"),
    ("GroupMember", "partnerId:s"),
    ("NewInvitation", "~name:s email:s ~programId:s"),
    ("NewPartner", "~name:s email:s ~tenantId:s ~programId:s"),
    ("PortalLink", "partnerId:s url:s expiresAt:t"),
    (
        "Payout",
        "id:s partnerId:s programId:s amount:i currency:s status:s note:s? createdAt:t reversedAt:t? reversedReason:s? method:s? batchId:s? reference:s? statementNumber:i? approvedAt:t? approvedBy:s? sentAt:t? sentBy:s? paidAt:t? paidBy:s?",
    ),
    (
        "NewPayout",
        "partnerId:s currency:s ~programId:s ~amount:i ~note:s",
    ),
    ("PayoutReversal", "reason:s"),
    (
        "NewPayoutRun",
        "~programId:s ~currency:s ~until:t ~note:s ~dryRun:b",
    ),
    ("PayoutRun", "dryRun:b lines:[@PayoutLine]"),
    (
        "PayoutLine",
        "payoutId:s? partnerId:s programId:s amount:i currency:s outcome:s minimum:i?",
    ),
    ("NewPayoutImport", "saleIds:[s] ~note:s"),
    ("PayoutImport", "data:[@ImportedSale]"),
    ("ImportedSale", "saleId:s outcome:s payoutId:s?"),
    ("PayoutSending", "~method:s ~reference:s"),
    ("PayoutConfirmation", "~reference:s"),
    (
        "PayoutBatch",
        "id:s method:s currency:s payouts:i total:i sha256:s? createdAt:t createdBy:s",
    ),
    ("NewPayoutBatch", "method:s currency:s ~payoutIds:[s]"),
    (
        "PayoutSettings",
        "~companyName:s? ~companyAddress:s? ~companyCountry:s? ~companyVatId:s? ~iban:s? ~bic:s? ~stripeKey:s?",
    ),
    (
        "PayoutDetails",
        "id:s ~method:s? ~email:s? ~accountHolder:s? ~iban:s? ~bic:s? ~stripeAccount:s? ~legalName:s? ~address:s? ~country:s? ~kind:s? ~vatId:s? ~taxId:s? ~selfBilling:b? missing:[s] updatedAt:t?",
    ),
    (
        "NewPayoutDetails",
        "~method:s? ~email:s? ~accountHolder:s? ~iban:s? ~bic:s? ~stripeAccount:s? ~legalName:s? ~address:s? ~country:s? ~kind:s? ~vatId:s? ~taxId:s? ~selfBilling:b?",
    ),
    (
        "Program",
        "id:s name:s status:s model:s windowDays:i customerStays:b holdDays:i currency:s? payoutMinimum:i commission:o? createdAt:t",
    ),
    (
        "ProgramPage",
        "programId:s applications:s applyUrl:s? linkUrl:s? linkDomain:s partnersMakeLinks:b about:s? termsUrl:s?",
    ),
    (
        "ProgramPageChange",
        "~applications:s ~linkUrl:s? ~linkDomain:s? ~partnersMakeLinks:b ~about:s? ~termsUrl:s?",
    ),
    ("Rate", "base:s quote:s day:d rate:s source:s createdAt:t"),
    ("NewRates", "rates:[o]"),
    (
        "Review",
        "saleId:s invoiceId:s? livemode:b state:s reason:s? partnerId:s? partnerName:s? programId:s? amount:i currency:s commissionAmount:i commissionHeld:i commissionCurrency:s customerId:s? occurredAt:t createdAt:t decidedAt:t?",
    ),
    ("NewReview", "saleId:s approved:b ~reason:s?"),
    (
        "Sale",
        "id:s invoiceId:s? references:[s] eventName:s paymentProcessor:s livemode:b status:s amount:i amountRefunded:i amountDisputed:i netAmount:i currency:s gross:@Gross commissionAmount:i commissionCurrency:s customer:@Buyer? clickId:s? linkId:s? partnerId:s? programId:s? kind:s occurredAt:t createdAt:t updatedAt:t metadata:*? review:s? waitsFor:s?",
    ),
    (
        "Gross",
        "subtotal:i discount:i tax:i shipping:i total:i refunded:i",
    ),
    ("Buyer", "id:s externalId:s? email:s? name:s? avatar:s?"),
    (
        "Source",
        "id:s processor:s url:s events:[s] steps:[s] mode:s livemode:b status:s isDefault:b settings:o secretCount:i warnings:[s] createdAt:t",
    ),
    ("NewSource", "processor:s secrets:[s] ~mode:s ~settings:o"),
    ("SourceChange", "~secrets:[s] ~status:s ~settings:o"),
    (
        "Refusals",
        "data:[@Refusal] hours:[@RefusedInHour] nextCursor:s?",
    ),
    (
        "Refusal",
        "reason:s refused:i firstAt:t lastAt:t offBySeconds:i? message:s advice:s",
    ),
    ("RefusedInHour", "hour:t refused:i"),
    ("NewReconciliation", "key:s"),
    (
        "Reconciliation",
        "id:s hasKey:b key:s? blind:s? askedUntil:t? finishedAt:t? told:i missing:i running:b error:s?",
    ),
    (
        "Status",
        "now:t livemode:b conflictingDeliveries:i conflictingEvents:i lastConflictingAt:t? unknownEvents:i lastUnknownAt:t? foundByAsking:i lastFoundAt:t? money:[o]",
    ),
    ("TrackClick", "key:s ~url:s ~domain:s ~referrer:s"),
    (
        "TrackLead",
        "clickId:s eventName:s customerExternalId:s ~customerEmail:s ~customerName:s ~customerAvatar:s ~metadata:o",
    ),
    (
        "TrackSale",
        "clickId:s customerExternalId:s amount:i ~currency:s ~eventName:s ~invoiceId:s ~paymentProcessor:s ~customerEmail:s ~customerName:s ~customerAvatar:s ~metadata:o ~occurredAt:t ~imported:b",
    ),
    ("TrackedSale", "eventName:s customer:o sale:o"),
    (
        "WebhookEndpoint",
        "id:s url:s livemode:b events:[s] status:s disabledReason:s? failingSince:t? createdAt:t ~secret:s",
    ),
    ("NewWebhookEndpoint", "url:s events:[s] ~livemode:b"),
    ("WebhookEndpointChange", "~url:s ~events:[s] ~status:s"),
    (
        "WebhookDelivery",
        "messageId:s type:s version:i subjectId:s state:s attempts:i nextAttemptAt:t? lastAttemptAt:t? lastStatus:i? lastError:s? createdAt:t",
    ),
    (
        "WebhookAttempt",
        "id:s messageId:s at:t milliseconds:i status:i? error:s?",
    ),
    ("Error", "error:@Problem"),
    ("Problem", "code:s message:s ~field:s ~requestId:s"),
];

/// All shapes by name.
pub(super) fn all() -> Value {
    let shapes = SHAPES
        .iter()
        .map(|(name, text)| ((*name).to_owned(), shape(text)));
    Value::Object(shapes.collect())
}

/// A shape by its name, or what has no name.
pub(super) fn reference(name: &str) -> Value {
    match name {
        // Bytes are most often JSON, and then of any shape.
        "Any" | "Bytes" => json!({}),
        "Object" => json!({ "type": "object" }),
        name => json!({ "$ref": format!("#/components/schemas/{name}") }),
    }
}

/// The members of a shape, and of the shapes in it under its name: `id`, `customer.email`.
pub(super) fn columns(name: &str) -> Option<Vec<String>> {
    let (_, text) = SHAPES.iter().find(|(known, _)| *known == name)?;
    let mut columns = Vec::new();
    for member in text.split(' ') {
        let (name, kind) = member.split_once(':').unwrap_or((member, "*"));
        let name = name.trim_start_matches('~');
        let inner = kind.trim_end_matches('?').strip_prefix('@');
        match inner.and_then(self::columns) {
            Some(inner) => columns.extend(inner.iter().map(|of| format!("{name}.{of}"))),
            None => columns.push(name.to_owned()),
        }
    }
    Some(columns)
}

fn shape(text: &str) -> Value {
    let (mut properties, mut required) = (Map::new(), Vec::new());
    for member in text.split(' ') {
        let (name, kind) = member.split_once(':').unwrap_or((member, "*"));
        let plain = name.trim_start_matches('~');
        if plain == name {
            required.push(plain);
        }
        properties.insert(plain.to_owned(), kind_of(kind));
    }
    json!({ "type": "object", "required": required, "properties": properties })
}

fn kind_of(kind: &str) -> Value {
    if let Some(kind) = kind.strip_suffix('?') {
        let mut schema = kind_of(kind);
        let word = schema.get("type").cloned();
        return match (word, schema.as_object_mut()) {
            (Some(word), Some(members)) => {
                members.insert("type".into(), json!([word, "null"]));
                schema
            }
            _ if kind == "*" => schema,
            _ => json!({ "anyOf": [schema, { "type": "null" }] }),
        };
    }
    if let Some(item) = kind
        .strip_prefix('[')
        .and_then(|kind| kind.strip_suffix(']'))
    {
        return json!({ "type": "array", "items": kind_of(item) });
    }
    if let Some(name) = kind.strip_prefix('@') {
        return reference(name);
    }
    match kind {
        "s" => json!({ "type": "string" }),
        "i" => json!({ "type": "integer", "format": "int64" }),
        "b" => json!({ "type": "boolean" }),
        "t" => json!({ "type": "string", "format": "date-time" }),
        "d" => json!({ "type": "string", "format": "date" }),
        "o" => json!({ "type": "object" }),
        _ => json!({}),
    }
}
