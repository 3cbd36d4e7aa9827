//! Which settings a source may have.

use super::*;

fn problem_with(json: &str) -> Option<String> {
    let settings = Settings::from_json(json).unwrap();
    RevenueCat
        .check_settings(&settings)
        .err()
        .map(|error| error.name)
}

#[test]
fn every_documented_setting_is_taken() {
    for json in [
        "{}",
        r#"{"require":"authorization"}"#,
        r#"{"require":"hmac"}"#,
        r#"{"require":"both","basis":"net_of_tax"}"#,
        r#"{"basis":"gross","stores":["APP_STORE","STRIPE","A_STORE_OF_TOMORROW","NEW"]}"#,
        r#"{"basis":"proceeds","clickKeys":["aff"],"customerKeys":["uid"]}"#,
    ] {
        assert_eq!(problem_with(json), None, "{json}");
    }
}

#[test]
fn an_unusable_setting_is_named() {
    for (json, name) in [
        (r#"{"require":"none"}"#, "require"),
        (r#"{"require":true}"#, "require"),
        (r#"{"basis":"net"}"#, "basis"),
        (r#"{"basis":1}"#, "basis"),
        (r#"{"stores":[]}"#, "stores"),
        (r#"{"stores":"APP_STORE"}"#, "stores"),
        (r#"{"stores":["app_store"]}"#, "stores"),
        (r#"{"stores":["AB"]}"#, "stores"),
        (r#"{"stores":["APP_STORE",7]}"#, "stores"),
        (r#"{"stores":["PROMOTIONAL"]}"#, "stores"),
        (r#"{"stores":["TEST_STORE"]}"#, "stores"),
        (r#"{"store":["APP_STORE"]}"#, "store"),
    ] {
        assert_eq!(problem_with(json).as_deref(), Some(name), "{json}");
    }
}
