//! What the owner gives by hand at the end of the year: a group of partners who are paid better, a bonus, and a correction.

use anyhow::{Context as _, Result};
use axum::http::Method;
use serde_json::{Value, json};

use super::server::Server;

/// Gives all of it.
pub(super) async fn give(server: &mut Server<'_>) -> Result<()> {
    let rule = json!({"type": "percent", "basisPoints": 3_000, "duration": {"type": "months", "months": 12}});
    let body = json!({"name": "Ambassadors", "commission": rule});
    let group = server.post("/api/groups", &body).await?;
    let text = |name: &str| group.get(name).and_then(Value::as_str);
    let (group, program) = text("id").zip(text("programId")).context("no group")?;
    let ids = partners(server, program).await?;
    for partner in ids.iter().take(2) {
        let path = format!("/api/groups/{group}/partners/{partner}");
        server.call(Method::PUT, &path, &json!({})).await?;
    }
    let given = [
        ("bonus", 15_000, "Most customers in the autumn campaign"),
        (
            "correction",
            -1_250,
            "A click was counted for the wrong link",
        ),
    ];
    for (partner, (kind, amount, reason)) in ids.iter().zip(given) {
        let body = json!({"kind": kind, "amount": amount, "currency": "usd", "reason": reason, "idempotencyKey": reason});
        let path = format!("/api/partners/{partner}/adjustments");
        server.post(&path, &body).await?;
    }
    Ok(())
}

/// Some partners of a program.
async fn partners(server: &Server<'_>, program: &str) -> Result<Vec<String>> {
    let all = server.get("/api/partners?limit=100").await?;
    let all = all.pointer("/data").and_then(Value::as_array);
    let mut found = Vec::new();
    for one in all.into_iter().flatten() {
        let id = one.get("id").and_then(Value::as_str).unwrap_or_default();
        let whole = server.get(&format!("/api/partners/{id}")).await?;
        let of = whole.pointer("/programIds/0").and_then(Value::as_str);
        if of == Some(program) {
            found.push(id.to_owned());
        }
    }
    Ok(found)
}
