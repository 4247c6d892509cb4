//! The app's own files: how they are found, cached, compressed and fenced in. What is in
//! them is not known here.

use axum::http::header::{
    ACCEPT_ENCODING, CACHE_CONTROL, CONTENT_ENCODING, CONTENT_SECURITY_POLICY, CONTENT_TYPE, ETAG,
    HOST, HeaderValue, IF_NONE_MATCH, VARY,
};
use axum::http::{HeaderMap, HeaderName, Method, StatusCode, Uri};
use axum::response::{IntoResponse, Response};

use super::Problem;
use crate::assets::{self, Asset};

/// The page that is the app, whatever document it shows.
const PAGE: &str = "index.html";

/// Every address that is none of the API's.
pub(super) async fn page(method: Method, uri: Uri, headers: HeaderMap) -> Response {
    let path = uri.path().trim_start_matches('/');
    let is_app = path.is_empty() || path == PAGE || path == "search" || path.starts_with("d/");
    let path = if is_app { PAGE } else { path };
    match assets::find(path) {
        Some(_) if method != Method::GET && method != Method::HEAD => {
            let detail = "this address can only be read";
            Problem::new(StatusCode::METHOD_NOT_ALLOWED, detail).into_response()
        }
        Some(asset) => send(path, asset, &headers),
        None => {
            let detail = format!("there is nothing at {}", uri.path());
            Problem::new(StatusCode::NOT_FOUND, detail).into_response()
        }
    }
}

fn send(path: &str, asset: &'static Asset, request: &HeaderMap) -> Response {
    let (encoding, body) = choose(asset, request);
    let mut headers = HeaderMap::new();
    headers.insert(CONTENT_TYPE, HeaderValue::from_static(asset.content_type));
    headers.insert(ETAG, HeaderValue::from_static(asset.etag));
    headers.insert(VARY, HeaderValue::from_static("accept-encoding"));
    headers.insert(CACHE_CONTROL, HeaderValue::from_static(caching(path)));
    if path.ends_with(".html") {
        headers.insert(CONTENT_SECURITY_POLICY, policy(request));
    }
    let known = request.get_all(IF_NONE_MATCH).iter().filter_map(|value| value.to_str().ok());
    let mut tags = known.flat_map(|value| value.split(',')).map(str::trim);
    if tags.any(|tag| tag == "*" || tag.trim_start_matches("W/") == asset.etag) {
        return (StatusCode::NOT_MODIFIED, headers).into_response();
    }
    if let Some(encoding) = encoding {
        headers.insert(CONTENT_ENCODING, HeaderValue::from_static(encoding));
    }
    (headers, body).into_response()
}

/// Files under `assets/` have their content's hash in their name and never change; anything
/// else is asked for again each time, and usually not sent again.
fn caching(path: &str) -> &'static str {
    if path.starts_with("assets/") { "public, max-age=31536000, immutable" } else { "no-cache" }
}

fn choose(asset: &'static Asset, request: &HeaderMap) -> (Option<&'static str>, &'static [u8]) {
    if let Some(brotli) = asset.brotli.filter(|_| accepts(request, ACCEPT_ENCODING, "br")) {
        return (Some("br"), brotli);
    }
    if let Some(gzip) = asset.gzip.filter(|_| accepts(request, ACCEPT_ENCODING, "gzip")) {
        return (Some("gzip"), gzip);
    }
    (None, asset.plain)
}

/// Whether a header in which a caller says what it takes names this choice, and not as one that it
/// does not take (RFC 9110, 12.4.2).
pub(super) fn accepts(request: &HeaderMap, header: HeaderName, choice: &str) -> bool {
    let lines = request.get_all(header).iter().filter_map(|value| value.to_str().ok());
    lines.flat_map(|line| line.split(',')).any(|told| {
        let mut parts = told.split(';').map(str::trim);
        let named = parts.next().is_some_and(|name| name.eq_ignore_ascii_case(choice));
        let refused = parts
            .filter_map(|part| part.strip_prefix("q="))
            .any(|weight| weight.parse::<f32>().is_ok_and(|weight| weight == 0.0));
        named && !refused
    })
}

/// What the page may do: run this server's code, talk to this server, and nothing else. Pictures
/// may come from anywhere, because a text may name them; the page fetches one only when somebody
/// asks to see it. Where browsers have Trusted Types, a string becomes markup or code only by way of
/// the two policies in `app/js/trusted.js`.
fn policy(request: &HeaderMap) -> HeaderValue {
    // Some browsers do not take 'self' to mean this server's WebSocket; its name they know.
    let host = request
        .get(HOST)
        .and_then(|host| host.to_str().ok())
        .filter(|host| host.bytes().all(|b| b.is_ascii_alphanumeric() || b"-._:[]".contains(&b)));
    let sockets = host.map_or_else(String::new, |host| format!(" ws://{host} wss://{host}"));
    let policy = format!(
        "default-src 'none'; script-src 'self' 'wasm-unsafe-eval'; \
         style-src 'self' 'unsafe-inline'; img-src 'self' data: blob: https: http:; font-src 'self'; \
         connect-src 'self'{sockets}; manifest-src 'self'; worker-src 'self'; base-uri 'none'; \
         form-action 'none'; frame-ancestors 'none'; \
         require-trusted-types-for 'script'; trusted-types default palimpsest-read"
    );
    HeaderValue::from_str(&policy).expect("the policy is made of visible characters")
}

#[cfg(test)]
mod tests {
    use super::*;

    fn headers(pairs: &[(HeaderName, &str)]) -> HeaderMap {
        pairs.iter().map(|(name, value)| (name.clone(), value.parse().unwrap())).collect()
    }

    #[test]
    fn encodings_are_negotiated() {
        let request = headers(&[(ACCEPT_ENCODING, "gzip, deflate;q=0.5, br;q=0")]);
        assert!(accepts(&request, ACCEPT_ENCODING, "gzip"));
        assert!(!accepts(&request, ACCEPT_ENCODING, "br"));
        assert!(!accepts(&request, ACCEPT_ENCODING, "zstd"));
        assert!(!accepts(&HeaderMap::new(), ACCEPT_ENCODING, "gzip"));
    }

    #[test]
    fn a_strange_host_does_not_get_into_the_policy() {
        let strange = policy(&headers(&[(HOST, "a; script-src *")]));
        assert!(!strange.to_str().unwrap().contains("script-src *"));
        let plain = policy(&headers(&[(HOST, "127.0.0.1:4800")]));
        assert!(plain.to_str().unwrap().contains("ws://127.0.0.1:4800 "));
    }

    #[tokio::test]
    async fn only_the_apps_own_addresses_lead_to_the_app() {
        let answer = async |path: &str| {
            page(Method::GET, path.parse().unwrap(), HeaderMap::new()).await.status()
        };
        assert_eq!(answer("/").await, StatusCode::OK);
        assert_eq!(answer("/d/0193").await, StatusCode::OK);
        assert_eq!(answer("/search").await, StatusCode::OK);
        assert_eq!(answer("/assets/gone.js").await, StatusCode::NOT_FOUND);
        assert_eq!(answer("/api/v1/none").await, StatusCode::NOT_FOUND);
        assert_eq!(answer("/elsewhere").await, StatusCode::NOT_FOUND);
    }
}
