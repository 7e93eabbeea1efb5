//! The size of an item.

use data_encoding::BASE64;
use serde_json::{Map, Value};

/// An item in DynamoDB JSON: `{"id": {"S": "…"}, …}`.
pub type Item = Map<String, Value>;

/// The bytes of an empty list or map.
const CONTAINER: u64 = 3;
/// The additional bytes for each element of a list or map.
const ELEMENT: u64 = 1;

/// The size of an item in bytes: names and values.
///
/// # Errors
/// When it is not DynamoDB JSON; the error names the attribute.
pub fn item_size(item: &Item) -> Result<u64, String> {
    item.iter().map(|(name, value)| Ok(length(name) + in_attribute(name, value)?)).sum()
}

fn length(text: &str) -> u64 {
    text.len() as u64
}

fn in_attribute(name: &str, value: &Value) -> Result<u64, String> {
    value_size(value).ok_or_else(|| format!("attribute {name} is not a value in DynamoDB JSON: {value}"))
}

fn value_size(value: &Value) -> Option<u64> {
    let object = value.as_object().filter(|object| object.len() == 1)?;
    let (kind, value) = object.iter().next()?;
    match kind.as_str() {
        "S" => value.as_str().map(length),
        "N" => number_size(value),
        "B" => binary_size(value),
        "BOOL" | "NULL" => Some(1),
        "SS" => sum(value, |text| text.as_str().map(length)),
        "NS" => sum(value, number_size),
        "BS" => sum(value, binary_size),
        "L" => Some(CONTAINER + sum(value, |element| Some(ELEMENT + value_size(element)?))?),
        "M" => {
            let element = |(name, value): (&String, &Value)| Some(ELEMENT + length(name) + value_size(value)?);
            Some(CONTAINER + value.as_object()?.iter().map(element).sum::<Option<u64>>()?)
        }
        _ => None,
    }
}

fn sum(values: &Value, size: impl Fn(&Value) -> Option<u64>) -> Option<u64> {
    values.as_array()?.iter().map(size).sum()
}

fn binary_size(value: &Value) -> Option<u64> {
    Some(BASE64.decode(value.as_str()?.as_bytes()).ok()?.len() as u64)
}

/// One byte for every two digits without leading and trailing zeros, one more byte, and one more if it is negative.
/// Digits share a byte as in base 100, counted from the decimal point: 120 takes two bytes, 1200 takes one.
fn number_size(value: &Value) -> Option<u64> {
    let text = value.as_str()?;
    let (negative, text) = text.strip_prefix('-').map_or((false, text), |rest| (true, rest));
    let text = text.strip_prefix('+').unwrap_or(text);
    let (mantissa, exponent) = text.split_once(['e', 'E']).unwrap_or((text, "0"));
    let (whole, fraction) = mantissa.split_once('.').unwrap_or((mantissa, ""));
    let digits = format!("{whole}{fraction}");
    if digits.is_empty() || !digits.bytes().all(|byte| byte.is_ascii_digit()) {
        return None;
    }
    let significant = digits.trim_start_matches('0');
    let trimmed = significant.trim_end_matches('0');
    if trimmed.is_empty() {
        return Some(1);
    }
    // The power of ten of the last significant digit, and of the first.
    let last = exponent.parse::<i64>().ok()? - i64::try_from(fraction.len()).ok()?
        + i64::try_from(significant.len() - trimmed.len()).ok()?;
    let first = last + i64::try_from(trimmed.len()).ok()?;
    let pairs = (first + 1).div_euclid(2) - last.div_euclid(2);
    Some(u64::try_from(pairs).ok()? + 1 + u64::from(negative))
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    #[track_caller]
    fn takes(value: Value, bytes: u64) {
        assert_eq!(value_size(&value), Some(bytes), "{value}");
    }

    #[test]
    fn text_takes_its_bytes_and_binary_its_decoded_bytes() {
        takes(json!({"S": ""}), 0);
        takes(json!({"S": "héllo ✓"}), 10);
        takes(json!({"B": ""}), 0);
        takes(json!({"B": "AQIDBA=="}), 4);
    }

    #[test]
    fn a_number_takes_half_its_digits_and_one_byte() {
        for (number, bytes) in [
            ("0", 1),
            ("0.00", 1),
            ("7", 2),
            ("27", 2),
            ("-27", 3),
            ("100", 2),
            ("120", 3),
            ("1200", 2),
            ("0027", 2),
            ("123", 3),
            ("1.5", 3),
            ("0.05", 2),
            ("0.5", 2),
            ("1e2", 2),
            ("1.2E+3", 2),
            ("1700000000123", 8),
            ("1700000000", 2),
            ("12345678901234567890123456789012345678", 20),
            ("-12345678901234567890123456789012345678", 21),
        ] {
            takes(json!({"N": number}), bytes);
        }
    }

    #[test]
    fn null_and_boolean_take_a_byte() {
        takes(json!({"NULL": true}), 1);
        takes(json!({"BOOL": false}), 1);
    }

    #[test]
    fn lists_and_maps_take_three_bytes_and_one_for_each_element() {
        takes(json!({"L": []}), 3);
        takes(json!({"M": {}}), 3);
        takes(json!({"L": [{"S": "ab"}, {"N": "7"}]}), 3 + (1 + 2) + (1 + 2));
        takes(json!({"M": {"a": {"S": "bc"}, "de": {"BOOL": true}}}), 3 + (1 + 1 + 2) + (1 + 2 + 1));
        takes(json!({"L": [{"M": {"a": {"L": []}}}]}), 3 + 1 + (3 + 1 + 1 + 3));
    }

    #[test]
    fn a_set_takes_the_sum_of_its_elements() {
        takes(json!({"SS": ["a", "bcd"]}), 4);
        takes(json!({"NS": ["7", "-27"]}), 5);
        takes(json!({"BS": ["AQI=", "Aw=="]}), 3);
    }

    #[test]
    fn names_count_towards_the_size() {
        let item = json!({"Name": {"S": "Alexa"}, "Age": {"N": "27"}});
        assert_eq!(item_size(item.as_object().unwrap()), Ok(4 + 5 + 3 + 2));
    }

    #[test]
    fn an_invalid_value_is_an_error_that_names_the_attribute() {
        for value in
            [json!({"X": "a"}), json!("a"), json!({"N": "seven"}), json!({"N": ""}), json!({"B": "*"}), json!({})]
        {
            let item = Item::from_iter([("age".to_owned(), value)]);
            let error = item_size(&item).unwrap_err();
            assert!(error.contains("age"), "{error}");
        }
    }
}
