//! The kinds of destinations of all APIs.

use std::fmt;

use serde::{Deserialize, Deserializer, Serialize, Serializer, de};

use crate::{ChannelType, Platform};

/// The kind of a destination, which decides the transport and the format. Rows and APIs write it as one word.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Kind {
    /// A mail address, verified by a code.
    Email,
    /// A phone number.
    Sms,
    /// An HTTPS endpoint.
    Webhook,
    /// A channel on a chat platform.
    Chat(Platform),
    /// Several mail addresses of a team, which receive one mail together.
    OpsEmail,
}

impl Kind {
    /// All kinds, in the order of the API's text.
    pub const ALL: [Self; 4 + Platform::ALL.len()] = {
        let mut all = [Self::OpsEmail; 4 + Platform::ALL.len()];
        all[0] = Self::Email;
        all[1] = Self::Sms;
        all[2] = Self::Webhook;
        let mut i = 0;
        while i < Platform::ALL.len() {
            all[3 + i] = Self::Chat(Platform::ALL[i]);
            i += 1;
        }
        all
    };

    const NAMES: [&'static str; Self::ALL.len()] = {
        let mut names = [""; Self::ALL.len()];
        let mut i = 0;
        while i < names.len() {
            names[i] = Self::ALL[i].as_str();
            i += 1;
        }
        names
    };

    /// The name in rows, metrics and the APIs.
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Email => "email",
            Self::Sms => "sms",
            Self::Webhook => "webhook",
            Self::Chat(platform) => platform.descriptor().name,
            Self::OpsEmail => "ops_email",
        }
    }

    /// The kind with this name, if there is one.
    pub fn from_name(name: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|kind| kind.as_str() == name)
    }

    /// The chat platform whose format the destination needs, if any.
    pub fn platform(self) -> Option<Platform> {
        match self {
            Self::Chat(platform) => Some(platform),
            Self::Email | Self::Sms | Self::Webhook | Self::OpsEmail => None,
        }
    }

    /// Whether its deliveries are mails, which have events of their own.
    pub fn is_mail(self) -> bool {
        matches!(self, Self::Email | Self::OpsEmail)
    }

    /// Whether its deliveries are HTTP requests.
    pub fn is_http(self) -> bool {
        !matches!(self, Self::Email | Self::Sms | Self::OpsEmail)
    }

    /// The name for people, with a capital letter.
    pub fn title(self) -> &'static str {
        match self {
            Self::Email | Self::OpsEmail => "Email",
            Self::Sms => "SMS",
            Self::Webhook => "Webhook",
            Self::Chat(platform) => platform.title(),
        }
    }
}

impl Serialize for Kind {
    fn serialize<S: Serializer>(&self, to: S) -> Result<S::Ok, S::Error> {
        to.serialize_str(self.as_str())
    }
}

impl<'de> Deserialize<'de> for Kind {
    fn deserialize<D: Deserializer<'de>>(from: D) -> Result<Self, D::Error> {
        struct Name;

        impl de::Visitor<'_> for Name {
            type Value = Kind;

            fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                f.write_str("the name of a kind")
            }

            fn visit_str<E: de::Error>(self, name: &str) -> Result<Kind, E> {
                Kind::from_name(name).ok_or_else(|| E::unknown_variant(name, &Kind::NAMES))
            }
        }

        from.deserialize_str(Name)
    }
}

impl From<ChannelType> for Kind {
    fn from(channel_type: ChannelType) -> Self {
        match channel_type {
            ChannelType::Email => Self::Email,
            ChannelType::Sms => Self::Sms,
            ChannelType::Webhook => Self::Webhook,
        }
    }
}

impl fmt::Display for Kind {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.as_str())
    }
}

#[cfg(feature = "openapi")]
mod schema {
    use std::borrow::Cow;

    use utoipa::{
        PartialSchema, ToSchema,
        openapi::{ObjectBuilder, RefOr, Schema, Type},
    };

    use super::Kind;

    const DESCRIPTION: &str = "The kind of a destination, which decides the transport and the format.";

    /// The schema of a text that is one of `names`.
    pub fn one_of(names: impl IntoIterator<Item = &'static str>) -> ObjectBuilder {
        ObjectBuilder::new().schema_type(Type::String).enum_values(Some(names))
    }

    impl PartialSchema for Kind {
        fn schema() -> RefOr<Schema> {
            one_of(Self::NAMES).description(Some(DESCRIPTION)).into()
        }
    }

    impl ToSchema for Kind {}

    impl schemars::JsonSchema for Kind {
        fn schema_name() -> Cow<'static, str> {
            "Kind".into()
        }

        fn json_schema(_: &mut schemars::SchemaGenerator) -> schemars::Schema {
            schemars::json_schema!({"description": DESCRIPTION, "type": "string", "enum": Self::NAMES})
        }
    }
}

#[cfg(feature = "openapi")]
pub use schema::one_of;

#[cfg(test)]
mod tests {
    use serde_json::{from_value, json, to_value};

    use super::*;

    #[test]
    fn a_kind_is_one_word_in_rows_and_json() {
        for kind in Kind::ALL {
            assert_eq!(to_value(kind).expect("JSON"), kind.as_str());
            assert_eq!(from_value::<Kind>(json!(kind.as_str())).expect("a kind"), kind);
            let row = serde_dynamo::to_attribute_value::<_, serde_dynamo::AttributeValue>(kind).expect("an attribute");
            assert_eq!(row, serde_dynamo::AttributeValue::S(kind.as_str().to_owned()));
            assert_eq!(serde_dynamo::from_attribute_value::<_, Kind>(row).expect("a kind"), kind);
        }
    }

    #[test]
    fn the_names_of_released_kinds_stay() {
        let first = ["email", "sms", "webhook", "slack", "teams", "discord", "google_chat"];
        assert_eq!(Kind::NAMES[..first.len()], first);
        assert_eq!(Kind::NAMES[Kind::NAMES.len() - 1], "ops_email");
    }

    #[test]
    fn an_unknown_kind_names_those_there_are() {
        let error = from_value::<Kind>(json!("pager")).expect_err("unknown").to_string();
        assert!(error.starts_with("unknown variant `pager`, expected one of `email`, `sms`"), "{error}");
        assert!(error.contains("`slack`") && error.ends_with("`ops_email`"), "{error}");
        assert!(from_value::<Kind>(json!(5)).is_err());
    }

    #[cfg(feature = "openapi")]
    #[test]
    fn both_schemas_list_all_names() {
        use utoipa::PartialSchema;

        let of_api = to_value(Kind::schema()).expect("JSON");
        let of_events = to_value(schemars::schema_for!(Kind)).expect("JSON");
        assert_eq!(of_api["enum"], json!(Kind::NAMES));
        assert_eq!(of_events["enum"], json!(Kind::NAMES));
    }
}
