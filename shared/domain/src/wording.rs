//! Rephrases serde's errors for the author of the JSON: without the names of our types, and without a position once the
//! field is named.

/// Describes what is wrong with a field, based on serde's error.
pub fn problem(error: &str) -> String {
    // serde_json appends the position.
    let error = error.rsplit_once(" at line ").map_or(error, |(problem, _)| problem);
    let Some((wrong, expected)) = error.rsplit_once(", expected ") else { return error.to_owned() };
    let Some(given) = wrong.strip_prefix("invalid type: ").or_else(|| wrong.strip_prefix("invalid value: ")) else {
        // The error is about an unknown name and lists the known ones.
        return error.to_owned();
    };
    format!("is {}; send {}", named(given), wanted(expected))
}

/// Describes what to send, based on serde's error. Does not repeat what was sent, because that may be a secret.
pub fn remedy(error: &str) -> String {
    match error.rsplit_once(", expected ") {
        Some((wrong, expected)) if wrong.starts_with("invalid ") => format!("send {}", wanted(expected)),
        Some((_, expected)) => format!("send {expected}"),
        None if error.starts_with("missing field") => error.to_owned(),
        None => "does not have the form of this field".to_owned(),
    }
}

/// The sent value's type, in JSON's terms.
fn named(given: &str) -> String {
    let (kind, value) = given.split_once(' ').unwrap_or((given, ""));
    match kind {
        "map" => "an object".to_owned(),
        "sequence" => "a list".to_owned(),
        "null" | "unit" => "null".to_owned(),
        "boolean" => format!("{} (a boolean)", value.trim_matches('`')),
        "integer" | "floating" | "number" => {
            let number = given.rsplit_once(' ').map_or(given, |(_, number)| number);
            format!("the number {}", number.trim_matches('`'))
        }
        "string" => format!("the text {value}"),
        _ => given.to_owned(),
    }
}

/// The expected type, in JSON's terms.
fn wanted(expected: &str) -> String {
    let whole = |least: &str| format!("a whole number{least}");
    match expected {
        "a map" => "an object".to_owned(),
        "a sequence" => "a list".to_owned(),
        "a boolean" => "true or false".to_owned(),
        "u8" | "u16" | "u32" | "u64" | "usize" => whole(" of 0 or more"),
        "i8" | "i16" | "i32" | "i64" | "isize" => whole(""),
        "f32" | "f64" => "a number".to_owned(),
        "any valid JSON value" => "JSON".to_owned(),
        text if text.starts_with("struct ") => "an object".to_owned(),
        text if text.starts_with("enum ") || text.starts_with("string or map") => "text".to_owned(),
        text if text.starts_with("tuple ") || text.starts_with("a tuple ") => "a list".to_owned(),
        text => text.to_owned(),
    }
}

#[cfg(test)]
mod tests {
    use serde::Deserialize;

    use super::*;

    #[derive(Debug, Deserialize)]
    #[serde(deny_unknown_fields)]
    struct Thing {
        #[expect(dead_code)]
        count: Option<u32>,
        #[expect(dead_code)]
        names: Option<Vec<String>>,
        #[expect(dead_code)]
        inner: Option<Box<Thing>>,
        #[expect(dead_code)]
        on: Option<bool>,
    }

    #[test]
    fn no_type_of_ours_is_named() {
        for (json, expected) in [
            ("7", "is the number 7; send an object"),
            (r#"{"count": -1}"#, "is the number -1; send a whole number of 0 or more"),
            (r#"{"count": 1.5}"#, "is the number 1.5; send a whole number of 0 or more"),
            (r#"{"count": "x, expected y"}"#, "is the text \"x, expected y\"; send a whole number of 0 or more"),
            (r#"{"names": {}}"#, "is an object; send a list"),
            (r#"{"names": [null]}"#, "is null; send a string"),
            (r#"{"on": "yes"}"#, "is the text \"yes\"; send true or false"),
            (r#"{"inner": true}"#, "is true (a boolean); send an object"),
            (r#"{"more": 1}"#, "unknown field `more`, expected one of `count`, `names`, `inner`, `on`"),
        ] {
            let error = serde_json::from_str::<Thing>(json).expect_err(json).to_string();
            assert_eq!(problem(&error), expected, "{error}");
        }
        let secret = serde_json::from_str::<Thing>(r#"{"count": "planted"}"#).expect_err("text").to_string();
        assert_eq!(
            remedy(secret.rsplit_once(" at line ").map_or("", |(text, _)| text)),
            "send a whole number of 0 or more"
        );
    }
}
