//! Lists of event types in requests.

use domain::EventType;

use crate::error::{ApiError, Result};

/// The maximum number of event types in a rule.
const MAX_TYPES: usize = 100;

/// Reads the list in `field` and removes duplicates.
///
/// # Errors
/// A 400 if the list is empty or too long, or contains an invalid event type.
pub fn read(field: &str, names: &[String]) -> Result<Vec<EventType>> {
    if names.is_empty() {
        let sentence = format!("Missing events; send at least one event type in `{field}`.");
        return Err(ApiError::bad_request("events_required", sentence));
    }
    if names.len() > MAX_TYPES {
        return Err(ApiError::field(field, format!("send at most {MAX_TYPES} event types")));
    }
    let mut types = vec![];
    for (i, name) in names.iter().enumerate() {
        let event_type = EventType::try_from(name.as_str());
        let event_type = event_type.map_err(|e| ApiError::field(&format!("{field}[{i}]"), e))?;
        if !types.contains(&event_type) {
            types.push(event_type);
        }
    }
    Ok(types)
}
