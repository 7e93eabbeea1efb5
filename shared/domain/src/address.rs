//! Addresses of destinations: parsed, normalised, and given one key for all spellings.

use std::fmt;

use email_address::EmailAddress;
use serde::{Deserialize, Serialize};
use sha2::{Digest, Sha256};
use url::{Host, Url};

use crate::{
    credential::REDACTED,
    guard::{self, TargetPolicy},
    naming::is_formatting,
};

/// The kind of a destination. The STACK API knows these three.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema, schemars::JsonSchema))]
pub enum ChannelType {
    /// A mail address.
    Email,
    /// A phone number.
    Sms,
    /// An HTTPS endpoint.
    Webhook,
}

impl ChannelType {
    /// The name in rows, metrics and the API.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Email => "email",
            Self::Sms => "sms",
            Self::Webhook => "webhook",
        }
    }
}

impl fmt::Display for ChannelType {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.as_str())
    }
}

/// A valid address in its normal form: the same meaning as the input, in one spelling.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Address {
    channel_type: ChannelType,
    normal: String,
    same: String,
}

/// Why text is not an address, with what to send instead.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("{0}")]
pub struct NotAnAddress(String);

fn not<T>(sentence: impl Into<String>) -> Result<T, NotAnAddress> {
    Err(NotAnAddress(sentence.into()))
}

/// Separates the mail addresses of a team in [`Destination::destination`](crate::Destination::destination).
pub(crate) const MAIL_SEPARATOR: &str = ", ";

/// The longest mail address that SMTP allows: RFC 5321, 4.5.3.1.3, without the angle brackets.
const MAX_EMAIL: usize = 254;
/// The longest URL that servers and proxies reliably accept.
const MAX_URL: usize = 2048;

impl Address {
    /// Parses `text` as an address of the kind `channel_type`. A webhook's URL must also satisfy `policy`.
    pub fn parse(channel_type: ChannelType, text: &str, policy: TargetPolicy) -> Result<Self, NotAnAddress> {
        let (normal, same) = match channel_type {
            ChannelType::Email => return Self::parse_email(text),
            ChannelType::Sms => phone(trimmed(text)?)?,
            ChannelType::Webhook => webhook(trimmed(text)?, policy)?,
        };
        Ok(Self { channel_type, normal, same })
    }

    /// As [`Address::parse`], for a mail address. A program that calls only this does not contain the rules of phone
    /// numbers, which are half a megabyte.
    pub fn parse_email(text: &str) -> Result<Self, NotAnAddress> {
        let (normal, same) = email(trimmed(text)?)?;
        Ok(Self { channel_type: ChannelType::Email, normal, same })
    }

    /// The kind of the address.
    pub fn channel_type(&self) -> ChannelType {
        self.channel_type
    }

    /// The address as it is stored, shown and used.
    pub fn as_str(&self) -> &str {
        &self.normal
    }

    /// Refuses premium-rate, toll-free and shared-cost phone numbers unless the deployment has `allowed` them.
    ///
    /// # Errors
    /// The kind of number, and what to send instead.
    pub fn not_charged(self, allowed: bool) -> Result<Self, NotAnAddress> {
        match charged(&self.normal).filter(|_| self.channel_type == ChannelType::Sms && !allowed) {
            None => Ok(self),
            Some(what) => not(format!(
                "{} is {what}, to which this deployment sends nothing; send another, or have `AllowPremiumNumbers` set",
                self.normal
            )),
        }
    }

    /// The same text for every spelling of an address of this kind: two addresses with the same key are duplicates. The
    /// key is a hash, so its length is fixed.
    pub fn uniqueness_key(&self) -> String {
        let mut hash = Sha256::new();
        hash.update(self.channel_type.to_string());
        hash.update([0]);
        hash.update(&self.same);
        data_encoding::HEXLOWER.encode(&hash.finalize())
    }
}

