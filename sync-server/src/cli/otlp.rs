//! The log as OpenTelemetry has it: the same lines that go to stderr go to a collector, by OTLP over
//! HTTP (<https://opentelemetry.io/docs/specs/otlp/>), if the server is told where one is. A collector
//! that is away costs lines there and nothing here.

use std::time::Duration;

use anyhow::{Context, Result, bail};
use axum::http::Uri;
use opentelemetry::KeyValue;
use opentelemetry_appender_tracing::layer::{OpenTelemetryTracingBridge, TracingSpanAttributes};
use opentelemetry_http::{Bytes, HttpClient, HttpError, Request, Response};
use opentelemetry_otlp::{LogExporter, Protocol, WithExportConfig, WithHttpConfig};
use opentelemetry_sdk::Resource;
use opentelemetry_sdk::logs::{SdkLogger, SdkLoggerProvider};

/// Where collectors take log records, below their address.
const PATH: &str = "/v1/logs";
/// How long a collector may take for one delivery.
const DELIVERY_MAX: Duration = Duration::from_secs(2);
/// A collector's answer that is longer is none.
const ANSWER_BYTES_MAX: u64 = 64 * 1024;

/// Sends what is logged, in batches, until it is dropped, which sends what is left.
#[derive(Debug)]
pub(super) struct Collector(SdkLoggerProvider);

impl Collector {
    /// The collector at an address such as `http://127.0.0.1:4318`. Nothing is asked of it yet.
    ///
    /// # Errors
    /// If it is no such address. One of a collector's own machine is meant, so TLS is not spoken.
    pub(super) fn at(address: &str) -> Result<Self> {
        let uri: Uri = address.parse().context("--otlp-endpoint is no address")?;
        if uri.scheme_str() != Some("http") || uri.authority().is_none() || uri.query().is_some() {
            bail!(
                "--otlp-endpoint must look like http://127.0.0.1:4318, which is a collector here"
            );
        }
        let exporter = LogExporter::builder()
            .with_http()
            .with_http_client(Line::new())
            .with_protocol(Protocol::HttpBinary)
            .with_endpoint(format!("{}{PATH}", address.trim_end_matches('/')))
            .with_timeout(DELIVERY_MAX)
            .build()
            .context("--otlp-endpoint cannot be used")?;
        let resource = Resource::builder_empty()
            .with_service_name("palimpsest")
            .with_attribute(KeyValue::new("service.version", env!("CARGO_PKG_VERSION")))
            .build();
        let provider = SdkLoggerProvider::builder()
            .with_resource(resource)
            .with_batch_exporter(exporter)
            .build();
        Ok(Self(provider))
    }

    /// What hands it the lines, with the id of the request that each belongs to.
    pub(super) fn layer(&self) -> OpenTelemetryTracingBridge<SdkLoggerProvider, SdkLogger> {
        let fields = TracingSpanAttributes::all();
        OpenTelemetryTracingBridge::builder(&self.0).with_tracing_span_attributes(fields).build()
    }
}

impl Drop for Collector {
    fn drop(&mut self) {
        // Who stops the server waits for it no longer than for one delivery.
        drop(self.0.shutdown_with_timeout(DELIVERY_MAX));
    }
}

/// The way to the collector. It is used by a thread of its own, which may wait.
#[derive(Debug)]
struct Line(ureq::Agent);

impl Line {
    fn new() -> Self {
        let config = ureq::Agent::config_builder()
            .timeout_global(Some(DELIVERY_MAX))
            .max_redirects(0)
            .proxy(None)
            .http_status_as_error(false);
        Self(config.build().into())
    }
}

#[async_trait::async_trait]
impl HttpClient for Line {
    async fn send_bytes(&self, request: Request<Bytes>) -> Result<Response<Bytes>, HttpError> {
        let (parts, body) = request.into_parts();
        let answer = self.0.run(Request::from_parts(parts, body.to_vec()))?;
        let (parts, mut body) = answer.into_parts();
        let body = body.with_config().limit(ANSWER_BYTES_MAX).read_to_vec()?;
        Ok(Response::from_parts(parts, body.into()))
    }
}
