//! Requests to SQS as billed: "every 64 KB chunk of a payload", according to its price list.

use data_encoding::BASE64;
use serde_json::Value;

const CHUNK: u64 = 64 * 1024;

/// The number of billed requests for a call. The payload is the messages with their attributes, sent or received, of a
/// whole batch.
pub(super) fn requests(operation: &str, request: &[u8], answer: &[u8]) -> u64 {
    let json = |bytes| serde_json::from_slice::<Value>(bytes).unwrap_or_default();
    let bytes = match operation {
        "SendMessage" => message(&json(request), "MessageBody"),
        "SendMessageBatch" => messages(&json(request)["Entries"], "MessageBody"),
        "ReceiveMessage" => messages(&json(answer)["Messages"], "Body"),
        _ => 0,
    };
    bytes.div_ceil(CHUNK).max(1)
}

fn messages(list: &Value, body: &str) -> u64 {
    list.as_array().into_iter().flatten().map(|each| message(each, body)).sum()
}

fn message(message: &Value, body: &str) -> u64 {
    let attributes = message["MessageAttributes"].as_object().into_iter().flatten();
    let attribute = |(name, value): (&String, &Value)| {
        let binary = value["BinaryValue"].as_str().and_then(|text| BASE64.decode(text.as_bytes()).ok());
        name.len() as u64
            + length(&value["DataType"])
            + length(&value["StringValue"])
            + binary.map_or(0, |bytes| bytes.len() as u64)
    };
    length(&message[body]) + attributes.map(attribute).sum::<u64>()
}

fn length(text: &Value) -> u64 {
    text.as_str().map_or(0, str::len) as u64
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    #[track_caller]
    fn is(operation: &str, request: Value, answer: Value, expected: u64) {
        assert_eq!(requests(operation, request.to_string().as_bytes(), answer.to_string().as_bytes()), expected);
    }

    #[test]
    fn each_64_kib_of_messages_is_a_request() {
        let body = |bytes: usize| "x".repeat(bytes);
        is("SendMessage", json!({"MessageBody": body(1)}), json!({}), 1);
        is("SendMessage", json!({"MessageBody": body(65_536)}), json!({}), 1);
        is("SendMessage", json!({"MessageBody": body(65_537)}), json!({}), 2);
        // Quotes take two bytes on the wire, not in the message.
        is("SendMessage", json!({"MessageBody": "\"".repeat(65_536)}), json!({}), 1);
        let attributes = json!({"a": {"DataType": "String", "StringValue": "b"}});
        is("SendMessage", json!({"MessageBody": body(65_530), "MessageAttributes": attributes}), json!({}), 2);
        is("SendMessage", json!({"MessageBody": body(65_528), "MessageAttributes": attributes}), json!({}), 1);
    }

    #[test]
    fn a_batch_is_one_payload_and_received_messages_count() {
        let body = "x".repeat(40_000);
        is("SendMessageBatch", json!({"Entries": vec![json!({"MessageBody": body}); 10]}), json!({}), 7);
        is("ReceiveMessage", json!({}), json!({"Messages": vec![json!({"Body": body}); 2]}), 2);
        is("ReceiveMessage", json!({}), json!({}), 1);
        is("DeleteMessageBatch", json!({"Entries": []}), json!({}), 1);
    }
}