/// Parses an RFC 5321 mailbox. The domain becomes lower-case ASCII. The local part stays as given, because its case may
/// matter to its server, but two addresses that differ only in its case count as the same.
fn email(text: &str) -> Result<(String, String), NotAnAddress> {
    const HINT: &str = "send one plain address such as alerts@example.com";
    let text = text.get(..7).filter(|scheme| scheme.eq_ignore_ascii_case("mailto:")).map_or(text, |_| &text[7..]);
    let options = email_address::Options::default().without_display_text().without_domain_literal();
    let Ok(parsed) = EmailAddress::parse_with_options(text, options) else {
        return not(format!("{text:?} is not a mail address; {HINT}"));
    };
    let local = parsed.local_part();
    // SES only accepts 7-bit local parts, and quotes would give one local part two spellings.
    if !local.is_ascii() || local.starts_with('"') {
        return not(format!("the part before the @ may not be quoted and must be ASCII; {HINT}"));
    }
    let given = parsed.domain().trim_end_matches('.');
    let domain = match Host::parse(given) {
        Ok(Host::Domain(domain)) if domain.contains('.') => domain,
        _ => return not(format!("the part after the @ must be a full domain name; {HINT}")),
    };
    // The URL parser also accepts escapes and look-alikes (`%61.example`, `①.example`) and maps them to a different
    // name. The caller has to write the intended name itself.
    if idna::domain_to_unicode(&domain).0 != given.to_lowercase() && domain != given.to_ascii_lowercase() {
        return not(format!("the part after the @ reads as {domain}; send it as it is meant, {HINT}"));
    }
    let normal = format!("{local}@{domain}");
    if normal.len() > MAX_EMAIL {
        return not(format!("a mail address has at most {MAX_EMAIL} characters"));
    }
    let same = normal.to_ascii_lowercase();
    Ok((normal, same))
}

/// Removes what copied text often has at its ends, such as zero-width characters.
fn trimmed(text: &str) -> Result<&str, NotAnAddress> {
    let text = text.trim_matches(|c: char| c.is_whitespace() || is_formatting(c));
    match text.chars().find(|c| c.is_control()).map(u32::from) {
        None => Ok(text),
        Some(control) => not(format!("the destination has the control character U+{control:04X} in it; remove it")),
    }
}

/// Parses an E.164 number: a plus sign, the country code and the number, digits only.
fn phone(text: &str) -> Result<(String, String), NotAnAddress> {
    const HINT: &str = "send it in E.164 form such as +14155551234";
    let text = &*without_formatting(text);
    if let Some(odd) = text.chars().find(|c| !(c.is_ascii_digit() || "+ ()-./".contains(*c))) {
        let (number, shown) = (u32::from(odd), Some(odd).filter(|c| !c.is_control() && !c.is_whitespace()));
        let shown = shown.map(|c| format!(" ({c})")).unwrap_or_default();
        return not(format!("the character U+{number:04X}{shown} is not part of a phone number; {HINT}"));
    }
    if !text.starts_with('+') {
        return not(format!("a phone number begins with + and the country code; {HINT}"));
    }
    let Ok(number) = phonenumber::parse(None, text) else {
        return not(format!("{text:?} is not a phone number; {HINT}"));
    };
    if number.extension().is_some() {
        return not(format!("an SMS cannot reach an extension; {HINT}"));
    }
    if !phonenumber::is_valid(&number) {
        return not(format!("{text:?} is not a number that its country has; {HINT}"));
    }
    let normal = number.format().mode(phonenumber::Mode::E164).to_string();
    // The parser drops trunk prefixes, so its result may not be the number that the caller meant.
    let digits = |text: &str| text.chars().filter(char::is_ascii_digit).collect::<String>();
    if digits(text) != digits(&normal) {
        return not(format!("{text:?} reads as {normal}; {HINT}"));
    }
    Ok((normal.clone(), normal))
}

/// Removes what is often copied with a phone number: a leading `tel:`, zero-width characters and direction marks.
/// Spaces and hyphens become plain ones.
fn without_formatting(text: &str) -> String {
    let plain = text.chars().filter_map(|c| match c {
        c if is_formatting(c) => None,
        '\u{2010}'..='\u{2015}' | '\u{2212}' | '\u{fe63}' | '\u{ff0d}' => Some('-'),
        c if c.is_whitespace() => Some(' '),
        c => Some(c),
    });
    let plain: String = plain.collect();
    let plain = plain.trim();
    let number = plain.get(..4).filter(|scheme| scheme.eq_ignore_ascii_case("tel:")).map_or(plain, |_| &plain[4..]);
    number.trim().to_owned()
}

/// The kind of a number that costs its callers or its owner more than others; `None` for an ordinary number. Fraudsters
/// request many codes to such numbers to make the sender pay.
fn charged(number: &str) -> Option<&'static str> {
    let number = phonenumber::parse(None, number).ok()?;
    match number.number_type(&phonenumber::metadata::DATABASE) {
        phonenumber::Type::PremiumRate => Some("a premium-rate number"),
        phonenumber::Type::TollFree => Some("a toll-free number"),
        phonenumber::Type::SharedCost => Some("a shared-cost number"),
        _ => None,
    }
}

