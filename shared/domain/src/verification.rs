//! Verification codes for mail addresses and phone numbers: their format, lifetime and rate limits.

use std::{fmt, str::FromStr, time::Duration};

use hmac::{Hmac, KeyInit, Mac};
use jiff::Timestamp;
use rand::RngExt;
use serde::{Deserialize, Serialize};
use sha2::Sha256;
use zeroize::Zeroizing;

use crate::{Destination, OtpId, signature};

/// How long a code is valid.
pub const LIFETIME: Duration = Duration::from_secs(600);
/// How many guesses are checked against one code.
pub const TRIES: u32 = 5;
/// The length of the hour in the limits.
pub const HOUR: Duration = Duration::from_secs(3600);

const DIGITS: usize = 6;

/// A verification code of six digits, sent to an address. The reader types it in to prove that the address is theirs.
pub struct Code(Zeroizing<String>);

/// The key for the HMACs of an operator's codes. A plain hash would not protect six digits: trying all codes finds the
/// one.
#[derive(Clone)]
pub struct CodeKey {
    key: Zeroizing<[u8; 32]>,
    data_key: Vec<u8>,
}

/// Separates the key from others derived from the same data key. Never change it: codes already sent would be refused.
const PURPOSE: &[u8] = b"stack-notifications verification codes";

impl CodeKey {
    /// Derives the key from the operator's data key, so that no other secret needs to be stored. `wrapped` is the
    /// encrypted data key; each code stores it, so that its key can be derived again.
    pub fn derive(data_key: &[u8], wrapped: &[u8]) -> Self {
        Self { key: Zeroizing::new(signature::hmac(data_key, &[PURPOSE])), data_key: wrapped.to_vec() }
    }
}

/// The text is not a code of six digits.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("a code has {DIGITS} digits; send them as a string such as \"123456\"")]
pub struct NotACode;

impl Code {
    /// Generates a code with a cryptographic generator seeded by the operating system.
    pub fn generate() -> Self {
        Self(Zeroizing::new(format!("{:0DIGITS$}", rand::rng().random_range(0..10_u32.pow(DIGITS as u32)))))
    }

    /// The digits, for the message that carries them.
    pub fn reveal(&self) -> &str {
        &self.0
    }

    /// The stored form of the code: its HMAC under `key`, bound to the operator, the destination and its address, and
    /// this sending. A tag copied to another row or another sending matches no code.
    fn tag(&self, key: &CodeKey, to: &Destination, otp_id: OtpId) -> Tag {
        Tag(self.mac(key, to, otp_id).finalize().into_bytes().to_vec())
    }

    fn mac(&self, key: &CodeKey, to: &Destination, otp_id: OtpId) -> Hmac<Sha256> {
        // The size of the hash's block, to which HMAC itself pads keys with zeros. A key of this length cannot be
        // refused.
        let mut block = [0; 64];
        block[..key.key.len()].copy_from_slice(&*key.key);
        let mut mac = <Hmac<Sha256> as KeyInit>::new(&block.into());
        for part in
            [&to.operator_id.to_string(), &to.id.to_string(), &to.destination, &otp_id.to_string(), self.reveal()]
        {
            // No part can contain a zero byte, so two different lists of parts never give the same input.
            mac.update(part.as_bytes());
            mac.update(&[0]);
        }
        mac
    }
}

impl FromStr for Code {
    type Err = NotACode;

    fn from_str(text: &str) -> Result<Self, NotACode> {
        let text = text.trim();
        if text.len() == DIGITS && text.bytes().all(|b| b.is_ascii_digit()) {
            Ok(Self(Zeroizing::new(text.to_owned())))
        } else {
            Err(NotACode)
        }
    }
}

impl fmt::Debug for Code {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Code(••••••)")
    }
}

/// The HMAC of a code.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(transparent)]
pub struct Tag(#[serde(with = "serde_bytes")] Vec<u8>);

/// The newest code of a destination, as stored.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct LiveCode {
    /// The code's HMAC.
    pub tag: Tag,
    /// Identifies this sending of the code; the HMAC is bound to it.
    pub otp_id: OtpId,
    /// The wrapped data key from which the HMAC's key is derived. The operator may have a new data key by the time the
    /// code is typed.
    #[serde(default, with = "serde_bytes")]
    pub data_key: Vec<u8>,
    /// When the code expires.
    #[serde(with = "crate::time::millis")]
    pub expires_at: Timestamp,
    /// How many more guesses are checked.
    pub tries_left: u32,
    /// Whether the code was typed correctly. A used code is no longer valid.
    pub used: bool,
    /// When codes were sent within the last hour, in milliseconds since the Unix epoch, oldest first.
    pub sent: Vec<i64>,
}

