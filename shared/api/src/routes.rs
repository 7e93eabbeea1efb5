//! A function's handlers as routes and as OpenAPI text.

/// Creates two functions from handlers that are named as `module::handler` and described by `utoipa::path`: `routes()`,
/// which `$app` serves, and `text()`, which describes the API. Neither includes the other, so that a function does not
/// build its documentation at every start and does not contain the code for it. Handlers before one `;` share a path.
#[macro_export]
macro_rules! routes {
    ($app:ty; $($($module:ident :: $handler:ident),+;)+) => {
        /// Returns the routes that the function serves.
        pub fn routes() -> axum::Router<std::sync::Arc<$app>> {
            use utoipa::Path;
            use utoipa_axum::PathItemExt;
            let mut router = axum::Router::new();
            utoipa_axum::paste! {$($(
                for method in $module::[<__path_ $handler>]::methods() {
                    let route = axum::routing::on(method.to_method_filter(), $module::$handler);
                    router = router.route(&$module::[<__path_ $handler>]::path(), route);
                }
            )+)+}
            router
        }

        /// Returns the OpenAPI description of the routes.
        pub fn text() -> utoipa::openapi::OpenApi {
            utoipa_axum::router::OpenApiRouter::<std::sync::Arc<$app>>::new()
                $(.routes(utoipa_axum::routes!($($module::$handler),+)))+
                .into_openapi()
        }
    };
}