/// The country calling code of a number in E.164 form, with its plus sign, e.g. `+44`; `None` if the text is not a
/// phone number.
pub fn calling_code(number: &str) -> Option<String> {
    phonenumber::parse(None, number).ok().map(|number| format!("+{}", number.code().value()))
}

/// Parses an absolute https URL. The URL parser normalises the case of scheme and host, the default port and dot
/// segments.
fn webhook(text: &str, policy: TargetPolicy) -> Result<(String, String), NotAnAddress> {
    if text.contains(REDACTED) {
        return not("the URL has the placeholder that stands for what is hidden of it; send the whole URL");
    }
    let Ok(mut url) = Url::parse(text) else {
        return not(format!(
            "{:?} is not a URL; send an absolute one such as https://example.com/hooks/stack",
            text.chars().take(200).collect::<String>()
        ));
    };
    if let Err(refusal) = guard::judge_url(&url, policy) {
        return not(refusal.to_string());
    }
    // A fragment is never sent to a server, so two URLs that differ only in it are the same endpoint.
    url.set_fragment(None);
    if url.as_str().len() > MAX_URL {
        return not(format!("a webhook URL has at most {MAX_URL} characters"));
    }
    let mut same = url.clone();
    if let Some(host) = url.host_str().and_then(|host| host.strip_suffix('.'))
        && same.set_host(Some(host)).is_err()
    {
        return not("the host of the URL is not valid");
    }
    let same = one_percent_spelling(same.as_str());
    Ok((url.into(), same))
}

/// Normalises percent-encoding by RFC 3986, 6.2.2: unreserved characters are decoded, and hex digits become upper-case.
fn one_percent_spelling(url: &str) -> String {
    let mut out = String::with_capacity(url.len());
    let mut rest = url;
    while let Some(at) = rest.find('%') {
        out.push_str(&rest[..at]);
        let escape = rest.get(at + 1..at + 3);
        match escape.and_then(|hex| u8::from_str_radix(hex, 16).ok()) {
            Some(byte) if byte.is_ascii_alphanumeric() || b"-._~".contains(&byte) => out.push(char::from(byte)),
            Some(byte) => out.push_str(&format!("%{byte:02X}")),
            None => {
                out.push('%');
                rest = &rest[at + 1..];
                continue;
            }
        }
        rest = &rest[at + 3..];
    }
    out.push_str(rest);
    out
}

#[cfg(test)]
mod tests {
    use super::*;
    use ChannelType::*;
    use proptest::prelude::*;

    fn parse(channel_type: ChannelType, text: &str) -> Result<Address, NotAnAddress> {
        Address::parse(channel_type, text, TargetPolicy::Public)
    }

    fn same(channel_type: ChannelType, spellings: &[&str]) {
        let keys: Vec<_> = spellings
            .iter()
            .map(|text| parse(channel_type, text).unwrap_or_else(|e| panic!("{text}: {e}")).uniqueness_key())
            .collect();
        assert!(keys.iter().all(|key| *key == keys[0]), "{spellings:?}");
    }

    #[test]
    fn every_spelling_of_a_mail_address_is_one() {
        same(
            Email,
            &[
                "alerts@example.com",
                "Alerts@EXAMPLE.com",
                "  alerts@example.com ",
                "mailto:alerts@example.com",
                "\u{200b}alerts@example.com\u{a0}\u{feff}",
            ],
        );
        same(Email, &["a@bücher.example", "a@xn--bcher-kva.example", "A@BÜCHER.example"]);
        assert_eq!(parse(Email, "Alerts@Example.COM").expect("valid").as_str(), "Alerts@example.com");
    }

    #[test]
    fn what_is_no_plain_mail_address_is_refused() {
        for wrong in [
            "",
            "a",
            "a@",
            "@b.example",
            "a@b@c.example",
            "Ann <a@b.example>",
            "a@[127.0.0.1]",
            "a@localhost",
            "a@127.0.0.1",
            "a@b.example\r\nBcc: c@d.example",
            "a@b.example, c@d.example",
            "\"a b\"@c.example",
            "é@b.example",
        ] {
            assert!(parse(Email, wrong).is_err(), "{wrong}");
        }
    }

