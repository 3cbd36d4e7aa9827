//! What is delivered: invoices that a new customer has paid, each with ids and a signature of its own.

use std::fmt::Write as _;

use anyhow::{Context as _, Result};
use providers::{Adapter, Micros, Secret, Settings};
use rand::RngExt as _;
use tributary::clock::{Clock as _, SystemClock};

/// An event of Stripe's as it comes: pretty-printed.
const INVOICE_PAID: &str = include_str!("invoice.paid.txt");

/// What processors make ids of.
const LETTERS: &[u8; 62] = b"0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz";
const ID_LENGTH: usize = 24;

/// The key that a forger would have.
const FORGED: &str = "whsec_somebody_elses_0123456789abcdef";

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
    path: String,
    secret: Secret,
    forged: Secret,
    pieces: Vec<Piece>,
}

enum Piece {
    Text(&'static str),
    /// An id; places with one number get the same one.
    Id(usize),
    /// Seconds.
    Now,
    Click(String),
}

impl Events {
    /// Deliveries of Stripe's that come from this click.
    pub fn stripe(secret: Secret, click: &str) -> Result<Self> {
        let (mut pieces, mut names, mut rest) = (Vec::new(), Vec::new(), INVOICE_PAID);
        // A brace that begins a name is followed by a letter, one of JSON by white space.
        while let Some((before, name, after)) = next_name(rest) {
            pieces.push(Piece::Text(before));
            pieces.push(match name {
                "at" => Piece::Now,
                "click" => Piece::Click(click.to_owned()),
                _ => Piece::Id(place(&mut names, name)),
            });
            rest = after;
        }
        pieces.push(Piece::Text(rest));
        Ok(Self {
            adapter: providers::adapter("stripe").context("Stripe is not there")?,
            path: "/webhooks/stripe".to_owned(),
            secret,
            forged: Secret::new(FORGED)?,
            pieces,
        })
    }

    /// The request of the next one.
    pub fn next(&self, signature: Signature) -> Result<Vec<u8>> {
        let now = SystemClock.now();
        let body = self.body(now)?;
        let secret = match signature {
            Signature::Own => &self.secret,
            Signature::Forged => &self.forged,
        };
        let headers = [(
            "content-type".to_owned(),
            "application/json; charset=utf-8".to_owned(),
        )];
        let signed = self
            .adapter
            .sign(body.as_bytes(), &headers, secret, &Settings::default(), now)
            .context("not signed")?;
        let mut request = String::with_capacity(body.len() + 512);
        write!(request, "POST {} HTTP/1.1\r\nhost: bench\r\n", self.path)?;
        for (name, value) in &signed.headers {
            write!(request, "{name}: {value}\r\n")?;
        }
        write!(request, "content-length: {}\r\n\r\n{body}", body.len())?;
        Ok(request.into_bytes())
    }

    fn body(&self, now: Micros) -> Result<String> {
        let (mut body, mut ids) = (String::with_capacity(4_096), Vec::<String>::new());
        for piece in &self.pieces {
            match piece {
                Piece::Text(text) => body.push_str(text),
                Piece::Now => write!(body, "{}", now.0 / 1_000_000)?,
                Piece::Click(click) => body.push_str(click),
                Piece::Id(place) => {
                    while ids.len() <= *place {
                        ids.push(random_id());
                    }
                    body.push_str(ids.get(*place).context("no id")?);
                }
            }
        }
        Ok(body)
    }
}

fn next_name(text: &str) -> Option<(&str, &str, &str)> {
    let is_name = |(at, _): &(usize, &str)| {
        let after = text.as_bytes().get(at + 1);
        after.is_some_and(u8::is_ascii_lowercase)
    };
    let (at, _) = text.match_indices('{').find(is_name)?;
    let (before, rest) = text.split_at(at);
    let (name, after) = rest.get(1..)?.split_once('}')?;
    Some((before, name, after))
}

fn place<'a>(names: &mut Vec<&'a str>, name: &'a str) -> usize {
    names
        .iter()
        .position(|known| *known == name)
        .unwrap_or_else(|| {
            names.push(name);
            names.len() - 1
        })
}

fn random_id() -> String {
    let mut random = rand::rng();
    let letter = |_| LETTERS.get(random.random_range(0..LETTERS.len()));
    (0..ID_LENGTH)
        .filter_map(letter)
        .map(|b| char::from(*b))
        .collect()
}
