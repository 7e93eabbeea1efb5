//! Checks the catalogue against the JSON Schemas that it shows: both must accept the same `data`.
#![cfg(feature = "openapi")]
#![allow(clippy::expect_used, reason = "a test that cannot go on says so by panicking")]

use domain::catalogue;
use proptest::{collection::vec, option, prelude::*, sample::select};
use serde_json::{Map, Value, json};

/// Values for a field: of every JSON type, and some that match particular shapes.
fn value() -> impl Strategy<Value = Value> {
    let leaf = select(vec![
        json!(null),
        json!(true),
        json!(7),
        json!(-7),
        json!(1.5),
        json!(""),
        json!("text"),
        json!("x".repeat(300)),
        json!("2026-04-15T10:00:00.000Z"),
        json!("failed"),
        json!("webhook"),
        json!([]),
        json!({}),
    ]);
    leaf.prop_recursive(2, 8, 3, |inner| {
        let names = select(vec!["type", "severity", "message", "label", "value", "id", "events"]);
        prop_oneof![
            vec(inner.clone(), 0..3).prop_map(Value::from),
            vec((names, inner), 0..4).prop_map(|fields| {
                Value::Object(fields.into_iter().map(|(name, value)| (name.to_owned(), value)).collect())
            }),
        ]
    })
}

fn schemas() -> Vec<(&'static catalogue::Entry, Value)> {
    catalogue::all().map(|entry| (entry, serde_json::to_value(entry.schema()).expect("JSON"))).collect()
}

#[test]
fn every_schema_is_complete_in_itself_and_says_what_its_fields_are() {
    for (entry, schema) in schemas() {
        assert!(!schema.to_string().contains("$ref"), "{}: {schema}", entry.name);
        assert_eq!(schema["type"], "object", "{}", entry.name);
        for (name, field) in schema["properties"].as_object().expect("properties") {
            assert!(field["description"].is_string(), "{}: {name} is not described: {field}", entry.name);
        }
        jsonschema::draft202012::meta::validate(&schema).expect(entry.name);
    }
}

proptest! {
    #![proptest_config(ProptestConfig { failure_persistence: None, ..ProptestConfig::with_cases(4000) })]

    #[test]
    fn a_check_and_its_schema_agree(which in any::<prop::sample::Index>(), values in vec(option::of(value()), 12)) {
        let schemas = schemas();
        let (entry, schema) = &schemas[which.index(schemas.len())];
        let names = schema["properties"].as_object().expect("properties").keys();
        let data: Map<String, Value> =
            names.zip(values).filter_map(|(name, value)| Some((name.clone(), value?))).collect();
        let data = Value::Object(data);
        let validator = jsonschema::options().should_validate_formats(true).build(schema).expect("a schema");
        let checked = entry.check(&data.to_string());
        prop_assert_eq!(checked.is_ok(), validator.is_valid(&data), "{}: {}: {:?}", entry.name, data, checked);
    }
}
