//! The values of the deployed template that affect the cost.

use std::collections::BTreeMap;

use super::Error;

/// The values from `template.yaml`.
#[derive(Debug, Clone, PartialEq)]
pub struct Template {
    /// MB of each function, by the name of its package.
    pub memory: BTreeMap<String, f64>,
    /// Seconds between attempts.
    pub retry_schedule: Vec<f64>,
    /// Alarms that exist by default.
    pub alarms: usize,
    /// Queues that Lambda polls.
    pub polled_queues: usize,
    /// Customer managed KMS keys.
    pub keys: usize,
}

impl Template {
    /// Parses the template line by line: a plain YAML parser rejects CloudFormation's tags.
    ///
    /// # Errors
    /// When a required value is missing.
    pub fn parse(text: &str) -> Result<Self, Error> {
        let missing = |what: &str| format!("template.yaml: {what} was not found in the expected place");
        let lines: Vec<_> = by_default(text).into_iter().map(str::trim).collect();
        let after = |from: usize, key: &str| lines[from..].iter().find_map(|line| line.strip_prefix(key));
        let find = |what: &str| lines.iter().position(|line| *line == what).ok_or_else(|| missing(what));

        let globals = after(find("Globals:")?, "MemorySize: ").and_then(|size| size.parse().ok());
        let globals: f64 = globals.ok_or_else(|| missing("MemorySize of Globals"))?;
        let schedule = after(find("RetrySchedule:")?, "Default: ").ok_or_else(|| missing("RetrySchedule's default"))?;
        let schedule = schedule.trim_matches('"').split(',').map(str::parse).collect::<Result<_, _>>();

        let mut memory = BTreeMap::new();
        let mut function = None;
        for line in &lines {
            if let Some(path) = line.strip_prefix("CodeUri: ") {
                function = path.trim_end_matches("/bootstrap.zip").rsplit('/').next();
                memory.extend(function.map(|name| (name.to_owned(), globals)));
            } else if line.starts_with("Type: AWS::") {
                function = None;
            } else if let (Some(name), Some(size)) = (function, line.strip_prefix("MemorySize: ")) {
                memory.insert(name.to_owned(), size.parse().map_err(|_| missing("a number as MemorySize"))?);
            }
        }
        let count = |what: &str| lines.iter().filter(|line| **line == what).count();
        Ok(Self {
            memory,
            retry_schedule: schedule.map_err(|_| missing("RetrySchedule as numbers"))?,
            // An alarm on a sum is billed for each metric in it.
            alarms: count("Type: AWS::CloudWatch::Alarm") - count("Metrics:") + count("MetricStat:"),
            polled_queues: count("Type: SQS"),
            keys: count("Type: AWS::KMS::Key"),
        })
    }

    /// The memory of a function in MB.
    ///
    /// # Errors
    /// When the template does not define the function.
    pub fn memory_of(&self, function: &str) -> Result<f64, Error> {
        let memory = self.memory.get(function).copied();
        memory.ok_or_else(|| {
            format!("template.yaml has no function `{function}`, which the counts name: run `make bench`")
        })
    }
}

/// The lines of a template without its conditional resources.
fn by_default(text: &str) -> Vec<&str> {
    let mut kept: Vec<&str> = vec![];
    let mut resource = 0;
    let mut conditional = false;
    for line in text.lines() {
        if line.starts_with("  ") && !line.starts_with("   ") {
            resource = kept.len();
            conditional = false;
        }
        if line.starts_with("    Condition: ") {
            kept.truncate(resource);
            conditional = true;
        }
        if !conditional {
            kept.push(line);
        }
    }
    kept
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn memory_is_set_by_the_function_or_by_globals() {
        let text = include_str!("../../../template.yaml");
        let template = Template::parse(text).expect("the template");
        assert_eq!(template.memory["deliver"], 128.0);
        assert_eq!(template.memory["dispatch"], 256.0);
        assert_eq!(template.memory["events"], 256.0);
        assert_eq!(template.memory["providers"], 512.0);
        assert_eq!(template.retry_schedule, [60.0, 300.0, 1800.0, 10800.0]);
        let resources = "  A:\n    Type: AWS::CloudWatch::Alarm\n  B:\n    Type: AWS::CloudWatch::Alarm\n    Condition: C\n    X: 1";
        assert_eq!(by_default(resources).len(), 2);
        assert_eq!((template.polled_queues, template.keys), (6, 1));
        assert!(template.memory_of("nothing").is_err_and(|error| error.contains("`nothing`")));
    }
}
