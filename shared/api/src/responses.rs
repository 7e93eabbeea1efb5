//! The error responses that the OpenAPI text lists for every route.

use utoipa::{
    IntoResponses, PartialSchema, ToSchema,
    openapi::{ContentBuilder, Ref, RefOr, Response, ResponseBuilder, ResponsesBuilder},
};

/// The statuses that every route can answer with, and what they mean.
const ALL: [(&str, &str); 4] = [
    ("400", "The request is invalid: the body names the field and the fix"),
    ("401", "The key is missing, unknown or revoked"),
    ("403", "The key does not have the permission"),
    ("429", "The key exceeds its request limit; `Retry-After` gives the seconds to wait"),
];
/// What a route for one resource can answer with in addition.
const OF_ONE: [(&str, &str); 1] = [("404", "The account has no such resource")];

type Responses = std::collections::BTreeMap<String, RefOr<Response>>;

fn errors<E: ToSchema + PartialSchema>(statuses: impl IntoIterator<Item = (&'static str, &'static str)>) -> Responses {
    let response = |description: &str| {
        let content = ContentBuilder::new().schema(Some(Ref::from_schema_name(E::name()))).build();
        ResponseBuilder::new().description(description).content("application/json", content).build()
    };
    let all = statuses.into_iter().map(|(status, description)| (status, response(description)));
    ResponsesBuilder::new().responses_from_iter(all).build().responses
}

macro_rules! sets {
    ($(#[$doc:meta] $module:ident: $error:ty;)+) => {$(
        #[$doc]
        pub mod $module {
            use super::{ALL, IntoResponses, OF_ONE, Responses, errors};

            /// The errors of a route for a collection.
            pub struct Errors;

            impl IntoResponses for Errors {
                fn responses() -> Responses {
                    errors::<$error>(ALL)
                }
            }

            /// The errors of a route for one resource.
            pub struct ErrorsOfOne;

            impl IntoResponses for ErrorsOfOne {
                fn responses() -> Responses {
                    errors::<$error>(ALL.into_iter().chain(OF_ONE))
                }
            }
        }
    )+};
}

sets! {
    /// Errors with the body of the STACK APIs.
    stack: crate::ErrorBody;
    /// Errors with the body of the Providers API.
    providers: crate::envelope::ProvidersError;
    /// Errors with the body of the Config API.
    config: crate::envelope::ConfigError;
}
