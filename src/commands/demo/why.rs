//! Why a sale is what it is, in a short sentence. Pure.

use super::ledger::Counted;

/// How its partner was found, and what has happened since.
pub(super) fn sentence(counted: &Counted) -> String {
    let mut parts = vec![attribution(counted)];
    parts.extend(happened(counted));
    if !counted.sale.livemode {
        parts.push("test mode: never paid out".to_owned());
    }
    parts.join("; ")
}

fn attribution(counted: &Counted) -> String {
    let partner = counted.sale.partner.as_deref().unwrap_or("nobody");
    match counted.via.as_deref() {
        None => "organic: no click and no code leads to a partner".to_owned(),
        Some("click") => format!("the buyer clicked {partner}'s link"),
        Some("subscription") if counted.sale.kind == "first" => {
            format!("the first payment of a subscription that {partner} brought")
        }
        Some("subscription") => format!("renews a subscription that {partner} brought"),
        Some("customer") => format!("{partner} brought this customer before"),
        Some("code") => format!("{partner}'s discount code was used"),
        Some("assignment") => format!("the owner says that {partner} brought this customer"),
        Some(other) => format!("{partner}, by {other}"),
    }
}

fn happened(counted: &Counted) -> Option<String> {
    let sale = &counted.sale;
    let refund = match sale.amount_refunded {
        0 => None,
        refunded if refunded >= sale.amount => Some("refunded in full"),
        _ => Some("refunded in part"),
    };
    let is_open = counted.commission_free < sale.commission_amount;
    let dispute = match (sale.amount_disputed, is_open) {
        (0, _) => None,
        (_, true) => Some("disputed, commission held back"),
        (_, false) if sale.partner.is_none() => Some("disputed"),
        (_, false) => Some("dispute lost"),
    };
    let took_back = counted.commission_full - sale.commission_amount;
    let parts: Vec<&str> = refund.into_iter().chain(dispute).collect();
    match (parts.is_empty(), took_back) {
        (true, _) => None,
        (false, 0) => Some(parts.join(", ")),
        (false, _) => Some(format!(
            "{}, commission taken back with it",
            parts.join(", ")
        )),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::fixtures::{Gross, Sale};

    fn counted(via: Option<&str>) -> Counted {
        let gross = Gross {
            subtotal: 1_000,
            discount: 0,
            tax: 0,
            shipping: 0,
            total: 1_000,
        };
        let sale = Sale {
            invoice_id: "in_1".to_owned(),
            references: vec!["in_1".to_owned()],
            amount: 1_000,
            currency: "usd".to_owned(),
            amount_refunded: 0,
            amount_disputed: 0,
            net_amount: 1_000,
            gross,
            kind: "one_time".to_owned(),
            livemode: true,
            partner: via.map(|_| "alice".to_owned()),
            commission_amount: 100,
        };
        Counted {
            sale,
            via: via.map(str::to_owned),
            commission_full: 100,
            commission_free: 100,
        }
    }

    #[test]
    fn a_sale_says_how_its_partner_was_found() {
        assert_eq!(
            sentence(&counted(Some("click"))),
            "the buyer clicked alice's link"
        );
        assert_eq!(
            sentence(&counted(Some("code"))),
            "alice's discount code was used"
        );
        assert!(sentence(&counted(None)).starts_with("organic"));
        let mut first = counted(Some("subscription"));
        assert!(sentence(&first).starts_with("renews"));
        first.sale.kind = "first".to_owned();
        assert!(sentence(&first).starts_with("the first payment of a subscription"));
    }

    #[test]
    fn a_refund_and_an_open_dispute_are_told() {
        let mut refunded = counted(Some("click"));
        refunded.sale.amount_refunded = 400;
        refunded.sale.commission_amount = 60;
        let text = sentence(&refunded);
        assert!(
            text.ends_with("refunded in part, commission taken back with it"),
            "{text}"
        );
        let mut disputed = counted(Some("click"));
        disputed.sale.amount_disputed = 1_000;
        disputed.commission_free = 0;
        assert!(sentence(&disputed).ends_with("disputed, commission held back"));
    }

    #[test]
    fn a_test_sale_says_that_it_is_never_paid() {
        let mut test = counted(Some("click"));
        test.sale.livemode = false;
        assert!(sentence(&test).ends_with("test mode: never paid out"));
    }
}
