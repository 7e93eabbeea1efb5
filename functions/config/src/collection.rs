//! Creates channels, up to the limit of the plan, and lists them.

use api::{
    ApiError, Body, PageQuery, envelope::ConfigError, error::Result, page::next_cursor, responses::config::Errors,
};
use axum::{Json, http::StatusCode};
use domain::{ApiKind, Destination, DestinationId, EventType, Rule, RuleId, rule::OnUnhealthy, time::now};
use serde_json::Value;
use store::project_channels::{Added, ProjectChannel};

use crate::{
    State,
    access::{ProjectHeader, Reading, Writing},
    input::Channel,
    schema,
    views::{MadeProjectChannel, ProjectChannelPage},
};

/// Creates a channel in the project.
///
/// It receives the project's analyses whose severity meets its threshold. Its credentials are stored encrypted and
/// never returned.
#[utoipa::path(
    post, path = "/v1/config/notifications", tag = "Project channels", operation_id = "createProjectChannel",
    request_body = schema::NewProjectChannel,
    params(ProjectHeader),
    responses(
        (status = 201, body = MadeProjectChannel), Errors,
        (status = 403, body = ConfigError, description = "`FORBIDDEN`, or `QUOTA_EXCEEDED` when the plan allows no more"),
        (status = 503, body = ConfigError),
    )
)]
pub(crate) async fn create(
    app: State,
    Writing(scope): Writing,
    Body(body): Body<Value>,
) -> Result<(StatusCode, Json<MadeProjectChannel>)> {
    let Channel { kind, name, connection, threshold, active, max_per_second } = Channel::read(body, &app.allowed)?;
    let (operator_id, id) = (scope.operator_id, DestinationId::generate_uuid());
    let operator = app.service.operator(operator_id).await?;
    let created_at = now();
    let destination = Destination {
        connection: Some(app.service.seal_connection_of(&operator, id, &connection).await?),
        name: Some(name),
        disabled: !active,
        max_per_second,
        // A caller who may change the project's configuration vouches for the channel, and a test can confirm it.
        verified_at: Some(created_at),
        created_at,
        api: ApiKind::Config,
        project_id: Some(scope.project.clone()),
        ..Destination::new(operator_id, id, kind, connection.shown(), String::new())
    };
    let rule = Rule {
        operator_id,
        id: RuleId::of_destination(id),
        destination_ids: vec![id],
        events: EventType::analyses(),
        min_severity: threshold,
        active: true,
        on_unhealthy: OnUnhealthy::Pause,
        created_at,
        api: ApiKind::Config,
        project_id: Some(scope.project.clone()),
    };
    let made = ProjectChannel { destination, rule };
    let limit = operator.plan.channels_per_project();
    if app.channels.insert(&scope.project, &made, limit).await? == Added::Full {
        let sentence = format!(
            "This project has the {limit} channels that the plan {} allows; delete one, or have the plan raised.",
            operator.plan.name()
        );
        return Err(ApiError::new(StatusCode::FORBIDDEN, "quota_exceeded", sentence));
    }
    Ok((StatusCode::CREATED, Json(MadeProjectChannel::of(&made))))
}

/// Lists the channels of the project.
#[utoipa::path(
    get, path = "/v1/config/notifications", tag = "Project channels", operation_id = "listProjectChannels",
    params(PageQuery, ProjectHeader),
    responses((status = 200, body = ProjectChannelPage), Errors)
)]
pub(crate) async fn list(app: State, Reading(scope): Reading, page: PageQuery) -> Result<Json<ProjectChannelPage>> {
    // A cursor is only valid for the list of the same project.
    let list = format!("project channels of {}", scope.project);
    let (limit, after) = (page.limit()?, page.after(&list)?);
    let (found, next) = app.channels.list(scope.operator_id, &scope.project, limit, after).await?;
    Ok(Json(ProjectChannelPage::of(&found, next_cursor(&list, next, next.is_some()))))
}