impl LiveCode {
    /// Creates the stored form of a code sent at `now`. `sent` lists when codes were sent, this one included.
    pub fn new(code: &Code, key: &CodeKey, to: &Destination, sent: Vec<i64>, now: Timestamp) -> Self {
        let otp_id = OtpId::generate();
        let tag = code.tag(key, to, otp_id);
        let data_key = key.data_key.clone();
        Self { tag, otp_id, data_key, expires_at: now + LIFETIME, tries_left: TRIES, used: false, sent }
    }

    /// Whether a guess would be checked at `now`.
    pub fn good_at(&self, now: Timestamp) -> bool {
        problem(Some(self), now) == CodeProblem::Wrong
    }

    /// Whether `code` is the one that was sent. The comparison takes constant time.
    pub fn is(&self, code: &Code, key: &CodeKey, to: &Destination) -> bool {
        code.mac(key, to, self.otp_id).verify_slice(&self.tag.0).is_ok()
    }
}

/// Why a code is not accepted. The name is the error's `code` in the API.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum CodeProblem {
    /// The code is not the one that was sent.
    Wrong,
    /// The code was used already, or too many guesses were wrong.
    Spent,
    /// The code is older than [`LIFETIME`].
    Expired,
    /// No code was sent.
    Missing,
}

/// Why guesses are not checked; [`CodeProblem::Wrong`] if they are checked.
pub fn problem(live: Option<&LiveCode>, now: Timestamp) -> CodeProblem {
    match live {
        None => CodeProblem::Missing,
        Some(code) if code.used => CodeProblem::Spent,
        Some(code) if now >= code.expires_at => CodeProblem::Expired,
        Some(code) if code.tries_left == 0 => CodeProblem::Spent,
        Some(_) => CodeProblem::Wrong,
    }
}

/// How often codes may be sent. The values are parameters of the template.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Limits {
    /// The time between two codes to one destination.
    pub interval: Duration,
    /// The most codes to one destination within an hour.
    pub per_destination: usize,
    /// The most codes of one operator within an hour of the clock.
    pub per_operator: u32,
    /// The most codes to phone numbers of one country calling code, of all operators, within an hour of the clock.
    /// Limits SMS pumping, where the owners of numbers earn money with each message.
    pub per_calling_code: u32,
}

/// Which limit was reached, and how long until a code may be sent again.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum TooSoon {
    /// The last code was sent within [`Limits::interval`].
    Interval(Duration),
    /// [`Limits::per_destination`] codes were sent within the last hour.
    Destination(Duration),
    /// [`Limits::per_operator`] codes were sent in this hour of the clock.
    Operator(Duration),
    /// [`Limits::per_calling_code`] codes were sent in this hour of the clock.
    CallingCode(Duration),
}

impl Limits {
    /// Checks whether a destination may be sent a code at `now`. `sent` lists when earlier codes were sent, in
    /// milliseconds, oldest first. Returns the times to store, `now` included.
    ///
    /// # Errors
    /// If a limit was reached: which one, and how long to wait.
    pub fn admit(&self, sent: &[i64], now: Timestamp) -> Result<Vec<i64>, TooSoon> {
        let now = now.as_millisecond();
        let ms = |time: Duration| i64::try_from(time.as_millis()).unwrap_or(i64::MAX);
        let wait = |until: i64| Duration::from_millis(until.saturating_sub(now).max(0).unsigned_abs());
        let mut recent: Vec<_> = sent.iter().copied().filter(|at| at.saturating_add(ms(HOUR)) > now).collect();
        if let Some(next) = recent.last().map(|last| last.saturating_add(ms(self.interval))).filter(|next| *next > now)
        {
            return Err(TooSoon::Interval(wait(next)));
        }
        if recent.len() >= self.per_destination {
            let oldest_that_counts = recent.iter().rev().nth(self.per_destination.saturating_sub(1));
            return Err(TooSoon::Destination(oldest_that_counts.map_or(HOUR, |at| wait(at.saturating_add(ms(HOUR))))));
        }
        recent.push(now);
        Ok(recent)
    }
}

