//! The API's OpenAPI document, merged from the functions' routes.

mod common;

use utoipa::{
    Modify, OpenApi,
    openapi::{
        OpenApi as Text,
        security::{HttpAuthScheme, HttpBuilder, SecurityRequirement, SecurityScheme},
    },
};

#[derive(OpenApi)]
#[openapi(
    info(
        title = "STACK Notifications",
        description = "Destinations and their verification, channel rules, events, and their deliveries: signed webhooks, \
                       mails and text messages, each tried again until it arrives.",
        license(name = "Apache-2.0", identifier = "Apache-2.0")
    ),
    modifiers(&Bearer)
)]
struct Head;

struct Bearer;

impl Modify for Bearer {
    fn modify(&self, text: &mut Text) {
        let scheme = HttpBuilder::new()
            .scheme(HttpAuthScheme::Bearer)
            .bearer_format("sk_live_…")
            .description(Some("A key of the operator (`sk_live_op_…`) or of a member of its team (`sk_live_tm_…`)."))
            .build();
        let components = text.components.get_or_insert_default();
        components.add_security_scheme("key", SecurityScheme::Http(scheme));
        text.security = Some(vec![SecurityRequirement::new("key", Vec::<String>::new())]);
    }
}

/// The OpenAPI 3.1 document of all routes, as JSON.
pub fn openapi() -> String {
    let mut text = Head::openapi();
    text.merge(destinations::text());
    text.merge(channels::text());
    text.merge(events::text());
    text.merge(deliveries::text());
    text.merge(account::text());
    text.merge(endpoints::text());
    text.merge(mail::text());
    text.merge(providers::text());
    text.merge(config::text());
    common::complete(&mut text);
    let mut json = text.to_pretty_json().expect("JSON");
    json.push('\n');
    json
}
