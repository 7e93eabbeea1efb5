//! The size of an item, which decides how many write units it costs: one for each 1,024 bytes that it begins.

use aws_sdk_dynamodb::types::AttributeValue;

use crate::item::Item;

/// The bytes of one write unit.
pub(crate) const WRITE_UNIT: usize = 1024;
/// The bytes of an empty list or map.
const CONTAINER: usize = 3;
/// The additional bytes for each element of a list or map.
const ELEMENT: usize = 1;

/// The size of an item in bytes: names and values. At most a few bytes too large, because numbers are counted without
/// regard to their trailing zeros.
pub(crate) fn item_size(item: &Item) -> usize {
    item.iter().map(|(name, value)| name.len() + value_size(value)).sum()
}

fn value_size(value: &AttributeValue) -> usize {
    match value {
        AttributeValue::S(text) => text.len(),
        AttributeValue::N(number) => number_size(number),
        AttributeValue::B(bytes) => bytes.as_ref().len(),
        AttributeValue::Ss(texts) => texts.iter().map(String::len).sum(),
        AttributeValue::Ns(numbers) => numbers.iter().map(|number| number_size(number)).sum(),
        AttributeValue::Bs(all) => all.iter().map(|bytes| bytes.as_ref().len()).sum(),
        AttributeValue::L(list) => CONTAINER + list.iter().map(|value| ELEMENT + value_size(value)).sum::<usize>(),
        AttributeValue::M(map) => {
            let element = |(name, value): (&String, &AttributeValue)| ELEMENT + name.len() + value_size(value);
            CONTAINER + map.iter().map(element).sum::<usize>()
        }
        // Booleans and null.
        _ => 1,
    }
}

/// One byte for every two digits, which may be split differently around the decimal point, and one more byte.
fn number_size(number: &str) -> usize {
    let digits = number.bytes().filter(u8::is_ascii_digit).count();
    digits.div_ceil(2) + 2
}
