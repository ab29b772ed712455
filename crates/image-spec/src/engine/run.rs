//! Runs a program of an image once: without network, without rights, within limits, until a deadline.

use super::{ContainerEngine, EngineError};
use bollard::{
    container::LogOutput,
    errors::Error as Api,
    models::{ContainerCreateBody, DeviceRequest, HostConfig, Mount, MountType},
    query_parameters::{
        CreateContainerOptions, InspectContainerOptions, LogsOptionsBuilder,
        RemoveContainerOptionsBuilder, StartContainerOptions,
    },
};
use futures_util::StreamExt;
use std::{
    path::PathBuf,
    time::{Duration, Instant},
};

const DURING: &str = "in the middle of the test";

/// More output is cut: a test that writes more says nothing more.
const LARGEST_OUTPUT: usize = 1024 * 1024;

/// What is run.
#[derive(Debug, Clone)]
pub struct RunRequest {
    /// The image's name or id.
    pub image: String,
    /// The program and its arguments, instead of the image's own.
    pub command: Vec<String>,
    /// Whether it gets all GPUs.
    pub gpus: bool,
    /// Files of the engine's machine that it can read, and where it sees them.
    pub files: Vec<(PathBuf, String)>,
    /// How many bytes of memory it gets.
    pub memory: u64,
    /// How long it may take.
    pub deadline: Duration,
}

/// How it ended.
#[derive(Debug, Clone, PartialEq)]
pub struct RunOutcome {
    /// Its exit code; `None` where it was ended at the deadline.
    pub code: Option<i64>,
    /// Whether it was ended because it took all its memory.
    pub out_of_memory: bool,
    /// What it wrote to standard output.
    pub stdout: String,
    /// What it wrote to standard error.
    pub stderr: String,
    /// How long it took.
    pub seconds: f64,
}

impl ContainerEngine {
    /// Runs a program of an image. The container is gone afterwards, however it ends.
    ///
    /// # Errors
    /// Where the engine cannot start it, dies, or the user stops it.
    pub fn run(&self, request: &RunRequest) -> Result<RunOutcome, EngineError> {
        self.runtime.block_on(async {
            let body = container(request);
            let created = self.docker.create_container(None::<CreateContainerOptions>, body).await;
            let id = created.map_err(|error| self.cannot_run(&error, request))?.id;
            let outcome = self.run_created(&id, request).await;
            let options = RemoveContainerOptionsBuilder::default().force(true).v(true).build();
            // What happened before says more than that it could not be removed.
            let removed = self.docker.remove_container(&id, Some(options)).await;
            let outcome = outcome?;
            removed.map_err(|error| self.error(&error, "when a container is removed"))?;
            Ok(outcome)
        })
    }

    async fn run_created(&self, id: &str, request: &RunRequest) -> Result<RunOutcome, EngineError> {
        let started = Instant::now();
        let start = self.docker.start_container(id, None::<StartContainerOptions>).await;
        start.map_err(|error| self.cannot_run(&error, request))?;
        let options = LogsOptionsBuilder::default().follow(true).stdout(true).stderr(true).build();
        let mut logs = std::pin::pin!(self.docker.logs(id, Some(options)));
        let (mut stdout, mut stderr) = (Vec::new(), Vec::new());
        let mut late = false;
        loop {
            let left = request.deadline.saturating_sub(started.elapsed());
            let next = tokio::time::timeout(left, self.unless_stopped(logs.next())).await;
            match next {
                Err(_) => {
                    late = true;
                    break;
                }
                Ok(None) => return Err(EngineError::Stopped(DURING)),
                Ok(Some(None)) => break,
                Ok(Some(Some(Ok(LogOutput::StdErr { message })))) => keep(&mut stderr, &message),
                Ok(Some(Some(Ok(other)))) => keep(&mut stdout, &other.into_bytes()),
                Ok(Some(Some(Err(_)))) => return Err(EngineError::Gone { during: DURING }),
            }
        }
        let seconds = started.elapsed().as_secs_f64();
        let (code, out_of_memory) = if late { (None, false) } else { self.ended(id).await? };
        let text = |bytes: &[u8]| String::from_utf8_lossy(bytes).into_owned();
        Ok(RunOutcome {
            code,
            out_of_memory,
            stdout: text(&stdout),
            stderr: text(&stderr),
            seconds,
        })
    }

    /// The exit code, and whether memory ran out. The logs may end a moment before the container does.
    async fn ended(&self, id: &str) -> Result<(Option<i64>, bool), EngineError> {
        for _ in 0..100 {
            let inspected =
                self.docker.inspect_container(id, None::<InspectContainerOptions>).await;
            let inspected = inspected.map_err(|error| self.error(&error, DURING))?;
            let state = inspected.state.unwrap_or_default();
            if state.running != Some(true) {
                return Ok((state.exit_code, state.oom_killed == Some(true)));
            }
            tokio::time::sleep(Duration::from_millis(50)).await;
        }
        Ok((None, false))
    }

    fn cannot_run(&self, error: &Api, request: &RunRequest) -> EngineError {
        match error {
            Api::DockerResponseServerError { message, .. }
                if message.contains("could not select device driver")
                    || message.contains("nvidia-container")
                    || message.contains("CDI device") =>
            {
                EngineError::NoGpu(message.trim().to_owned())
            }
            Api::DockerResponseServerError { status_code: 404, message }
                if message.contains("No such image") =>
            {
                EngineError::NoSuchImage(request.image.clone())
            }
            other => self.error(other, "when a container is started"),
        }
    }
}

fn keep(output: &mut Vec<u8>, piece: &[u8]) {
    let room = LARGEST_OUTPUT.saturating_sub(output.len());
    output.extend_from_slice(piece.get(..piece.len().min(room)).unwrap_or_default());
}

fn container(request: &RunRequest) -> ContainerCreateBody {
    let mounts = request.files.iter().map(|(from, to)| Mount {
        source: Some(from.display().to_string()),
        target: Some(to.clone()),
        read_only: Some(true),
        typ: Some(MountType::BIND),
        ..Mount::default()
    });
    let gpus = request.gpus.then(|| {
        vec![DeviceRequest {
            count: Some(-1),
            capabilities: Some(vec![vec!["gpu".to_owned()]]),
            ..DeviceRequest::default()
        }]
    });
    ContainerCreateBody {
        image: Some(request.image.clone()),
        // An empty entrypoint leaves the image's own aside.
        entrypoint: Some(vec![String::new()]),
        cmd: Some(request.command.clone()),
        host_config: Some(HostConfig {
            network_mode: Some("none".to_owned()),
            memory: i64::try_from(request.memory).ok(),
            pids_limit: Some(4096),
            cap_drop: Some(vec!["ALL".to_owned()]),
            security_opt: Some(vec!["no-new-privileges".to_owned()]),
            mounts: Some(mounts.collect()),
            device_requests: gpus,
            ..HostConfig::default()
        }),
        ..ContainerCreateBody::default()
    }
}
