//! What is delivered: for each sale what a processor says of it, with ids and signatures of its own.

use std::fmt::Write as _;

use anyhow::{Context as _, Result};
use providers::{Adapter, Micros, Secret, Settings};
use tributary::clock::{Clock as _, SystemClock};
use tributary::fixtures::{Click, Fixture, shipped, test_secret};

use crate::template::{Patterns, Template};

/// An event of Stripe's as it comes, pretty-printed: a new customer's first invoice, paid.
const INVOICE_PAID: &str = include_str!("invoice.paid.txt");

/// Of the other processors a shipped fixture each: a sale with all that is delivered for it.
const FIXTURES: [(&str, &str); 4] = [
    ("shopify", "s01-created-then-paid"),
    ("paddle", "p01-paid-then-completed"),
    ("polar", "p03-three-events-one-order"),
    ("revenuecat", "r05-trial-then-conversion"),
];

/// Whether the receiver can know the signature's key.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Signature {
    /// It does.
    Own,
    /// It does not.
    Forged,
}

/// Makes deliveries, as they go over the wire.
pub struct Events {
    adapter: &'static dyn Adapter,
    secret: Secret,
    forged: Secret,
    deliveries: Vec<Delivery>,
    patterns: Patterns,
    /// The click that all sales come from.
    pub click: Click,
}

struct Delivery {
    headers: Vec<(String, Template)>,
    body: Template,
}

impl Events {
    /// Of a processor.
    pub fn of(processor: &str) -> Result<Self> {
        let adapter = providers::adapter(processor).context("no such processor")?;
        let secret = test_secret(processor)?;
        let mut patterns = Patterns::default();
        let (click, deliveries) = match FIXTURES.iter().find(|(of, _)| *of == processor) {
            None => stripe(&mut patterns),
            Some((_, name)) => copied(&fixture(processor, name)?, &mut patterns)?,
        };
        Ok(Self {
            adapter,
            forged: another(&secret)?,
            secret,
            deliveries,
            patterns,
            click,
        })
    }

    /// Whose they are.
    pub fn processor(&self) -> &'static str {
        self.adapter.about().id
    }

    /// What they are signed with.
    pub fn secret(&self) -> &str {
        self.secret.expose()
    }

    /// The requests of one more sale.
    pub fn next(&self, signature: Signature) -> Result<Vec<Vec<u8>>> {
        let (now, ids) = (SystemClock.now(), self.patterns.fill());
        let deliveries = self.deliveries.iter();
        deliveries
            .map(|delivery| self.request(delivery, &ids, now, signature))
            .collect()
    }

    fn request(
        &self,
        delivery: &Delivery,
        ids: &[String],
        now: Micros,
        signature: Signature,
    ) -> Result<Vec<u8>> {
        let secret = match signature {
            Signature::Own => &self.secret,
            Signature::Forged => &self.forged,
        };
        let mut headers = Vec::new();
        for (name, value) in &delivery.headers {
            headers.push((name.clone(), value.render(ids, now)?));
        }
        let body = delivery.body.render(ids, now)?;
        let settings = Settings::default();
        let signed = self
            .adapter
            .sign(body.as_bytes(), &headers, secret, &settings, now);
        let mut request = String::with_capacity(body.len() + 512);
        let processor = self.processor();
        write!(
            request,
            "POST /webhooks/{processor} HTTP/1.1\r\nhost: bench\r\n"
        )?;
        for (name, value) in &signed.context("not signed")?.headers {
            write!(request, "{name}: {value}\r\n")?;
        }
        write!(request, "content-length: {}\r\n\r\n{body}", body.len())?;
        Ok(request.into_bytes())
    }
}

/// One delivery for each sale, made by hand: this is what is compared with others.
fn stripe(patterns: &mut Patterns) -> (Click, Vec<Delivery>) {
    let hour_ago = Micros(SystemClock.now().0 - 3_600_000_000);
    let click = Click {
        id: "clk_bench_0123456789".to_owned(),
        partner: "alice".to_owned(),
        clicked_at: hour_ago.to_string(),
    };
    let body = Template::named(INVOICE_PAID, &click.id, patterns);
    let content = Template::named("application/json; charset=utf-8", "", patterns);
    let headers = vec![("content-type".to_owned(), content)];
    (click, vec![Delivery { headers, body }])
}

fn copied(fixture: &Fixture, patterns: &mut Patterns) -> Result<(Click, Vec<Delivery>)> {
    let click = fixture.clicks.first().context("no click")?.clone();
    let kept = [click.id.as_str()];
    let mut deliveries = Vec::new();
    for sent in &fixture.deliveries {
        let mut headers = Vec::new();
        for (name, value) in &sent.headers {
            headers.push((name.clone(), Template::like(value, &kept, patterns)));
        }
        let body = Template::like(&sent.body, &kept, patterns);
        deliveries.push(Delivery { headers, body });
    }
    Ok((click, deliveries))
}

fn fixture(processor: &str, name: &str) -> Result<Fixture> {
    let mut all = shipped()?.into_iter();
    let found = all.find(|fixture| fixture.processor == processor && fixture.name == name);
    found.with_context(|| format!("there is no fixture {processor}/{name}"))
}

/// A secret of the same form.
fn another(secret: &Secret) -> Result<Secret> {
    let mut signs = secret.expose().chars();
    let other = if signs.next_back() == Some('0') {
        '1'
    } else {
        '0'
    };
    Ok(Secret::new(&format!("{}{other}", signs.as_str()))?)
}
