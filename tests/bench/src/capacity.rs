//! What DynamoDB charges for a call.