/// The number of the clock hour that contains `now`, and how much of it is left. The counters of operators and calling
/// codes use it as their key.
pub fn hour_of(now: Timestamp) -> (i64, Duration) {
    let hour = HOUR.as_secs().cast_signed();
    let seconds = now.as_second();
    (seconds.div_euclid(hour), Duration::from_secs((hour - seconds.rem_euclid(hour)).unsigned_abs()))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::{
        DestinationId,
        testing::email,
        time::{from_millis, now},
    };
    use proptest::prelude::*;

    fn limits() -> Limits {
        Limits { interval: Duration::from_secs(60), per_destination: 5, per_operator: 100, per_calling_code: 100 }
    }

    #[test]
    fn a_code_has_six_digits_and_does_not_show_itself() {
        for _ in 0..100 {
            let code = Code::generate();
            assert_eq!(code.reveal().parse::<Code>().expect("a code").reveal(), code.reveal());
            assert!(!format!("{code:?}").contains(code.reveal()));
        }
        for wrong in ["", "12345", "1234567", "12345x", "１２３４５６"] {
            assert!(wrong.parse::<Code>().is_err(), "{wrong}");
        }
    }

    #[test]
    fn a_tag_fits_one_code_of_one_destination_sent_once() {
        let to = email("a@example.com");
        let (key, other) = (&CodeKey::derive(&[7; 32], &[1]), &CodeKey::derive(&[8; 32], &[2]));
        let of = |text: &str| text.parse::<Code>().expect("a code");
        let live = LiveCode::new(&of("012345"), key, &to, vec![], now());
        assert!(live.is(&of("012345"), key, &to));
        assert_eq!(live.data_key, [1], "it says which data key to open");
        assert!(!live.is(&of("012346"), key, &to));
        assert!(!live.is(&of("012345"), other, &to));
        assert!(!live.is(&of("012345"), key, &Destination { id: DestinationId::generate(), ..to.clone() }));
        assert!(!live.is(&of("012345"), key, &Destination { destination: "b@example.com".into(), ..to.clone() }));
        let again = LiveCode::new(&of("012345"), key, &to, vec![], now());
        assert!(again.tag != live.tag, "sent again it is kept as another text");
        assert!(!LiveCode { otp_id: again.otp_id, ..live }.is(&of("012345"), key, &to));
    }

    #[test]
    fn reasons_for_rejecting_a_code_are_distinguished() {
        let now = from_millis(1_700_000_000_000);
        let to = email("a@example.com");
        let live = LiveCode::new(&Code::generate(), &CodeKey::derive(&[7; 32], &[1]), &to, vec![], now);
        assert_eq!(problem(None, now), CodeProblem::Missing);
        assert_eq!(problem(Some(&live), now), CodeProblem::Wrong);
        assert_eq!(problem(Some(&live), now + LIFETIME), CodeProblem::Expired);
        assert_eq!(problem(Some(&LiveCode { tries_left: 0, ..live.clone() }), now), CodeProblem::Spent);
        assert_eq!(problem(Some(&LiveCode { used: true, ..live }), now), CodeProblem::Spent);
    }

    #[test]
    fn sixty_seconds_lie_between_codes_and_five_go_out_an_hour() {
        let t0 = 1_700_000_000_000;
        let mut sent = vec![];
        for i in 0..5 {
            let now = t0 + i * 60_000;
            sent = limits().admit(&sent, from_millis(now)).expect("a code");
            let too_soon = limits().admit(&sent, from_millis(now + 59_000));
            assert_eq!(too_soon, Err(TooSoon::Interval(Duration::from_secs(1))));
        }
        let sixth = limits().admit(&sent, from_millis(t0 + 300_000));
        assert_eq!(sixth, Err(TooSoon::Destination(Duration::from_secs(3300))));
        assert_eq!(limits().admit(&sent, from_millis(t0 + 3_600_000)).map(|sent| sent.len()), Ok(5));
    }

    #[test]
    fn an_hour_is_of_the_clock() {
        let (hour, left) = hour_of(from_millis(7_199_000));
        assert_eq!((hour, left.as_secs()), (1, 1));
        assert_eq!(hour_of(from_millis(7_200_000)).0, 2);
    }

    proptest! {
        #[test]
        fn however_they_are_asked_for_no_hour_has_more_than_five(gaps in prop::collection::vec(0i64..2_000_000, 1..60)) {
            let (mut now, mut sent, mut all) = (1_700_000_000_000, vec![], vec![]);
            for gap in gaps {
                now += gap;
                if let Ok(kept) = limits().admit(&sent, from_millis(now)) {
                    sent = kept;
                    all.push(now);
                }
            }
            prop_assert!(all.windows(2).all(|pair| pair[1] - pair[0] >= 60_000));
            prop_assert!(all.windows(6).all(|six| six[5] - six[0] >= 3_600_000));
        }
    }
}
