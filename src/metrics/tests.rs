use super::*;

#[test]
fn a_type_that_nobody_knows_is_counted_as_other() {
    let metrics = Metrics::default();
    let stripe = providers::adapter("stripe").unwrap();
    for made_up in 0..100 {
        let name = format!("made.up.{made_up}");
        metrics.delivery(stripe, Some(&name), Outcome::Stored);
    }
    metrics.delivery(stripe, Some("invoice.paid"), Outcome::Duplicate);
    let count = |r#type, outcome| {
        let delivered = Delivered {
            processor: "stripe",
            r#type,
            outcome,
        };
        metrics
            .deliveries
            .get(&delivered)
            .map(|counter| counter.get())
    };
    assert_eq!(count("other", "stored"), Some(100));
    assert_eq!(count("invoice.paid", "duplicate"), Some(1));
    assert_eq!(count("made.up.1", "stored"), None);
}
