//! Projects, into which an operator may divide events, channels and keys.

use std::fmt;

use serde::{Deserialize, Serialize};

use crate::fields;

/// The id that an operator gave a project: one line of 1 to 256 bytes without space around it.
///
/// Reading a stored id does not check it again.
#[derive(Debug, Clone, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(transparent)]
pub struct ProjectId(String);

/// The longest id, in bytes.
const MAX: usize = 256;

impl ProjectId {
    /// Checks an id. The same rule applies wherever one is written.
    ///
    /// # Errors
    /// What to send instead.
    pub fn parse(id: &str) -> Result<Self, String> {
        match fields::line(id, MAX) {
            Ok(line) if line.len() > MAX => Err(format!("has {} bytes; send at most {MAX}", line.len())),
            Ok(line) if line != id => Err("has space around it; leave that out".to_owned()),
            checked => checked.map(|_| Self(id.to_owned())),
        }
    }

    /// The id as text.
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

impl From<ProjectId> for String {
    fn from(id: ProjectId) -> Self {
        id.0
    }
}

impl fmt::Display for ProjectId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_id_is_stored_as_its_text() {
        let id = ProjectId::parse("web shop").expect("an id");
        assert_eq!(serde_json::to_value(&id).expect("JSON"), "web shop");
        assert_eq!(serde_json::from_value::<ProjectId>("web shop".into()).expect("an id"), id);
        assert_eq!(serde_json::from_value::<ProjectId>(" old ".into()).expect("an id").as_str(), " old ", "as stored");
    }

    #[test]
    fn an_id_is_one_line_without_space_around_it() {
        for wrong in ["", " web", "web ", "a\nb", "a\0b"] {
            ProjectId::parse(wrong).expect_err(wrong);
        }
        assert_eq!(ProjectId::parse(&"é".repeat(129)), Err("has 258 bytes; send at most 256".to_owned()));
    }
}
