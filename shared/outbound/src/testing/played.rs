//! How each chat platform behaves in tests: one entry for each. The end-to-end tests, the tests of messages in
//! `shared/outbound`, and the checks by the platforms' own code all read this list.

use domain::{Platform, delivery::Fault};
use serde_json::{Value, json};

/// A platform's behavior in tests.
pub struct Played {
    /// The platform.
    pub platform: Platform,
    /// A webhook URL as the platform documents it.
    pub published: &'static str,
    /// The path and query of a webhook URL, with `{}` in place of each secret.
    pub path: &'static str,
    /// The id of the message with this number, if the platform returns ids.
    pub id: Option<fn(usize) -> String>,
    /// The status and body of the answer to a message that the platform accepts, with the message's id.
    pub accepted: fn(Option<&str>) -> (u16, String),
    /// The status and body of a rate limit that asks to wait for this many seconds.
    pub limited: fn(u64) -> (u16, String),
    /// Whether the rate limit says how long to wait.
    pub says_how_long: bool,
    /// Rejections that the platform documents.
    pub refusals: &'static [Refusal],
    /// Mentions and markup of the platform.
    pub markup: &'static [&'static str],
    /// Texts that no message about events with `markup` may contain, because the platform would interpret them.
    pub live: &'static [&'static str],
    /// Changes to the message about `untrusted::example` that the check of the platform's messages must refuse: a JSON
    /// pointer and the value there.
    pub invalid: fn() -> Vec<(String, Value)>,
}

/// A rejection that a platform documents.
pub struct Refusal {
    /// The platform's name or number for it, which errors repeat.
    pub reason: &'static str,
    /// The HTTP status.
    pub status: u16,
    /// The body.
    pub body: &'static str,
    /// The error that the attempt records.
    pub error: &'static str,
    /// Who is responsible.
    pub fault: Fault,
}

