//! Time as the API writes it: RFC 3339, UTC, milliseconds.

use std::time::Duration;

use jiff::Timestamp;

/// A point in time as every API of this project writes it, e.g. `2026-04-15T10:00:00.000Z`.
pub fn rfc3339(at: Timestamp) -> String {
    format!("{at:.3}")
}

/// The current time, cut to whole milliseconds, so that what is stored equals what is shown.
pub fn now() -> Timestamp {
    from_millis(Timestamp::now().as_millisecond())
}

/// The current time, but later than `before`, so that two changes within a millisecond have different times.
pub fn after(before: Timestamp) -> Timestamp {
    now().max(before + Duration::from_millis(1))
}

/// Parses an RFC 3339 time. A time beyond the last representable one, for example `9999-12-31T23:59:59Z`, becomes the
/// last one.
///
/// # Errors
/// What to send instead.
pub fn read(text: &str) -> Result<Timestamp, &'static str> {
    text.parse().or_else(|_| {
        // The text is valid except for its range: the last representable day does not contain every hour in every
        // offset.
        let beyond = text.starts_with("9999-12-3") && text.replacen("9999", "9996", 1).parse::<Timestamp>().is_ok();
        if beyond { Ok(Timestamp::MAX) } else { Err("send an RFC 3339 time such as 2026-04-15T10:00:00.000Z") }
    })
}

/// The time `ms` milliseconds after the Unix epoch, or the nearest representable one if that is out of range.
pub fn from_millis(ms: i64) -> Timestamp {
    Timestamp::from_millisecond(ms).unwrap_or(if ms < 0 { Timestamp::MIN } else { Timestamp::MAX })
}

/// Serde for fields that an API shows as text (`#[serde(with = "domain::time::text")]`).
pub mod text {
    use jiff::Timestamp;
    use serde::{Deserialize, Deserializer, Serializer};

    /// Writes a time as [`super::rfc3339`] does.
    pub fn serialize<S: Serializer>(at: &Timestamp, to: S) -> Result<S::Ok, S::Error> {
        to.serialize_str(&super::rfc3339(*at))
    }

    /// Parses any RFC 3339 time with an offset.
    pub fn deserialize<'de, D: Deserializer<'de>>(from: D) -> Result<Timestamp, D::Error> {
        let text = String::deserialize(from)?;
        text.parse().map_err(|_| serde::de::Error::custom("expected an RFC 3339 time such as 2026-04-15T10:00:00.000Z"))
    }

    /// Serde for optional times as text.
    pub mod option {
        use jiff::Timestamp;
        use serde::{Deserialize, Deserializer, Serializer};

        /// Writes a time as [`crate::time::rfc3339`] does, or null.
        pub fn serialize<S: Serializer>(at: &Option<Timestamp>, to: S) -> Result<S::Ok, S::Error> {
            match at {
                Some(at) => super::serialize(at, to),
                None => to.serialize_none(),
            }
        }

        /// Parses null or any RFC 3339 time with an offset.
        pub fn deserialize<'de, D: Deserializer<'de>>(from: D) -> Result<Option<Timestamp>, D::Error> {
            #[derive(Deserialize)]
            struct Text(#[serde(with = "super")] Timestamp);
            Ok(Option::<Text>::deserialize(from)?.map(|Text(at)| at))
        }
    }
}

/// Serde for rows: whole milliseconds since the Unix epoch, which DynamoDB compares as a number.
pub mod millis {
    use jiff::Timestamp;
    use serde::{Deserialize, Deserializer, Serializer};

    /// Writes a time as milliseconds.
    pub fn serialize<S: Serializer>(at: &Timestamp, to: S) -> Result<S::Ok, S::Error> {
        to.serialize_i64(at.as_millisecond())
    }

    /// Parses milliseconds.
    pub fn deserialize<'de, D: Deserializer<'de>>(from: D) -> Result<Timestamp, D::Error> {
        Ok(super::from_millis(i64::deserialize(from)?))
    }

    /// Serde for optional times as milliseconds.
    pub mod option {
        use jiff::Timestamp;
        use serde::{Deserialize, Deserializer, Serializer};

        /// Writes milliseconds or null.
        pub fn serialize<S: Serializer>(at: &Option<Timestamp>, to: S) -> Result<S::Ok, S::Error> {
            match at {
                Some(at) => to.serialize_some(&at.as_millisecond()),
                None => to.serialize_none(),
            }
        }

        /// Parses null or milliseconds.
        pub fn deserialize<'de, D: Deserializer<'de>>(from: D) -> Result<Option<Timestamp>, D::Error> {
            Ok(Option::<i64>::deserialize(from)?.map(crate::time::from_millis))
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_end_of_the_last_year_is_the_last_time_there_is() {
        for beyond in ["9999-12-31T23:59:59Z", "9999-12-31T23:59:59.999-05:00", "9999-12-30T23:00:00Z"] {
            assert_eq!(read(beyond), Ok(Timestamp::MAX), "{beyond}");
        }
        assert_eq!(read("9999-12-29T00:00:00Z").map(rfc3339), Ok("9999-12-29T00:00:00.000Z".to_owned()));
        for wrong in ["", "yesterday", "9999-12-32T00:00:00Z", "9999-13-01T00:00:00Z", "2026-04-15"] {
            assert!(read(wrong).is_err(), "{wrong}");
        }
    }

    #[test]
    fn a_time_is_written_with_milliseconds_in_utc() {
        let at: Timestamp = "2026-04-15T12:00:00+02:00".parse().expect("a time");
        assert_eq!(rfc3339(at), "2026-04-15T10:00:00.000Z");
    }
}
