//! Parses the PartiQL statements that `shared/store` writes, and rejects all others: a partial parse would give wrong
//! counts.
//!
//! The forms are `INSERT INTO "table" VALUE {'name': ?, …}` and `UPDATE "table" SET name = ? … REMOVE name … WHERE name
//! = ? AND …`, with bare or double-quoted names.

use serde_json::{Map, Value};

use crate::capacity::Item;

/// The row that a statement writes.
#[derive(Debug, PartialEq)]
pub(super) struct Statement {
    pub(super) table: String,
    /// The row, or the values that it must have; these include its key.
    pub(super) item: Item,
}

/// Parses a statement of `shared/store`.
///
/// # Errors
/// When it has another form; the error shows where.
pub(super) fn read(text: &str, parameters: &[Value]) -> Result<Statement, String> {
    let tokens = tokens(text)?;
    let mut reader = Reader { rest: &tokens, parameters };
    let statement = reader.statement().and_then(|statement| match (reader.rest, reader.parameters) {
        ([], []) => Some(statement),
        _ => None,
    });
    statement.ok_or_else(|| format!("unsupported PartiQL at {:?}: {text}", reader.rest.first()))
}

#[derive(Debug, PartialEq, Clone)]
enum Token {
    /// A keyword, or a bare name.
    Word(String),
    /// A name in double quotes.
    Name(String),
    /// A text in single quotes.
    Text(String),
    Mark(char),
}

fn tokens(text: &str) -> Result<Vec<Token>, String> {
    let (mut tokens, mut rest) = (vec![], text.trim_start());
    while let Some(first) = rest.chars().next() {
        let quoted = |quote: char| {
            let end = rest[1..].find(quote).ok_or_else(|| format!("an unclosed quote: {text}"))? + 1;
            Ok::<_, String>((rest[1..end].to_owned(), end + 1))
        };
        let (token, length) = match first {
            '"' => quoted(first).map(|(name, length)| (Token::Name(name), length))?,
            '\'' => quoted(first).map(|(text, length)| (Token::Text(text), length))?,
            _ if word(first) => {
                let end = rest.find(|other| !word(other)).unwrap_or(rest.len());
                (Token::Word(rest[..end].to_owned()), end)
            }
            _ => (Token::Mark(first), first.len_utf8()),
        };
        tokens.push(token);
        rest = rest[length..].trim_start();
    }
    Ok(tokens)
}

fn word(character: char) -> bool {
    character.is_ascii_alphanumeric() || character == '_'
}

struct Reader<'a> {
    rest: &'a [Token],
    parameters: &'a [Value],
}

impl Reader<'_> {
    fn statement(&mut self) -> Option<Statement> {
        if self.take_word("INSERT") {
            self.word("INTO")?;
            let table = self.quoted()?;
            self.word("VALUE")?;
            return Some(Statement { table, item: self.value()? });
        }
        self.word("UPDATE")?;
        let table = self.quoted()?;
        while self.take_word("SET") {
            self.name()?;
            self.equals()?;
        }
        while self.take_word("REMOVE") {
            self.name()?;
        }
        self.word("WHERE")?;
        Some(Statement { table, item: self.conditions()? })
    }

    fn value(&mut self) -> Option<Item> {
        let mut item = Map::new();
        self.mark('{')?;
        loop {
            let [Token::Text(name), rest @ ..] = self.rest else { return None };
            self.rest = rest;
            self.mark(':')?;
            item.insert(name.clone(), self.parameter()?);
            if self.mark(',').is_none() {
                self.mark('}')?;
                return Some(item);
            }
        }
    }

    fn conditions(&mut self) -> Option<Item> {
        let mut item = Map::new();
        loop {
            let name = self.name()?;
            let value = self.equals()?;
            item.insert(name, value);
            if !self.take_word("AND") {
                return Some(item);
            }
        }
    }

    fn equals(&mut self) -> Option<Value> {
        self.mark('=')?;
        self.parameter()
    }

    fn parameter(&mut self) -> Option<Value> {
        self.mark('?')?;
        let (first, rest) = self.parameters.split_first()?;
        self.parameters = rest;
        Some(first.clone())
    }

    fn mark(&mut self, mark: char) -> Option<()> {
        self.rest = self.rest.strip_prefix(&[Token::Mark(mark)])?;
        Some(())
    }

    fn word(&mut self, word: &str) -> Option<()> {
        self.take_word(word).then_some(())
    }

    fn take_word(&mut self, word: &str) -> bool {
        let rest = self.rest.strip_prefix(&[Token::Word(word.to_owned())]);
        self.rest = rest.unwrap_or(self.rest);
        rest.is_some()
    }

    fn quoted(&mut self) -> Option<String> {
        let [Token::Name(name), rest @ ..] = self.rest else { return None };
        self.rest = rest;
        Some(name.clone())
    }

    fn name(&mut self) -> Option<String> {
        let [Token::Name(name) | Token::Word(name), rest @ ..] = self.rest else { return None };
        self.rest = rest;
        Some(name.clone())
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    fn values(values: &[&str]) -> Vec<Value> {
        values.iter().map(|value| json!({"S": value})).collect()
    }

    #[track_caller]
    fn reads(text: &str, parameters: &[&str], table: &str, item: Value) {
        let item = item.as_object().unwrap().clone();
        assert_eq!(read(text, &values(parameters)), Ok(Statement { table: table.to_owned(), item }));
    }

    #[test]
    fn an_insert_yields_its_row() {
        let text = r#"INSERT INTO "stack-Events-1" VALUE {'id': ?, 'type': ?}"#;
        reads(text, &["a", "b"], "stack-Events-1", json!({"id": {"S": "a"}, "type": {"S": "b"}}));
    }

    #[test]
    fn an_update_yields_its_conditions() {
        let text = r#"UPDATE "t" SET "state" = ? SET state_key = ? REMOVE "reason" REMOVE x WHERE destination_id = ? AND "id" = ?"#;
        let item = json!({"destination_id": {"S": "c"}, "id": {"S": "d"}});
        reads(text, &["a", "b", "c", "d"], "t", item.clone());
        reads(r#"UPDATE "t" REMOVE x WHERE destination_id = ? AND id = ?"#, &["c", "d"], "t", item);
    }

    #[test]
    fn other_statements_are_rejected() {
        for (text, parameters) in [
            (r#"SELECT * FROM "t" WHERE id = ?"#, &["a"][..]),
            (r#"DELETE FROM "t" WHERE id = ?"#, &["a"]),
            (r#"UPDATE "t" SET n = n + ? WHERE id = ?"#, &["a", "b"]),
            (r#"UPDATE "t" SET n = ? WHERE id = ? OR id = ?"#, &["a", "b", "c"]),
            (r#"UPDATE "t" SET n = ? WHERE id = ? RETURNING ALL OLD *"#, &["a", "b"]),
            (r#"UPDATE "t" SET n = ? WHERE id = 'a'"#, &["a"]),
            (r#"INSERT INTO "t" VALUE {'id': ?}"#, &["a", "b"]),
            (r#"INSERT INTO "t" VALUE {'id': ?}"#, &[]),
            (r#"INSERT INTO "t"#, &[]),
            ("", &[]),
        ] {
            assert!(read(text, &values(parameters)).is_err(), "{text}");
        }
    }
}
