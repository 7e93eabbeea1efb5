//! The rules for the names and descriptions that people give to things, in every API.
//!
//! A name identifies a thing to people, so it must look like what it is: characters that are invisible, or that change
//! the direction of writing, could make one name look like another.

use crate::fields::line;

/// Checks a name: one line of 1 to `max` characters, all of them visible. Returns it without surrounding white space.
///
/// # Errors
/// What is wrong, and what to send instead.
pub fn name(text: &str, max: usize) -> Result<String, String> {
    visible(text)?;
    line(text, max)
}

/// Checks a description of at most `max` visible characters. It may have several lines. Returns it without surrounding
/// white space, and `None` if it is blank.
///
/// # Errors
/// What is wrong, and what to send instead.
pub fn description(text: &str, max: usize) -> Result<Option<String>, String> {
    visible(text)?;
    let text = text.trim();
    if let Some(control) = text.chars().find(|c| c.is_control() && !matches!(c, '\n' | '\r' | '\t')) {
        return Err(format!("has the control character {} in it; remove it", code_point(control)));
    }
    match text.chars().count() {
        0 => Ok(None),
        length if length > max => Err(format!("has {length} characters; send at most {max}")),
        _ => Ok(Some(text.to_owned())),
    }
}

/// Whether a character has no width or changes the direction of writing, as people copy it with an address by accident.
pub(crate) fn is_formatting(c: char) -> bool {
    matches!(c, '\u{ad}' | '\u{61c}' | '\u{200b}'..='\u{200f}' | '\u{202a}'..='\u{202e}' | '\u{2060}'..='\u{2064}'
        | '\u{2066}'..='\u{2069}' | '\u{feff}')
}

/// Whether a character shows nothing, and yet is no white space.
fn is_invisible(c: char) -> bool {
    is_formatting(c)
        || matches!(c, '\u{34f}' | '\u{115f}' | '\u{1160}' | '\u{17b4}' | '\u{17b5}' | '\u{180e}' | '\u{2028}'
            | '\u{2029}' | '\u{2065}' | '\u{206a}'..='\u{206f}' | '\u{2800}' | '\u{3164}' | '\u{ffa0}'
            | '\u{fff9}'..='\u{fffb}' | '\u{e0000}'..='\u{e007f}')
}

/// Refuses invisible characters, except the joiner within an emoji such as a family.
fn visible(text: &str) -> Result<(), String> {
    let mut before = None;
    let mut rest = text.chars().peekable();
    while let Some(c) = rest.next() {
        let joins = c == '\u{200d}' && before.is_some_and(is_emoji) && rest.peek().copied().is_some_and(is_emoji);
        if is_invisible(c) && !joins {
            return Err(format!("has the invisible character {} in it; remove it", code_point(c)));
        }
        before = Some(c);
    }
    Ok(())
}

/// Whether a character can be next to the joiner in an emoji: symbols, skin tones, and the selector of coloured symbols.
fn is_emoji(c: char) -> bool {
    matches!(c, '\u{fe0f}' | '\u{2190}'..='\u{2bff}' | '\u{1f000}'..='\u{1faff}')
}

fn code_point(c: char) -> String {
    format!("U+{:04X}", u32::from(c))
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Invisible characters of every kind: marks of direction, overrides, isolates, characters without width, fillers.
    const INVISIBLE: [char; 14] = [
        '\u{ad}',
        '\u{61c}',
        '\u{200b}',
        '\u{200d}',
        '\u{200e}',
        '\u{202a}',
        '\u{202e}',
        '\u{2060}',
        '\u{2066}',
        '\u{2069}',
        '\u{2028}',
        '\u{3164}',
        '\u{feff}',
        '\u{e0041}',
    ];

    #[test]
    fn an_invisible_character_is_refused_and_named() {
        for c in INVISIBLE {
            for text in [format!("ops{c}alerts"), format!("{c}ops"), format!("ops{c}")] {
                let problem = name(&text, 100).expect_err("a problem");
                assert!(problem.contains("invisible") && problem.contains(&code_point(c)), "{problem}");
                assert_eq!(description(&text, 100), Err(problem));
            }
        }
    }

    #[test]
    fn control_characters_are_refused() {
        for c in ['\0', '\u{7}', '\u{1b}', '\u{7f}', '\u{85}'] {
            name(&format!("a{c}b"), 10).expect_err("a control character");
            let problem = description(&format!("a{c}b"), 10).expect_err("a control character");
            assert!(problem.contains(&code_point(c)), "{problem}");
        }
        name("a\nb", 10).expect_err("two lines");
        assert_eq!(description(" a\nb\t", 10), Ok(Some("a\nb".to_owned())));
    }

    #[test]
    fn a_name_is_trimmed_and_has_a_length() {
        assert_eq!(name("  On-call 2 ", 9), Ok("On-call 2".to_owned()));
        for wrong in ["", "   ", "On-call 20"] {
            name(wrong, 9).expect_err(wrong);
        }
        assert_eq!(description("  ", 9), Ok(None));
        assert!(description("On-call 20", 9).expect_err("too long").contains("send at most 9"));
    }

    #[test]
    fn names_of_all_languages_and_emojis_are_accepted() {
        for good in ["Équipe d’astreinte", "運用チーム", "فريق العمليات", "צוות", "👩‍💻 on call", "👩🏽‍🚒", "❤️‍🔥 team", "🏳️‍🌈"]
        {
            assert_eq!(name(good, 100).as_deref(), Ok(good));
        }
    }
}
