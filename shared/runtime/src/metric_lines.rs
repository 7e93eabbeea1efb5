//! Joins metrics of one flush into as few log lines as possible.
//!
//! A line in CloudWatch's embedded metric format repeats the namespace, the names of the dimensions and their values.
//! The collector writes one line for each set of dimensions; most of them fit into one line, whose `CloudWatchMetrics` is
//! a list with one entry for each set.

use serde_json::{Map, Value, map::Entry};

/// The field with the metadata of a line.
const METADATA: &str = "_aws";
/// The list in the metadata: which fields are metrics, and with which dimensions.
const DIRECTIVES: &str = "CloudWatchMetrics";

type Line = Map<String, Value>;

/// Joins lines, unless a dimension or a metric has different values in them.
///
/// # Errors
/// When a line is not a JSON object.
pub(crate) fn joined(lines: &[u8]) -> serde_json::Result<Vec<Line>> {
    let mut joined: Vec<Line> = vec![];
    for line in serde_json::Deserializer::from_slice(lines).into_iter::<Line>() {
        let line = line?.into_iter().map(|(name, value)| (name, short(value))).collect::<Line>();
        match joined.iter_mut().find(|other| fits(&line, other)) {
            Some(other) => join(other, line),
            None => joined.push(line),
        }
    }
    Ok(joined)
}

fn fits(line: &Line, other: &Line) -> bool {
    line.iter().all(|(name, value)| name == METADATA || other.get(name).is_none_or(|of_other| of_other == value))
}

fn join(to: &mut Line, line: Line) {
    for (name, mut value) in line {
        match to.entry(name) {
            Entry::Vacant(free) => {
                free.insert(value);
            }
            Entry::Occupied(mut both) => {
                let more = value.get_mut(DIRECTIVES).and_then(Value::as_array_mut).map(std::mem::take);
                if let Some(directives) = both.get_mut().get_mut(DIRECTIVES).and_then(Value::as_array_mut) {
                    directives.extend(more.unwrap_or_default());
                }
            }
        }
    }
}

/// Writes whole numbers without `.0`.
fn short(value: Value) -> Value {
    /// Every whole number up to here is exact as a floating-point number.
    const EXACT: f64 = 9_007_199_254_740_992.0;
    match value {
        Value::Array(values) => values.into_iter().map(short).collect(),
        Value::Number(number) => match number.as_f64() {
            Some(float) if number.is_f64() && float.fract() == 0.0 && float.abs() < EXACT => (float as i64).into(),
            _ => Value::Number(number),
        },
        other => other,
    }
}

#[cfg(test)]
mod tests {
    use metrics_cloudwatch_embedded::Builder;
    use serde_json::json;

    use super::*;

    fn line(dimensions: &[(&str, &str)], metrics: Value) -> Value {
        let names: Vec<_> = dimensions.iter().map(|(name, _)| *name).collect();
        let metrics = metrics.as_object().expect("metrics").clone();
        let named: Vec<_> = metrics.keys().map(|name| json!({ "Name": name })).collect();
        let directive = json!({"Namespace": "Test", "Dimensions": [names], "Metrics": named});
        let mut line = json!({"_aws": {"Timestamp": 1, "CloudWatchMetrics": [directive]}});
        let fields = line.as_object_mut().expect("an object");
        fields.extend(dimensions.iter().map(|(name, value)| ((*name).to_owned(), json!(value))));
        fields.extend(metrics);
        line
    }

    fn joined_of(lines: &[Value]) -> Vec<Line> {
        let text: String = lines.iter().map(|line| format!("{line}\n")).collect();
        joined(text.as_bytes()).expect("JSON")
    }

    fn directives(line: &Line) -> usize {
        line["_aws"]["CloudWatchMetrics"].as_array().expect("a list").len()
    }

    #[test]
    fn metrics_with_fewer_dimensions_join_the_line_with_more() {
        let kind = line(&[("service", "deliver"), ("kind", "webhook")], json!({"attempt_ms": [5.0, 7.5]}));
        let outcome =
            line(&[("service", "deliver"), ("kind", "webhook"), ("outcome", "succeeded")], json!({"deliveries": 2}));
        let all = joined_of(&[kind, outcome]);
        assert_eq!((all.len(), directives(&all[0])), (1, 2));
        assert_eq!((&all[0]["attempt_ms"], &all[0]["deliveries"]), (&json!([5, 7.5]), &json!(2)));
        assert_eq!(
            (&all[0]["kind"], &all[0]["outcome"], &all[0]["service"]),
            (&json!("webhook"), &json!("succeeded"), &json!("deliver"))
        );
        let names = |i: usize| &all[0]["_aws"]["CloudWatchMetrics"][i]["Dimensions"][0];
        assert_eq!((names(0), names(1)), (&json!(["service", "kind"]), &json!(["service", "kind", "outcome"])));
    }

    #[test]
    fn different_values_of_a_dimension_stay_apart() {
        let of = |outcome, count| line(&[("kind", "webhook"), ("outcome", outcome)], json!({"deliveries": count}));
        let all = joined_of(&[of("succeeded", 3), of("pending", 3), line(&[], json!({"deliveries_held": 1}))]);
        assert_eq!(all.iter().map(directives).collect::<Vec<_>>(), [2, 1]);
    }

    #[test]
    fn a_flush_is_one_line() {
        let collector = Builder::new().cloudwatch_namespace("Test").with_dimension("service", "deliver");
        let collector = collector.init().expect("no other recorder");
        metrics::counter!("deliveries", "kind" => "webhook", "outcome" => "succeeded").increment(2);
        metrics::counter!("deliveries_held").increment(0);
        metrics::histogram!("attempt_ms", "kind" => "webhook").record(5.0);
        let mut written = vec![];
        collector.flush(&mut written).expect("written");
        let lines = joined(&written).expect("JSON");
        assert_eq!((lines.len(), directives(&lines[0])), (1, 2), "{lines:?}");
        assert!(serde_json::to_string(&lines[0]).expect("JSON").starts_with(r#"{"_aws":"#));
        assert!(!lines[0].contains_key("deliveries_held"), "a counter that has not changed: {lines:?}");
    }
}