    #[test]
    fn what_comes_along_when_a_number_is_copied_is_taken_off() {
        same(
            Sms,
            &[
                "+14155551234",
                "\u{202d}+14155551234\u{202c}",
                "\u{200e}+1 415 555 1234",
                "+1\u{a0}415\u{202f}555\u{a0}1234\u{feff}",
                "+1\u{2011}415\u{2010}555\u{2212}1234",
                "tel:+1-415-555-1234",
                "TEL: +14155551234",
                "\u{2068}tel:+14155551234\u{2069}",
            ],
        );
        for (wrong, named) in [
            ("+1 415 555 123\u{664}", "U+0664 (\u{664})"),
            ("\u{ff0b}14155551234", "U+FF0B"),
            ("+1415555I234", "U+0049 (I)"),
            ("+1415555\u{7}1234", "U+0007"),
            ("+14155551234;ext=5", "U+003B (;)"),
        ] {
            let sentence = parse(Sms, wrong).expect_err(wrong).to_string();
            assert!(sentence.contains(named), "{sentence}");
        }
    }

    #[test]
    fn numbers_that_make_somebody_pay_are_refused_unless_they_are_allowed() {
        for (number, what) in [
            ("+19002345678", "premium-rate"),
            ("+449098790000", "premium-rate"),
            ("+18002345678", "toll-free"),
            ("+448001234567", "toll-free"),
            ("+4980012345678", "toll-free"),
        ] {
            let address = parse(Sms, number).expect(number);
            let refused = address.clone().not_charged(false).expect_err(number).to_string();
            assert!(refused.contains(what) && refused.contains("AllowPremiumNumbers"), "{refused}");
            assert_eq!(address.clone().not_charged(true), Ok(address));
        }
        for (kind, text) in [(Sms, "+14155551234"), (Sms, "+491701234567"), (Email, "a@example.com")] {
            assert!(parse(kind, text).expect(text).not_charged(false).is_ok(), "{text}");
        }
        let refused = examples().into_iter().filter(|(code, number)| charged(&format!("{code}{number}")).is_some());
        assert_eq!(refused.count(), 0, "no mobile number is one");
    }

    #[test]
    fn every_spelling_of_a_phone_number_is_one() {
        same(Sms, &["+14155551234", "+1 (415) 555-1234", "+1.415.555.1234"]);
        assert_eq!(parse(Sms, "+44 20 7946 0958").expect("valid").as_str(), "+442079460958");
        assert_eq!(calling_code("+442079460958").as_deref(), Some("+44"));
        for wrong in
            ["", "4155551234", "+1", "+1415555123456789", "+14155551234 ext. 5", "+999123456", "alerts@example.com"]
        {
            assert!(parse(Sms, wrong).is_err(), "{wrong}");
        }
    }

    #[test]
    fn every_spelling_of_a_url_is_one() {
        same(
            Webhook,
            &[
                "https://example.com/hooks/~stack",
                "HTTPS://EXAMPLE.com:443/hooks/x/../%7Estack",
                "https://example.com./hooks/%7estack#part",
            ],
        );
        same(Webhook, &["https://example.com", "https://example.com/", "\u{feff}https://example.com/\u{200b}"]);
        same(Webhook, &["https://example.com/a%2fb", "https://example.com/a%2Fb"]);
        let key = |url| parse(Webhook, url).expect("valid").uniqueness_key();
        assert_ne!(key("https://example.com/a%2fb"), key("https://example.com/a/b"));
        assert_ne!(key("https://example.com/Hooks"), key("https://example.com/hooks"));
    }

    #[test]
    fn what_is_no_public_https_url_is_refused() {
        for wrong in [
            "",
            "example.com/hooks",
            "/hooks",
            "ftp://example.com",
            "http://example.com",
            "https://u:p@example.com",
            "https://localhost/",
            "https://127.0.0.1/",
            "https://2130706433/",
            "https://[::1]/",
            "https://10.0.0.8/x",
            "https://169.254.169.254/latest",
            "https://host/",
            "https://example.com:0/",
            "https://example.com/hooks?••••••••",
        ] {
            assert!(parse(Webhook, wrong).is_err(), "{wrong}");
        }
    }

    #[test]
    fn what_would_become_another_address_is_refused() {
        for wrong in ["a@%61bc.example", "a@①.example", "a@ｂ.example"] {
            assert!(parse(Email, wrong).is_err(), "{wrong}");
        }
        for wrong in ["+44 (0)20 7946 0958", "+1 800 FLOWERS", "+１４１５５５５１２３４", "+1-415-555-1234;ext=5"]
        {
            assert!(parse(Sms, wrong).is_err(), "{wrong}");
        }
    }

