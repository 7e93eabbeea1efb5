//! A function's handlers, as routes and as text.

/// Makes two functions of the handlers named as `module::handler`, each of which `utoipa::path` describes: `routes()`, what
/// `$app` serves, and `text()`, what the API says of it. Each builds nothing of the other, so that a function neither
/// writes its documentation at every start nor carries the code for it. Handlers before one `;` share a path.
#[macro_export]
macro_rules! routes {
    ($app:ty; $($($module:ident :: $handler:ident),+;)+) => {
        /// The routes.
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

        /// The API's text of the routes.
        pub fn text() -> utoipa::openapi::OpenApi {
            utoipa_axum::router::OpenApiRouter::<std::sync::Arc<$app>>::new()
                $(.routes(utoipa_axum::routes!($($module::$handler),+)))+
                .into_openapi()
        }
    };
}
