//! The forms that create destinations, in the order in which a console offers them.

use domain::{ApiKind, Platform};

use crate::kinds::{
    DestinationKind, FormField,
    FormFieldType::{Email, EventTypes, Lines, Password, Project, Tel, Text, Threshold, Url},
};

const OF_PROJECT: &str = "The channel belongs to a project. In addition to what rules send, it receives every analysis \
                          of the project at or above the minimum severity.";

/// The forms of all kinds.
pub(crate) fn all() -> Vec<DestinationKind> {
    let mut all = vec![webhook(), email(), sms()];
    all.extend(Platform::ALL.map(chat));
    all.extend([signed_webhook(), ops_email(), mail_webhook()]);
    all
}

/// A required field, to which the others are added.
const FIELD: FormField = FormField { name: "", label: "", type_: Text, required: true, placeholder: None, hint: None };

fn name(placeholder: &'static str) -> FormField {
    FormField { name: "name", label: "Name", placeholder: Some(placeholder), ..FIELD }
}

/// The name of a destination that has its address as its name otherwise.
fn optional_name(placeholder: &'static str) -> FormField {
    FormField { required: false, ..name(placeholder) }
}

fn webhook() -> DestinationKind {
    DestinationKind {
        kind: "webhook",
        title: "Webhook",
        platform: false,
        summary: "Signed requests to a URL",
        note: None,
        api: ApiKind::Stack,
        hosts: &[],
        fields: vec![
            FormField {
                name: "destination",
                label: "URL",
                type_: Url,
                placeholder: Some("https://example.com/hooks/stack"),
                hint: Some(
                    "It receives a POST request for every notification. The secret that signs the requests is shown once, \
                 after you add the webhook.",
                ),
                ..FIELD
            },
            optional_name("Order service"),
        ],
    }
}

fn email() -> DestinationKind {
    DestinationKind {
        kind: "email",
        title: "Email",
        platform: false,
        summary: "An address, verified by a code",
        note: None,
        api: ApiKind::Stack,
        hosts: &[],
        fields: vec![
            FormField {
                name: "destination",
                label: "Email address",
                type_: Email,
                placeholder: Some("alerts@example.com"),
                ..FIELD
            },
            optional_name("Operations"),
        ],
    }
}

fn sms() -> DestinationKind {
    DestinationKind {
        kind: "sms",
        title: "Text message",
        platform: false,
        summary: "A phone number, verified by a code",
        note: None,
        api: ApiKind::Stack,
        hosts: &[],
        fields: vec![
            FormField {
                name: "destination",
                label: "Phone number",
                type_: Tel,
                placeholder: Some("+14155551234"),
                hint: Some("Start with + and the country code."),
                ..FIELD
            },
            optional_name("On-call"),
        ],
    }
}

/// The form of a chat platform, which the first API that creates it decides.
fn chat(platform: Platform) -> DestinationKind {
    let descriptor = platform.descriptor();
    let of_project = descriptor.apis.first() == Some(&ApiKind::Config);
    let webhook_url = FormField {
        name: if of_project { "credentials.webhookUrl" } else { "config.webhookUrl" },
        label: "Webhook URL",
        type_: Url,
        placeholder: Some(descriptor.form.url),
        hint: Some(descriptor.form.hint),
        ..FIELD
    };
    let mut fields = vec![name(descriptor.form.name), webhook_url];
    if of_project {
        fields.push(FormField {
            name: "X-Project-Id",
            label: "Project id",
            type_: Project,
            hint: Some("The project that the channel belongs to."),
            ..FIELD
        });
        fields.push(FormField {
            name: "severityThreshold",
            label: "Minimum severity of analyses",
            type_: Threshold,
            hint: Some("The channel receives the project’s analyses of this severity and above."),
            ..FIELD
        });
    }
    DestinationKind {
        kind: descriptor.name,
        title: descriptor.title,
        platform: true,
        summary: descriptor.form.summary,
        note: of_project.then_some(OF_PROJECT),
        api: if of_project { ApiKind::Config } else { ApiKind::Providers },
        hosts: descriptor.hosts,
        fields,
    }
}

fn signed_webhook() -> DestinationKind {
    let url = FormField {
        name: "config.url",
        label: "URL",
        type_: Url,
        placeholder: Some("https://example.com/ingest"),
        ..FIELD
    };
    let secret = FormField {
        name: "config.secret",
        label: "Secret",
        type_: Password,
        required: false,
        hint: Some("Signs each body, in the header X-Kaireon-Signature: sha256=…"),
        ..FIELD
    };
    let headers = FormField {
        name: "config.headers",
        label: "Headers",
        type_: Lines,
        required: false,
        placeholder: Some("X-Token: abc"),
        hint: Some("One per line, as Name: value. The values are stored encrypted."),
    };
    DestinationKind {
        kind: "signed_webhook",
        title: "Custom webhook",
        platform: false,
        summary: "Your own secret and headers",
        note: None,
        api: ApiKind::Providers,
        hosts: &[],
        fields: vec![name("Pager"), url, secret, headers],
    }
}

fn ops_email() -> DestinationKind {
    let from = FormField {
        name: "config.fromEmail",
        label: "From",
        type_: Email,
        placeholder: Some("ops-alerts@example.com"),
        hint: Some("An address that this deployment may send from."),
        ..FIELD
    };
    let to = FormField {
        name: "config.toEmails",
        label: "To",
        type_: Lines,
        placeholder: Some("oncall@example.com"),
        hint: Some("One address per line."),
        ..FIELD
    };
    DestinationKind {
        kind: "ops_email",
        title: "Team email",
        platform: false,
        summary: "One email to several people",
        note: None,
        api: ApiKind::Providers,
        hosts: &[],
        fields: vec![name("Operations"), from, to],
    }
}

fn mail_webhook() -> DestinationKind {
    let url = FormField {
        name: "url",
        label: "URL",
        type_: Url,
        placeholder: Some("https://example.com/webhooks/mail"),
        hint: Some("The secret that signs the requests is shown once, after you add the webhook."),
        ..FIELD
    };
    let description = FormField {
        name: "description",
        label: "Description",
        required: false,
        placeholder: Some("Updates the CRM"),
        ..FIELD
    };
    let event_types = FormField { name: "eventTypes", label: "Event types", type_: EventTypes, ..FIELD };
    DestinationKind {
        kind: "mail_webhook",
        title: "Mail webhook",
        platform: false,
        summary: "What happens to your mails",
        note: Some("The webhook receives the events of these types by itself. It needs no rule."),
        api: ApiKind::Mail,
        hosts: &[],
        fields: vec![url, description, event_types],
    }
}
