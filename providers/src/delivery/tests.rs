use super::*;

fn headers(pairs: &[(&str, &str)]) -> Headers {
    Headers::new(
        pairs
            .iter()
            .map(|(n, v)| ((*n).to_owned(), v.as_bytes().to_vec())),
    )
}

#[test]
fn a_header_that_stands_there_twice_is_never_chosen_from() {
    let two = headers(&[("X-Sig", "a"), ("x-sig", "b")]);
    assert_eq!(two.one("x-sig"), Err(Rejection::Malformed));
    assert_eq!(headers(&[("X-Sig", " a\t")]).required("x-sig"), Ok("a"));
    assert_eq!(
        headers(&[("X-Sig", " ")]).required("x-sig"),
        Err(Rejection::Missing)
    );
}

#[test]
fn neither_header_values_nor_bodies_are_printed() {
    let headers = headers(&[("Authorization", "canary")]);
    let delivery = Delivery {
        headers: &headers,
        body: b"canary",
    };
    let verified = Verified::new(delivery, &["authorization"]);
    assert!(!format!("{headers:?} {verified:?}").contains("canary"));
}
