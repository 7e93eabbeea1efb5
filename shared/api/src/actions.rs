//! Handlers that several APIs share: what is done with the destination of one of their resources.

use axum::{Json, http::StatusCode};
use domain::{Destination, shard::Shards};
use service::DestinationService;

use crate::{
    Caller,
    error::Result,
    input::{CodeGiven, Since},
    views::{CodeSent, Recovered, TestResult, Verified},
};

/// Who makes a request, as far as an action needs it.
pub trait Scope: Send + Sync {
    /// The shards that can contain events of the operator.
    fn shards(&self) -> Shards;
}

impl Scope for Caller {
    fn shards(&self) -> Shards {
        self.events().shards
    }
}

/// A route group whose resources each have a destination.
pub trait Targets: Send + Sync {
    /// Who makes a request.
    type Scope: Scope;
    /// The id of a resource in a path.
    type Id: Send;
    /// Whether an unhealthy destination that accepts a test becomes healthy.
    const TEST_HEALS: bool;

    /// Returns the destination of a resource.
    ///
    /// # Errors
    /// A 404 if the resource does not exist in this scope.
    fn destination(&self, scope: &Self::Scope, id: Self::Id) -> impl Future<Output = Result<Destination>> + Send;

    /// The operations on destinations.
    fn service(&self) -> &DestinationService;
}

/// Sends a verification code.
///
/// # Errors
/// As [`DestinationService::send_code`].
pub async fn send_code<A: Targets>(app: &A, scope: &A::Scope, id: A::Id) -> Result<Json<CodeSent>> {
    let to = app.destination(scope, id).await?;
    Ok(Json(app.service().send_code(&to).await?.into()))
}

/// Verifies a destination.
///
/// # Errors
/// As [`DestinationService::verify`].
pub async fn verify<A: Targets>(app: &A, scope: &A::Scope, id: A::Id, given: CodeGiven) -> Result<Json<Verified>> {
    let to = app.destination(scope, id).await?;
    app.service().verify(&to, given.parse()?).await?;
    Ok(Json(Verified::YES))
}

/// Sends a test notification.
///
/// # Errors
/// As [`DestinationService::test`].
pub async fn test<A: Targets>(app: &A, scope: &A::Scope, id: A::Id) -> Result<(StatusCode, Json<TestResult>)> {
    let to = app.destination(scope, id).await?;
    let tested = if A::TEST_HEALS { app.service().test_and_heal(&to).await? } else { app.service().test(&to).await? };
    Ok(TestResult::answer(&to, &tested))
}

/// Sends again what a destination missed.
///
/// # Errors
/// As [`service::Recovery::recover`].
pub async fn recover<A: Targets>(
    app: &A,
    scope: &A::Scope,
    id: A::Id,
    Since { since }: Since,
) -> Result<(StatusCode, Json<Recovered>)> {
    let to = app.destination(scope, id).await?;
    let recovered = app.service().recovery().recover(&to, scope.shards(), since).await?;
    Ok((StatusCode::ACCEPTED, Json(recovered.into())))
}
