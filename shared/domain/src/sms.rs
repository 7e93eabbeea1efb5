//! Text messages of one segment: 160 characters of the GSM 7-bit alphabet (3GPP TS 23.038). A single character outside
//! the alphabet would turn the whole message into UCS-2, with only 70 characters per segment, and every further segment
//! costs as much as the first.

use crate::{Event, content::Content, verification::Code};

/// The capacity of one segment, in septets.
pub const SEGMENT: usize = 160;

/// The basic alphabet, one septet per character, without its escape character and line breaks.
const BASIC: &str = "@£$¥èéùìòÇØøÅåΔ_ΦΓΛΩΠΨΣΘΞÆæßÉ !\"#¤%&'()*+,-./0123456789:;<=>?¡ABCDEFGHIJKLMNOPQRSTUVWXYZÄÖÑÜ§\
                     ¿abcdefghijklmnopqrstuvwxyzäöñüà";
/// The extension table, two septets per character.
const EXTENDED: &str = "^{}\\[~]|€";
/// The end of a text that was cut.
const CUT: &str = "...";

/// The septets that a character takes; `None` if it is not in the alphabet.
fn septets(c: char) -> Option<usize> {
    if BASIC.contains(c) {
        Some(1)
    } else if EXTENDED.contains(c) {
        Some(2)
    } else {
        None
    }
}

/// The septets of a text in this alphabet.
pub fn length(text: &str) -> usize {
    text.chars().filter_map(septets).sum()
}

/// Transliterates text into the GSM alphabet: other letters become the nearest ones, and white space becomes single
/// spaces.
fn in_alphabet(text: &str) -> String {
    let mut out = String::with_capacity(text.len());
    for c in text.chars() {
        if septets(c).is_some() {
            out.push(c);
        } else if c.is_whitespace() || c.is_control() {
            out.push(' ');
        } else {
            out.extend(deunicode::deunicode_char(c).unwrap_or("?").chars().filter(|c| septets(*c).is_some()));
        }
    }
    out.split_whitespace().collect::<Vec<_>>().join(" ")
}

/// Fits text into one segment. A longer text is cut at a word.
pub fn one_segment(text: &str) -> String {
    let text = in_alphabet(text);
    if length(&text) <= SEGMENT {
        return text;
    }
    let room = SEGMENT - CUT.len();
    let mut used = 0;
    let fits = |(_, c): &(usize, char)| {
        used += septets(*c).unwrap_or(0);
        used <= room
    };
    let end = text.char_indices().take_while(fits).last().map_or(0, |(at, c)| at + c.len_utf8());
    let next_is_space = text[end..].starts_with(' ');
    let kept = &text[..end];
    // Cut at a word, unless that would remove most of the message.
    let at_word = kept.rfind(' ').filter(|at| !next_is_space && *at > end / 2).unwrap_or(end);
    format!("{}{CUT}", kept[..at_word].trim_end_matches([' ', ',', ';', ':', '.']))
}

/// The message about an event: its severity, its type, and then its content.
pub fn notification(event: &Event) -> String {
    let content = Content::of(&event.data);
    let said = content.summary.unwrap_or_else(|| {
        // Each field adds at least one character, so more fields than this cannot fit.
        let fields = content.fields.iter().take(SEGMENT).map(|field| format!("{}: {}", field.name, field.value));
        fields.collect::<Vec<_>>().join(", ")
    });
    let head = format!("{} {}", event.severity.stack_name().to_uppercase(), event.event_type);
    one_segment(if said.is_empty() { head } else { format!("{head}: {said}") }.as_str())
}

/// The message that carries a verification code.
pub fn verification(code: &Code, minutes: u64) -> String {
    let code = code.reveal();
    one_segment(&format!(
        "{code} is your STACK Notifications code, good for {minutes} minutes. If you did not ask for it, ignore this."
    ))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::{Severity, testing};
    use proptest::prelude::*;

    fn event(event_type: &str, severity: Severity, data: &str) -> Event {
        Event { data: data.into(), ..testing::event(event_type, severity) }
    }

    #[test]
    fn the_essential_stands_first() {
        let data =
            r#"{"jti": "ppt_1", "flags": [{"type": "x", "message": "Agent accessed slack but did not say so"}]}"#;
        let text = notification(&event("passport.flagged", Severity::Medium, data));
        assert_eq!(text, "WARNING passport.flagged: Agent accessed slack but did not say so");
        let text = notification(&event("agent.blocked", Severity::Critical, r#"{"agent_id": "agt_1", "n": 2}"#));
        assert_eq!(text, "CRITICAL agent.blocked: agent_id: agt_1, n: 2");
        assert_eq!(notification(&event("custom.a", Severity::Info, "{}")), "INFO custom.a");
    }

    #[test]
    fn a_long_text_is_cut_at_a_word() {
        let text = one_segment(&"words of a sentence that goes on, ".repeat(9));
        assert!(text.ends_with("words of a sentence..."), "{text}");
        assert!(length(&text) <= SEGMENT && length(&text) > SEGMENT - 20);
        assert_eq!(one_segment(&"x".repeat(500)).len(), SEGMENT);
        assert_eq!(one_segment(&"x".repeat(160)), "x".repeat(160));
    }

    #[test]
    fn other_scripts_become_their_nearest_letters() {
        assert_eq!(one_segment("Łódź “naïve” – 50 €…"), "Lodz \"naive\" - 50 €...");
        assert_eq!(one_segment("tab\tand\r\nline"), "tab and line");
        assert_eq!(one_segment("Øre é ñ ü à"), "Øre é ñ ü à");
    }

    #[test]
    fn a_code_comes_in_one_segment() {
        let code = Code::generate();
        let text = verification(&code, 10);
        assert!(text.starts_with(code.reveal()) && !text.ends_with(CUT));
    }

    #[test]
    fn the_alphabet_is_complete() {
        // 128 code points, less escape, line feed and carriage return.
        assert_eq!(BASIC.chars().count(), 125);
        assert_eq!(EXTENDED.chars().count(), 9, "and the form feed");
    }

    proptest! {
        #[test]
        fn every_text_fits_one_segment(text in any::<String>(), long in "[ -~€^]{100,400}") {
            for text in [text, long] {
                let sent = one_segment(&text);
                prop_assert!(sent.chars().all(|c| septets(c).is_some()));
                prop_assert!(length(&sent) <= SEGMENT);
            }
        }
    }
}
