//! The name and the permissions that a new API key may have.

/// The maximum number of characters of a name.
pub const MAX_NAME: usize = 100;
/// The maximum number of permissions of a key.
pub const MAX_PERMISSIONS: usize = 20;

/// Checks the name of a key.
///
/// # Errors
/// What to send instead.
pub fn name(text: &str) -> Result<String, String> {
    let name = text.trim();
    if name.is_empty() || name.chars().count() > MAX_NAME {
        return Err(format!("send 1 to {MAX_NAME} characters"));
    }
    // Characters that change the direction of text could make one name look like another.
    let invisible = |c: char| {
        c.is_control() || matches!(c, '\u{200b}'..='\u{200f}' | '\u{2028}'..='\u{202e}' | '\u{2060}'..='\u{206f}')
    };
    if name.contains(invisible) {
        return Err("contains a control character; remove it".into());
    }
    Ok(name.to_owned())
}

/// Checks the permissions of a key.
///
/// # Errors
/// What to send instead.
pub fn permissions(texts: &[String]) -> Result<(), String> {
    if texts.len() > MAX_PERMISSIONS {
        return Err(format!("send at most {MAX_PERMISSIONS}"));
    }
    match texts.iter().find(|text| !is_permission(text)) {
        Some(wrong) => Err(format!("{wrong:?} does not have the form `area:verb`, such as `config:write`")),
        None => Ok(()),
    }
}

fn is_permission(text: &str) -> bool {
    let word = |word: &str| !word.is_empty() && word.len() <= 32 && word.bytes().all(|b| b.is_ascii_lowercase());
    text.split_once(':').is_some_and(|(area, verb)| word(area) && word(verb))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_name_is_short_and_visible() {
        assert_eq!(name(" CI of the shop "), Ok("CI of the shop".into()));
        for wrong in ["", "  ", "a\u{202e}b", "a\nb", "a\u{200b}", &"x".repeat(101)] {
            assert!(name(wrong).is_err(), "{wrong:?}");
        }
    }

    #[test]
    fn a_permission_names_an_area_and_a_verb() {
        assert!(permissions(&["config:write".into()]).is_ok());
        for wrong in ["config", "config:", ":write", "Config:write", "a:b:c"] {
            assert!(permissions(&[wrong.into()]).is_err(), "{wrong}");
        }
        assert!(permissions(&vec!["a:b".into(); 21]).is_err());
    }
}
