//! Traces over OTLP (http/protobuf), in a program built with the feature `otel`, where `OTEL_EXPORTER_OTLP_ENDPOINT` says where to. Off without it.
//!
//! A trace holds what the log holds, and nothing else: the spans of this program and what is logged within them. So neither a body nor a secret
//! nor an e-mail address is ever in one. The other standard variables (`OTEL_SERVICE_NAME`, `OTEL_EXPORTER_OTLP_HEADERS`,
//! `OTEL_TRACES_SAMPLER` …) are read by the libraries.

use std::time::Duration;

use async_trait::async_trait;
use opentelemetry::trace::TracerProvider as _;
use opentelemetry_http::{Bytes, HttpClient, HttpError, Request, Response};
use opentelemetry_otlp::{
    ExporterBuildError, SpanExporter, WithExportConfig as _, WithHttpConfig as _,
};
use opentelemetry_sdk::Resource;
use opentelemetry_sdk::trace::{SdkTracerProvider, Tracer};
use tokio::runtime::Handle;

/// Where they are sent, without the path.
const ENDPOINT: &str = "OTEL_EXPORTER_OTLP_ENDPOINT";
const SERVICE_NAME: &str = "OTEL_SERVICE_NAME";
/// What each span names as its maker, and the service where nobody says another.
const NAME: &str = "tributary";
/// For an answer of the collector.
const WITHIN: Duration = Duration::from_secs(10);

/// Why no traces can be sent.
#[derive(Debug, thiserror::Error)]
pub enum TracesError {
    /// The address is none.
    #[error(transparent)]
    Exporter(#[from] ExporterBuildError),
    /// There is no TLS.
    #[error(transparent)]
    Client(#[from] reqwest::Error),
}

/// Traces under way. What has been gathered is sent when it is dropped, which must be before the runtime ends.
pub struct Traces(Option<SdkTracerProvider>);

impl Traces {
    /// Begins, where the environment says where to. To be called within the runtime that sends.
    ///
    /// # Errors
    /// [`TracesError`].
    pub fn begin() -> Result<Self, TracesError> {
        let is_wanted = std::env::var_os(ENDPOINT).is_some_and(|set| !set.is_empty());
        Ok(Self(is_wanted.then(|| provider(None)).transpose()?))
    }

    /// Makes spans into traces; `None` where nobody wants them.
    pub fn tracer(&self) -> Option<Tracer> {
        self.0.as_ref().map(|provider| provider.tracer(NAME))
    }
}

impl Drop for Traces {
    fn drop(&mut self) {
        if let Some(provider) = &self.0 {
            // A collector that is away has been reported by the libraries.
            let _ = provider.shutdown();
        }
    }
}

/// Sends to an address, or to where the environment says.
fn provider(to: Option<&str>) -> Result<SdkTracerProvider, TracesError> {
    // Fails where one is installed already, which is as good.
    let _ = rustls::crypto::ring::default_provider().install_default();
    let client = reqwest::Client::builder().timeout(WITHIN).build()?;
    let sender = Sender {
        client,
        runtime: Handle::current(),
    };
    let exporter = SpanExporter::builder().with_http().with_http_client(sender);
    let exporter = match to {
        Some(address) => exporter.with_endpoint(address).build()?,
        None => exporter.build()?,
    };
    let mut resource = Resource::builder();
    if std::env::var_os(SERVICE_NAME).is_none() {
        resource = resource.with_service_name(NAME);
    }
    let provider = SdkTracerProvider::builder()
        .with_resource(resource.build())
        .with_batch_exporter(exporter);
    Ok(provider.build())
}

/// The program's own HTTP client. The exporter has a thread of its own; what it sends is sent by the runtime.
#[derive(Debug)]
struct Sender {
    client: reqwest::Client,
    runtime: Handle,
}

#[async_trait]
impl HttpClient for Sender {
    async fn send_bytes(&self, request: Request<Bytes>) -> Result<Response<Bytes>, HttpError> {
        let request: reqwest::Request = request.try_into()?;
        let client = self.client.clone();
        let exchange = self.runtime.spawn(async move {
            let answer = client.execute(request).await?;
            let status = answer.status();
            Ok::<_, reqwest::Error>((status, answer.bytes().await?))
        });
        let (status, body) = exchange.await??;
        Ok(Response::builder().status(status).body(body)?)
    }
}

#[cfg(test)]
mod tests {
    use std::io::{Read as _, Write as _};
    use std::net::TcpListener;

    use tracing_subscriber::layer::SubscriberExt as _;

    use super::*;

    /// Takes one request, answers 200, and gives it back.
    fn collector() -> (String, std::thread::JoinHandle<Vec<u8>>) {
        let listener = TcpListener::bind("127.0.0.1:0").unwrap();
        let address = format!("http://{}/v1/traces", listener.local_addr().unwrap());
        let taking = std::thread::spawn(move || {
            let (mut stream, _) = listener.accept().unwrap();
            let (mut taken, mut buffer) = (Vec::new(), [0; 4_096]);
            // The last thing in it is the span's own attribute.
            while !taken.windows(7).any(|part| part == b"req_own") {
                let length = stream.read(&mut buffer).unwrap();
                taken.extend_from_slice(&buffer[..length]);
            }
            stream
                .write_all(b"HTTP/1.1 200 OK\r\ncontent-length: 0\r\n\r\n")
                .unwrap();
            taken
        });
        (address, taking)
    }

    #[tokio::test(flavor = "multi_thread", worker_threads = 1)]
    async fn a_span_arrives_at_the_collector_as_protobuf() {
        let (address, taking) = collector();
        let traces = Traces(Some(provider(Some(&address)).unwrap()));
        let layer = tracing_opentelemetry::layer().with_tracer(traces.tracer().unwrap());
        let subscriber = tracing_subscriber::registry().with(layer);
        tracing::subscriber::with_default(subscriber, || {
            tracing::info_span!("request", request.id = "req_own").in_scope(|| {});
        });
        tokio::task::block_in_place(|| drop(traces));
        let taken = tokio::task::spawn_blocking(|| taking.join().unwrap());
        let taken = String::from_utf8_lossy(&taken.await.unwrap()).into_owned();
        assert!(taken.starts_with("POST /v1/traces "), "{taken}");
        assert!(taken.contains("application/x-protobuf"), "{taken}");
        assert!(taken.contains("request") && taken.contains(NAME), "{taken}");
    }
}
