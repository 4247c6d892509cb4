//! One request in the log: it gets an id, by which a proxy's log lines, the server's and the
//! client's can be laid side by side. Queries are not logged, since they may hold what was searched.

use std::time::Instant;

use axum::extract::Request;
use axum::http::{HeaderName, HeaderValue};
use axum::middleware::Next;
use axum::response::Response;
use tracing::Instrument;

use crate::server::random;

/// The header in which a request's id comes and goes.
const REQUEST_ID: HeaderName = HeaderName::from_static("x-request-id");
/// A longer id is no id.
const ID_BYTES_MAX: usize = 64;

/// Takes the id a request brings, or gives it one, and says it in the answer.
pub(super) async fn follow(mut request: Request, next: Next) -> Response {
    let brought = request.headers().get(&REQUEST_ID).filter(|id| is_well_formed(id)).cloned();
    let id = brought.unwrap_or_else(made);
    let shown = id.to_str().unwrap_or_default().to_owned();
    let (method, path) = (request.method().clone(), request.uri().path().to_owned());
    request.headers_mut().insert(REQUEST_ID, id.clone());
    let start = Instant::now();
    let span = tracing::info_span!("request", id = shown);
    let mut response = next.run(request).instrument(span.clone()).await;
    let (status, took) = (response.status().as_u16(), start.elapsed());
    span.in_scope(|| {
        tracing::debug!(%method, path, status, millis = took.as_millis() as u64, "answered");
    });
    response.headers_mut().insert(REQUEST_ID, id);
    response
}

/// Letters, digits, `.`, `_` and `-`, and not too many: it goes into log lines as it is.
fn is_well_formed(id: &HeaderValue) -> bool {
    let bytes = id.as_bytes();
    let plain = |byte: &u8| byte.is_ascii_alphanumeric() || b"._-".contains(byte);
    (1..=ID_BYTES_MAX).contains(&bytes.len()) && bytes.iter().all(plain)
}

fn made() -> HeaderValue {
    let id = format!("{:016x}", u64::from_le_bytes(random()));
    HeaderValue::try_from(id).expect("digits and letters make a header")
}
