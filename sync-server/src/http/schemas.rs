//! What events look like as JSON, for programs that read them: the schemas, by name. They are the
//! same for everybody and on every server.

use axum::Json;
use axum::extract::Path;
use axum::http::header::CONTENT_TYPE;
use axum::response::{IntoResponse, Response};
use palimpsest_core::codec::schema;
use serde_json::{Value, json};

use super::Problem;

/// `GET /api/v1/schemas`
pub(super) async fn list() -> Json<Value> {
    let one = |name: String| json!({ "name": name, "href": format!("/api/v1/schemas/{name}") });
    Json(json!({ "schemas": schema::names().map(one).collect::<Vec<_>>() }))
}

/// `GET /api/v1/schemas/{name}`
pub(super) async fn show(Path(name): Path<String>) -> Result<Response, Problem> {
    let found = schema::schema(&name);
    let found = found.ok_or_else(|| Problem::not_found(format!("there is no schema {name}")))?;
    Ok(([(CONTENT_TYPE, "application/schema+json")], found.to_string()).into_response())
}