    /// A mobile number of each country: its calling code, and the number within the country.
    fn examples() -> Vec<(String, String)> {
        let database = &*phonenumber::metadata::DATABASE;
        let countries = database.iter().filter_map(|country| {
            let example = country.descriptors().mobile()?.example()?;
            let digits = example.bytes().all(|b| b.is_ascii_digit());
            digits.then(|| (format!("+{}", country.country_code()), example.to_owned()))
        });
        countries.collect()
    }

    #[test]
    fn a_mobile_number_of_nearly_every_country_is_accepted_as_it_is() {
        let examples = examples();
        let numbers = examples.iter().map(|(code, number)| format!("{code}{number}"));
        let accepted = numbers.filter(|number| parse(Sms, number).is_ok_and(|a| a.as_str() == *number));
        assert!(accepted.count() * 100 > examples.len() * 97 && examples.len() > 200, "of {}", examples.len());
    }

    /// Text that could add a mail header or a second recipient.
    const INJECTIONS: &str = r#"(\r|\n|\r\n|,|;|<|>|\(|\)|"|\\|:| |\x00|\x0b|%0a|\r\nBcc: )"#;

    proptest! {
        #[test]
        fn no_mail_address_changes_its_meaning(
            local in "[A-Za-z0-9!#$%&'*+/=?^_`{|}~.-]{1,66}",
            domain in r"([A-Za-z0-9éÉß日]([a-z①ｂ]|%61|-)?[a-z]{1,9}\.){1,3}[A-Za-z]{2,8}\.?",
            space in "[ \t]{0,2}",
        ) {
            let given = format!("{space}{local}@{domain}{space}");
            if let Ok(address) = parse(Email, &given) {
                let (kept, host) = address.as_str().rsplit_once('@').expect("an @");
                prop_assert_eq!(kept, &local, "the local part is its server's business");
                prop_assert_eq!(idna::domain_to_unicode(host).0, domain.trim_end_matches('.').to_lowercase());
                prop_assert!(address.as_str().is_ascii() && address.as_str().len() <= MAX_EMAIL);
                prop_assert_eq!(parse(Email, address.as_str()), Ok(address));
            }
        }

        #[test]
        fn no_phone_number_changes_its_meaning(
            (code, number) in prop::sample::select(examples()),
            // As in +44 (0)20: the trunk prefix for calls within the country, which parsers drop.
            trunk in prop::option::of("[ (]?[0189][) ]?"),
            // Each edit: a position, the text to insert there, and how many characters to remove.
            edits in prop::collection::vec((1usize..16, "[0-9A-Z ().\\-/]{0,2}", 0usize..2), 0..3),
        ) {
            let mut text = format!("{code}{}{number}", trunk.unwrap_or_default());
            for (at, put, leave_out) in edits {
                let at = at.min(text.len());
                text.replace_range(at..(at + leave_out).min(text.len()), &put);
            }
            if let Ok(address) = parse(Sms, &text) {
                let digits = text.chars().filter(char::is_ascii_digit).collect::<String>();
                prop_assert_eq!(address.as_str(), format!("+{digits}"));
                prop_assert_eq!(parse(Sms, address.as_str()), Ok(address));
            }
        }

        #[test]
        fn whatever_is_accepted_names_one_mailbox_and_no_header(text in r"[ -~\r\n\t]{0,40}") {
            if let Ok(address) = parse(Email, &text) {
                let atom = |c: char| c.is_ascii_alphanumeric() || "!#$%&'*+/=?^_`{|}~.-@".contains(c);
                prop_assert!(address.as_str().chars().all(atom), "{}", address.as_str());
            }
        }

        #[test]
        fn an_injection_is_refused_wherever_it_stands(at in 1usize..18, injection in INJECTIONS) {
            let mut text = "alerts@example.com".to_owned();
            text.insert_str(at.min(text.len() - 1), &injection);
            let parsed = parse(Email, &text);
            // `%` is an ordinary character in a local part.
            let harmless = injection == "%0a" && text.find('@') > text.find('%');
            prop_assert!(harmless || parsed.is_err(), "{text:?} became {parsed:?}");
            let mut number = "+14155551234".to_owned();
            number.insert_str(at.min(number.len()), &injection);
            if let Ok(number) = parse(Sms, &number) {
                prop_assert_eq!(number.as_str(), "+14155551234");
            }
        }
    }

    #[test]
    fn a_key_is_of_one_kind() {
        let mail = parse(Email, "a@example.com").expect("valid");
        assert_ne!(mail.uniqueness_key(), parse(Webhook, "https://example.com").expect("valid").uniqueness_key());
    }
}