/// All platforms.
pub static PLAYED: &[Played] = &[
    Played {
        platform: Platform::Slack,
        published: "https://hooks.slack.com/services/T.../B.../...",
        path: "services/T0123/{}/{}",
        id: None,
        accepted: |_| (200, "ok".to_owned()),
        limited: |_| (429, "rate_limited".to_owned()),
        says_how_long: true,
        refusals: &[
            Refusal {
                reason: "no_service",
                status: 404,
                body: "no_service",
                error: "answered 404 no_service",
                fault: Fault::Address,
            },
            Refusal {
                reason: "channel_is_archived",
                status: 410,
                body: "channel_is_archived",
                error: "answered 410 channel_is_archived",
                fault: Fault::Address,
            },
            Refusal {
                reason: "invalid_blocks",
                status: 400,
                body: "invalid_blocks",
                error: "answered 400 invalid_blocks",
                fault: Fault::Sender,
            },
            Refusal {
                reason: "invalid_payload",
                status: 400,
                body: "invalid_payload",
                error: "answered 400 invalid_payload",
                fault: Fault::Sender,
            },
            Refusal {
                reason: "rollup_error",
                status: 500,
                body: "rollup_error",
                error: "answered 500 rollup_error",
                fault: Fault::Receiver,
            },
        ],
        markup: &[
            "<!channel>",
            "<!here|x>",
            "<@U123>",
            "<#C1>",
            "<https://evil.example|click>",
            ":smile:",
            "*b*",
            "_i_",
            "&amp;",
            "&",
        ],
        live: &["<!channel>", "<users/all>", "<@U123>", "<a href", "<i>field"],
        invalid: || {
            let blocks = "/attachments/0/blocks";
            let section = json!({"type": "section", "text": {"type": "plain_text", "text": "x", "emoji": false}});
            let many_fields = json!({"type": "section", "fields": vec![section["text"].clone(); 11]});
            vec![
                ("/blocks/0/text/text".to_owned(), long(151)),
                ("/blocks/0/type".into(), json!("heading")),
                (format!("{blocks}/0/text/text"), long(3001)),
                (format!("{blocks}/1"), many_fields),
                (format!("{blocks}/1/fields/0/text"), long(2001)),
                (format!("{blocks}/1/fields"), json!([])),
                (format!("{blocks}/0/text"), json!({"type": "plain_text", "text": "x", "style": "bold"})),
                (blocks.into(), json!(vec![section; 51])),
            ]
        },
    },
    Played {
        platform: Platform::Teams,
        published: "https://outlook.office.com/webhook/...",
        path: "webhookb2/{}/IncomingWebhook/{}",
        id: None,
        accepted: |_| (202, String::new()),
        // A connector reports a rate limit in the body of a 200, before the inner status, without a time.
        limited: |_| {
            let said = "Webhook message delivery failed with error: Microsoft Teams endpoint returned HTTP error 429 \
                        with ContextId tcid=0,server=msgapi,cv=x.0..";
            (200, said.to_owned())
        },
        says_how_long: false,
        refusals: &[
            Refusal {
                reason: "WorkflowNotFound",
                status: 404,
                body: r#"{"error": {"code": "WorkflowNotFound", "message": "It cannot be run."}}"#,
                error: "answered 404 WorkflowNotFound: It cannot be run.",
                fault: Fault::Address,
            },
            Refusal {
                reason: "TriggerInputSchemaMismatch",
                status: 400,
                body: r#"{"error": {"code": "TriggerInputSchemaMismatch", "message": "It cannot be run."}}"#,
                error: "answered 400 TriggerInputSchemaMismatch: It cannot be run.",
                fault: Fault::Sender,
            },
            Refusal {
                reason: "404",
                status: 200,
                body: "Webhook message delivery failed with error: Microsoft Teams endpoint returned HTTP error 404 \
                       with ContextId tcid=0,server=msgapi,cv=x.0..",
                error: "answered 200 with HTTP error 404",
                fault: Fault::Address,
            },
            Refusal {
                reason: "500",
                status: 200,
                body: "Webhook message delivery failed with error: Microsoft Teams endpoint returned HTTP error 500 \
                       with ContextId tcid=0,server=msgapi,cv=x.0..",
                error: "answered 200 with HTTP error 500",
                fault: Fault::Receiver,
            },
        ],
        markup: &["<at>x</at>", "{{DATE(2026-01-01T00:00:00Z,SHORT)}}", "${x}", "@{x}"],
        // The text of a card is in text runs, which render no other markup.
        live: &["{{DATE("],
        invalid: || {
            let card = "/attachments/0/content";
            vec![
                (format!("{card}/body/0/style"), json!("red")),
                (format!("{card}/body/1/type"), json!("Text")),
                (format!("{card}/body/1/inlines/0/colour"), json!("Red")),
                (format!("{card}/actions/0"), json!({"type": "Action.OpenUrl", "title": "Open"})),
                (format!("{card}/body/1/inlines/0/text"), long(28_000)),
            ]
        },
    },
    Played {
        platform: Platform::Discord,
        published: "https://discord.com/api/webhooks/...",
        path: "api/webhooks/1300000000000000000/{}",
        id: Some(|number| format!("{}", 1_300_000_000_000_000_000 + number)),
        // The answer to `?wait=true`; without it, 204.
        accepted: |id| (200, json!({"type": 0, "content": "", "embeds": [], "id": id}).to_string()),
        limited: |seconds| {
            let message = "You are being rate limited.";
            (429, json!({"message": message, "retry_after": seconds as f64, "global": false}).to_string())
        },
        says_how_long: true,
        refusals: &[
            Refusal {
                reason: "10015",
                status: 404,
                body: r#"{"message": "Unknown Webhook", "code": 10015}"#,
                error: "answered 404 Unknown Webhook (10015)",
                fault: Fault::Address,
            },
            Refusal {
                reason: "50035",
                status: 400,
                body: r#"{"message": "Invalid Form Body", "code": 50035}"#,
                error: "answered 400 Invalid Form Body (50035)",
                fault: Fault::Sender,
            },
        ],
        markup: &[
            "@here",
            "@everyone",
            "<@&123>",
            "<t:1700000000:R>",
            "<:e:123>",
            "<a:e:1>",
            "\n-# small",
            "\n>>> quote",
            "||spoiler||",
        ],
        live: &["\"<!channel>", " @everyone", " **bold", " ||spoiler", " <@U123>", "[x](https:"],
        invalid: || {
            let field = json!({"name": "a", "value": "b", "inline": false});
            vec![
                ("/embeds/0/title".to_owned(), long(257)),
                ("/embeds/0/description".into(), long(4097)),
                ("/embeds/0/description".into(), json!("")),
                ("/embeds/0/fields".into(), json!(vec![field; 26])),
                ("/embeds/0/fields/0/name".into(), long(257)),
                ("/embeds/0/fields/0/value".into(), long(1025)),
                ("/embeds/0/fields/0/value".into(), json!("")),
                ("/embeds/0/url".into(), json!("javascript:alert(1)")),
                ("/embeds/0/color".into(), json!("red")),
                ("/embeds/0/small".into(), json!("x")),
                ("/allowed_mentions/parse".into(), json!(["everyone"])),
            ]
        },
    },
    Played {
        platform: Platform::GoogleChat,
        published: "https://chat.googleapis.com/v1/spaces/.../messages?key=...",
        path: "v1/spaces/AAAA/messages?key={}&token={}",
        id: Some(|number| format!("spaces/AAAA/messages/{number}.{number}")),
        accepted: |id| (200, json!({"name": id, "thread": {"name": "spaces/AAAA/threads/1"}}).to_string()),
        limited: |_| {
            let message = "Resource has been exhausted (e.g. check quota).";
            (429, json!({"error": {"code": 429, "message": message, "status": "RESOURCE_EXHAUSTED"}}).to_string())
        },
        says_how_long: true,
        refusals: &[
            Refusal {
                reason: "PERMISSION_DENIED",
                status: 403,
                body: r#"{"error": {"code": 403, "message": "The caller does not have permission",
                    "status": "PERMISSION_DENIED"}}"#,
                error: "answered 403 PERMISSION_DENIED: The caller does not have permission",
                fault: Fault::Address,
            },
            Refusal {
                reason: "INVALID_ARGUMENT",
                status: 400,
                body: r#"{"error": {"code": 400, "message": "Request contains an invalid argument.",
                    "status": "INVALID_ARGUMENT"}}"#,
                error: "answered 400 INVALID_ARGUMENT: Request contains an invalid argument.",
                fault: Fault::Sender,
            },
            Refusal {
                reason: "UNAVAILABLE",
                status: 503,
                body: r#"{"error": {"code": 503, "message": "The service is currently unavailable.",
                    "status": "UNAVAILABLE"}}"#,
                error: "answered 503 UNAVAILABLE: The service is currently unavailable.",
                fault: Fault::Receiver,
            },
        ],
        markup: &["<users/all>", "&lt;b&gt;", "<b>", "</b>", "<br>", "</font>", "<a href=\"https://evil.example\">"],
        live: &["<users/all>", "<a href", "<i>field", "</font><b>x"],
        invalid: || {
            let card = "/cardsV2/0/card";
            let widgets = "/cardsV2/0/card/sections/0/widgets";
            let paragraph = json!({"textParagraph": {"text": "x"}});
            vec![
                (widgets.to_owned(), json!([])),
                (widgets.into(), json!(vec![paragraph; 101])),
                (format!("{widgets}/0/textParagraph/text"), json!(5)),
                (format!("{widgets}/0/textParagraph/text"), long(32_000)),
                (format!("{widgets}/0"), json!({"paragraph": {"text": "x"}})),
                (format!("{card}/header/image"), json!("x")),
                (format!("{card}/header/title"), json!("")),
            ]
        },
    },
    Played {
        platform: Platform::Mattermost,
        published: "https://your-mattermost-server.com/hooks/xxx-generatedkey-xxx",
        path: "hooks/{}",
        id: None,
        accepted: |_| (200, "ok".to_owned()),
        limited: |_| (429, "limit exceeded\n".to_owned()),
        says_how_long: true,
        refusals: &[
            Refusal {
                reason: "web.incoming_webhook.general.app_error",
                status: 400,
                body: r#"{"id": "web.incoming_webhook.general.app_error", "detailed_error": "", "status_code": 400,
                    "message": "Failed to handle the payload of media type application/json for incoming webhook a."}"#,
                error: "answered 400 web.incoming_webhook.general.app_error",
                fault: Fault::Address,
            },
            Refusal {
                reason: "web.incoming_webhook.disabled.app_error",
                status: 501,
                body: r#"{"id": "web.incoming_webhook.disabled.app_error", "detailed_error": "", "status_code": 501,
                    "message": "Incoming webhooks have been disabled by the system admin."}"#,
                error: "answered 501 web.incoming_webhook.disabled.app_error",
                fault: Fault::Address,
            },
            Refusal {
                reason: "web.incoming_webhook.decode.app_error",
                status: 400,
                body: r#"{"id": "web.incoming_webhook.decode.app_error", "message": "Failed to decode the payload.",
                    "detailed_error": "", "status_code": 400}"#,
                error: "answered 400 web.incoming_webhook.decode.app_error",
                fault: Fault::Sender,
            },
            Refusal {
                reason: "api.post.create_webhook_post.creating.app_error",
                status: 500,
                body: r#"{"id": "api.post.create_webhook_post.creating.app_error", "message": "Error creating post.",
                    "detailed_error": "", "status_code": 500}"#,
                error: "answered 500 api.post.create_webhook_post.creating.app_error",
                fault: Fault::Receiver,
            },
        ],
        markup: &[
            "@channel",
            "@all",
            "@user.name",
            "<!all>",
            "~town-square",
            "#hashtag",
            ":tada:",
            ":)",
            "$x^2$",
            "a@evil.example",
            "www.evil.example",
            "\n- [ ] task",
            "\u{2424}# heading",
        ],
        live: &[
            "@channel",
            "@all",
            "@user",
            "@here",
            "@everyone",
            "<!",
            "~town",
            "#hashtag",
            ":tada",
            " **bold",
            "[x](https:",
        ],
        invalid: || {
            let attachment = "/attachments/0";
            vec![
                ("/text".to_owned(), long(16_384)),
                ("/text".into(), json!("")),
                ("/text".into(), json!("a")),
                ("/text".into(), json!("#### a @channel")),
                ("/username".into(), json!("x")),
                (format!("{attachment}/text"), json!("a *b*")),
                (format!("{attachment}/text"), json!("[Open](javascript:alert)")),
                (format!("{attachment}/text"), json!("- a")),
                (format!("{attachment}/color"), json!("red")),
                (format!("{attachment}/pretext"), json!("x")),
                (format!("{attachment}/footer"), long(301)),
                (format!("{attachment}/footer"), json!("~town-square")),
                (format!("{attachment}/fields/0/value"), json!("https://evil.example")),
                (format!("{attachment}/fields/0/value"), json!("")),
                (format!("{attachment}/fields/0/title"), json!("a :tada:")),
                (format!("{attachment}/fields/0/title"), json!(5)),
                (format!("{attachment}/fields/0/short"), json!("no")),
            ]
        },
    },
];

fn long(length: usize) -> Value {
    "x".repeat(length).into()
}

impl Played {
    /// The entry of a platform.
    ///
    /// # Panics
    /// If the platform has no entry.
    pub fn of(platform: Platform) -> &'static Self {
        PLAYED.iter().find(|played| played.platform == platform).unwrap_or_else(|| panic!("add {platform:?} to PLAYED"))
    }

    /// The platform's name.
    pub fn name(&self) -> &'static str {
        self.platform.descriptor().name
    }

    /// The path of a webhook URL, with `secret()` in place of each secret.
    pub fn path_with(&self, mut secret: impl FnMut() -> String) -> String {
        let mut parts = self.path.split("{}");
        let first = parts.next().unwrap_or_default().to_owned();
        parts.fold(first, |path, part| path + &secret() + part)
    }
}
