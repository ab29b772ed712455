//! Docker Engine: builds, tags, pushes and runs images through its API.
//!
//! [`ContainerEngine`] waits inside: its functions are plain, and end early when the user wants to
//! stop. An image gets its tag only when all of it is there; a registry gets the manifest last. So
//! whatever dies in the middle, no tag names half an image.

mod build;
mod context;
mod error;
mod host;
mod push;
mod run;
mod save;
mod steps;

pub use build::{BuildRequest, Built};
pub use context::{Context, ContextError, Ignore, IgnoreError};
pub use error::EngineError;
pub use host::{EngineHost, EngineVariables, HostError};
pub use push::{PushEvent, Pushed};
pub use run::{RunOutcome, RunRequest};
pub use steps::{BuildEvent, StepName};

use crate::{Reference, digest::is_sha256};
use bollard::{
    API_DEFAULT_VERSION, Docker, errors::Error as Api, query_parameters::TagImageOptionsBuilder,
};
use std::{
    collections::{BTreeMap, HashMap},
    future::Future,
    sync::{
        Arc,
        atomic::{AtomicBool, Ordering},
    },
    time::Duration,
};
use tokio::runtime::Runtime;

/// How long the engine may take to answer a short question.
const ANSWER_S: u64 = 60;

/// How long it may take until a build or push says its first word: it reads the whole context before.
const LONG_S: u64 = 24 * 60 * 60;

/// How often it is looked whether the user wants to stop.
const LOOK: Duration = Duration::from_millis(50);

/// A Docker Engine that answered.
#[derive(Debug)]
pub struct ContainerEngine {
    docker: Docker,
    runtime: Runtime,
    host: EngineHost,
    /// Its version.
    pub version: String,
    stop: Arc<AtomicBool>,
}

/// An image that the engine has.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct LocalImage {
    /// What the engine calls it: a digest.
    pub id: String,
    /// The digests that registries know it by, as `repository@sha256:…`.
    pub repo_digests: Vec<String>,
    /// Its labels.
    pub labels: BTreeMap<String, String>,
    /// How many bytes it has unpacked.
    pub size: u64,
    /// `linux/amd64`.
    pub platform: String,
}

impl ContainerEngine {
    /// Connects to an engine, and agrees with it on a version of the API.
    ///
    /// # Errors
    /// Where it does not answer, or this user may not use it.
    pub fn connect(host: EngineHost, stop: Arc<AtomicBool>) -> Result<Self, EngineError> {
        let name = host.to_string();
        let failed =
            |error: &Api| EngineError::of(error, &name, "when it is asked for its version");
        let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().map_err(
            |error| EngineError::Says { doing: "before it is asked", message: error.to_string() },
        )?;
        let (docker, version) = runtime.block_on(async {
            let docker = client(&host).map_err(|error| failed(&error))?;
            let docker = docker.negotiate_version().await.map_err(|error| failed(&error))?;
            let version = docker.version().await.map_err(|error| failed(&error))?;
            Ok::<_, EngineError>((docker, version.version.unwrap_or_default()))
        })?;
        Ok(Self { docker, runtime, host, version, stop })
    }

    /// Where it is.
    pub fn host(&self) -> &EngineHost {
        &self.host
    }

    /// The image that the engine has under a name or id.
    ///
    /// # Errors
    /// Where the engine does not answer.
    pub fn image(&self, name: &str) -> Result<Option<LocalImage>, EngineError> {
        let inspected = self.runtime.block_on(self.docker.inspect_image(name));
        let image = match inspected {
            Ok(image) => image,
            Err(Api::DockerResponseServerError { status_code: 404, .. }) => return Ok(None),
            Err(error) => return Err(self.error(&error, "when it is asked for an image")),
        };
        let labels = image.config.and_then(|config| config.labels).unwrap_or_default();
        let platform = [image.os, image.architecture].map(Option::unwrap_or_default).join("/");
        Ok(Some(LocalImage {
            id: image.id.unwrap_or_default(),
            repo_digests: image.repo_digests.unwrap_or_default(),
            labels: labels.into_iter().collect(),
            size: image.size.and_then(|size| u64::try_from(size).ok()).unwrap_or(0),
            platform,
        }))
    }

    /// Gives an image another name.
    ///
    /// # Errors
    /// Where the engine does not answer or has no such image.
    pub fn tag(&self, image: &str, reference: &Reference) -> Result<(), EngineError> {
        let repository = Reference { tag: None, digest: None, ..reference.clone() }.to_string();
        let options = TagImageOptionsBuilder::default()
            .repo(&repository)
            .tag(reference.tag.as_deref().unwrap_or("latest"))
            .build();
        let tagged = self.runtime.block_on(self.docker.tag_image(image, Some(options)));
        tagged.map_err(|error| self.error(&error, "when an image gets its tag"))
    }

    /// Whether the engine speaks plain HTTP with a registry, by its own config.
    ///
    /// # Errors
    /// Where the engine does not answer.
    pub fn calls_insecure(&self, registry: &str) -> Result<bool, EngineError> {
        let info = self.runtime.block_on(self.docker.info());
        let info =
            info.map_err(|error| self.error(&error, "when it is asked for its registries"))?;
        let known: HashMap<_, _> =
            info.registry_config.and_then(|config| config.index_configs).unwrap_or_default();
        Ok(known.get(registry).is_some_and(|config| config.secure == Some(false)))
    }

    /// Whether the engine has a runtime of NVIDIA's.
    ///
    /// # Errors
    /// Where the engine does not answer.
    pub fn has_nvidia_runtime(&self) -> Result<bool, EngineError> {
        let info = self.runtime.block_on(self.docker.info());
        let info = info.map_err(|error| self.error(&error, "when it is asked for its runtimes"))?;
        Ok(info.runtimes.unwrap_or_default().contains_key("nvidia"))
    }

    fn error(&self, error: &Api, doing: &'static str) -> EngineError {
        EngineError::of(error, &self.host.to_string(), doing)
    }

    fn wants_stop(&self) -> bool {
        self.stop.load(Ordering::Relaxed)
    }

    /// Waits for `what` and looks now and then whether the user wants to stop; `None` where he does.
    async fn unless_stopped<T>(&self, what: impl Future<Output = T>) -> Option<T> {
        let mut what = std::pin::pin!(what);
        while !self.wants_stop() {
            if let Ok(done) = tokio::time::timeout(LOOK, &mut what).await {
                return Some(done);
            }
        }
        None
    }

    /// Whether the engine still answers.
    async fn answers(&self) -> bool {
        let ping = self.docker.ping();
        matches!(tokio::time::timeout(Duration::from_secs(5), ping).await, Ok(Ok(_)))
    }
}

fn client(host: &EngineHost) -> Result<Docker, Api> {
    match host {
        EngineHost::Unix(path) => {
            Docker::connect_with_unix(&path.to_string_lossy(), ANSWER_S, API_DEFAULT_VERSION)
        }
        EngineHost::Tcp(address) => {
            Docker::connect_with_http(address, ANSWER_S, API_DEFAULT_VERSION)
        }
        EngineHost::Tls { address, certificates } => Docker::connect_with_ssl(
            address,
            &certificates.join("key.pem"),
            &certificates.join("cert.pem"),
            &certificates.join("ca.pem"),
            ANSWER_S,
            API_DEFAULT_VERSION,
        ),
    }
}

/// The digest in a text, such as `sha256:…`.
fn digest_in(text: &str) -> Option<String> {
    text.split_whitespace().find(|word| is_sha256(word)).map(str::to_owned)
}
