//! The three track calls (contract 3), compatible with Refport's.

use std::sync::Arc;

use axum::Json;
use axum::Router;
use axum::extract::{Request, State};
use axum::http::HeaderMap;
use axum::response::{IntoResponse, Response};
use axum::routing::post;
use providers::signature::digest_id;
use serde_json::{Value, json};

use crate::app::App;
use crate::clicks::NewClick;
use crate::http::body;
use crate::http::error::ApiError;
use crate::http::input::{TrackClick, lead_call, sale_call};
use crate::keys::Caller;
use crate::ledger::calls::Call;
use crate::ledger::writer::{Answer, Idempotency, LeadAnswer, Report, SaleAnswer, ShownLink, Told};

/// The routes of this module.
pub fn routes() -> Router<Arc<App>> {
    Router::new()
        .route("/api/track/sale", post(sale))
        .route("/api/track/lead", post(lead))
        .route("/api/track/click", post(click))
}

/// After how long a click that was not recorded may be sent again, in seconds.
const RETRY_AFTER_SECONDS: u64 = 1;

async fn sale(
    State(app): State<Arc<App>>,
    caller: Caller,
    request: Request,
) -> Result<Response, ApiError> {
    let call_of = |body: &[u8]| sale_call(body).map(Call::Sale);
    report(&app, &caller, request, call_of).await
}

async fn lead(
    State(app): State<Arc<App>>,
    caller: Caller,
    request: Request,
) -> Result<Response, ApiError> {
    let call_of = |body: &[u8]| lead_call(body).map(Call::Lead);
    report(&app, &caller, request, call_of).await
}

async fn click(
    State(app): State<Arc<App>>,
    caller: Caller,
    request: Request,
) -> Result<Response, ApiError> {
    let body = body::read(request).await?;
    let input = TrackClick::parse(&body)?;
    let domain = input.domain.as_deref().unwrap_or_default().to_lowercase();
    let own = app.public_url.split("//").nth(1).unwrap_or_default();
    let domain = if domain == own { "" } else { &domain };
    let link = app
        .links
        .find(app.store.as_ref(), domain, &input.key)
        .await?;
    let link = link
        .filter(|link| link.organization_id == caller.organization_id && link.counts)
        .ok_or_else(|| ApiError::not_found("there is no link of this key"))?;
    let new = NewClick {
        link: link.clone(),
        url: input.url,
        referrer: input.referrer,
        at: app.now(),
        visit: None,
    };
    // Whoever hands the id on must be able to rely on it.
    let recorded = app.clicks.record(new).await;
    let click_id = recorded.map_err(|_lost| ApiError::unavailable(RETRY_AFTER_SECONDS))?;
    let shown = ShownLink {
        id: link.id,
        domain: link.domain,
        key: link.key,
        url: link.url,
        program_id: link.program_id,
    };
    let link = link_json(&app, &shown);
    Ok(Json(json!({ "clickId": click_id, "link": link })).into_response())
}

/// The longest `Idempotency-Key`, in characters.
const KEY_MAX_CHARS: usize = 255;

fn idempotency_key(headers: &HeaderMap) -> Result<Option<String>, ApiError> {
    let Some(value) = headers.get("idempotency-key") else {
        return Ok(None);
    };
    let key = value.to_str().unwrap_or_default().trim();
    if key.is_empty() || key.len() > KEY_MAX_CHARS {
        let message = "Idempotency-Key must have 1 to 255 visible ASCII characters";
        return Err(ApiError::validation("Idempotency-Key", message));
    }
    Ok(Some(key.to_owned()))
}

/// Reports what `call_of` makes of the body, and waits for the ledger's answer.
async fn report(
    app: &App,
    caller: &Caller,
    request: Request,
    call_of: fn(&[u8]) -> Result<Call, ApiError>,
) -> Result<Response, ApiError> {
    let key = idempotency_key(request.headers())?;
    let body = body::read(request).await?;
    let call = call_of(&body)?;
    let request = digest_id(&[call.event_type().as_bytes(), &body].concat());
    let idempotency = key.map(|key| Idempotency {
        key: format!("{}/{key}", if caller.livemode { "live" } else { "test" }),
        request,
    });
    let answered = app.ledger.report(|answer| Report {
        organization_id: caller.organization_id.clone(),
        livemode: caller.livemode,
        call,
        idempotency,
        received_at: app.now(),
        answer,
    });
    answer(app, answered.await?)
}

fn answer(app: &App, answer: Answer) -> Result<Response, ApiError> {
    match answer {
        Answer::Sale(sale) => Ok(Json(sale_json(&sale)).into_response()),
        Answer::Lead(lead) => Ok(Json(lead_json(app, &lead)).into_response()),
        Answer::InvalidClick => Err(ApiError::invalid_click_id()),
        Answer::Duplicate { .. } => Err(ApiError::duplicate_invoice()),
        Answer::Taken { .. } => Err(ApiError::unavailable(RETRY_AFTER_SECONDS)),
        Answer::Untimely => Err(ApiError::validation(
            "occurredAt",
            "occurredAt must lie within the last 365 days, or 3650 where imported is true, and at most 5 minutes ahead",
        )),
        Answer::KeyReused => Err(ApiError::validation(
            "Idempotency-Key",
            "this Idempotency-Key was used for another request: use a new one",
        )),
    }
}

fn sale_json(sale: &SaleAnswer) -> Value {
    json!({
        "eventName": sale.event_name,
        "customer": customer_json(&sale.customer),
        "sale": {
            "id": sale.id,
            "amount": sale.amount,
            "currency": sale.currency,
            "commissionAmount": sale.commission,
            "status": sale.status,
            "invoiceId": sale.invoice_id,
            "paymentProcessor": sale.payment_processor,
        },
    })
}

/// `null` when the click's link is gone.
fn lead_json(app: &App, lead: &LeadAnswer) -> Value {
    let Some(link) = &lead.link else {
        return Value::Null;
    };
    json!({
        "eventName": lead.event_name,
        "click": { "id": lead.click_id },
        "link": link_json(app, link),
        "customer": customer_json(&lead.customer),
    })
}

fn link_json(app: &App, link: &ShownLink) -> Value {
    let domain = if link.domain.is_empty() {
        app.public_url.split("//").nth(1).unwrap_or_default()
    } else {
        &link.domain
    };
    json!({
        "id": link.id,
        "domain": domain,
        "key": link.key,
        "url": link.url,
        "programId": link.program_id,
    })
}

/// `email` is always a text; a picture is added when it is known.
fn customer_json(customer: &Told) -> Value {
    let mut shown = json!({
        "externalId": customer.external_id,
        "email": customer.email.as_deref().unwrap_or_default(),
        "name": customer.name,
    });
    if let (Some(avatar), Some(members)) = (&customer.avatar, shown.as_object_mut()) {
        members.insert("avatar".to_owned(), Value::from(avatar.as_str()));
    }
    shown
}
