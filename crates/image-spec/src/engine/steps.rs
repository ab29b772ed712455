//! From BuildKit's stream of states to what happened: a step began, said something, ended.

use bollard::moby::buildkit::v1::{StatusResponse, Vertex};
use std::collections::BTreeMap;

/// The name of a step, such as `[dev 2/5] RUN apt-get update`.
pub type StepName = String;

/// Something that happened in a build.
#[derive(Debug, Clone, PartialEq)]
pub enum BuildEvent {
    /// A step began.
    Began(StepName),
    /// A step wrote lines.
    Said {
        /// The step.
        step: StepName,
        /// What it wrote.
        text: String,
    },
    /// A step comes on: bytes of a download, or of what is exported.
    Progress {
        /// The step.
        step: StepName,
        /// What it does, such as `sha256:…` or `exporting layers`.
        what: String,
        /// How far it is.
        current: i64,
        /// How much there is; 0 where that is not known.
        total: i64,
    },
    /// A step ended.
    Ended {
        /// The step.
        step: StepName,
        /// Whether it was known from an earlier build.
        cached: bool,
        /// How long it took.
        seconds: f64,
        /// Why it failed.
        error: Option<String>,
    },
    /// BuildKit warns.
    Warning(String),
}

/// The steps that were seen, by their digests. BuildKit says many things more than once.
#[derive(Debug, Default)]
pub(super) struct Steps {
    names: BTreeMap<String, StepName>,
    began: Vec<String>,
    ended: Vec<String>,
}

impl Steps {
    /// What is new in a message.
    pub(super) fn read(&mut self, message: StatusResponse) -> Vec<BuildEvent> {
        let mut events = Vec::new();
        for vertex in message.vertexes {
            self.names.entry(vertex.digest.clone()).or_insert_with(|| vertex.name.clone());
            if vertex.started.is_some() && !self.began.contains(&vertex.digest) {
                self.began.push(vertex.digest.clone());
                events.push(BuildEvent::Began(vertex.name.clone()));
            }
            if vertex.completed.is_some() && !self.ended.contains(&vertex.digest) {
                self.ended.push(vertex.digest.clone());
                events.push(ended(vertex));
            }
        }
        for status in message.statuses {
            let what = if status.name.is_empty() { status.id } else { status.name };
            let step = self.name(&status.vertex);
            events.push(BuildEvent::Progress {
                step,
                what,
                current: status.current,
                total: status.total,
            });
        }
        for log in message.logs {
            let text = String::from_utf8_lossy(&log.msg).into_owned();
            events.push(BuildEvent::Said { step: self.name(&log.vertex), text });
        }
        for warning in message.warnings {
            let text = String::from_utf8_lossy(&warning.short).into_owned();
            events.push(BuildEvent::Warning(text));
        }
        events
    }

    fn name(&self, digest: &str) -> StepName {
        self.names.get(digest).cloned().unwrap_or_default()
    }
}

fn ended(vertex: Vertex) -> BuildEvent {
    let at = |seconds: i64, nanos: i32| {
        Some(i32::try_from(seconds % 1_000_000).ok().map(f64::from)? + f64::from(nanos) / 1e9)
    };
    let started = vertex.started.and_then(|time| at(time.seconds, time.nanos));
    let completed = vertex.completed.and_then(|time| at(time.seconds, time.nanos));
    let seconds = started.zip(completed).map_or(0.0, |(from, to)| (to - from).max(0.0));
    BuildEvent::Ended {
        step: vertex.name,
        cached: vertex.cached,
        seconds,
        error: Some(vertex.error).filter(|error| !error.is_empty()),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use bollard::moby::buildkit::v1::VertexLog;

    #[test]
    fn says_each_thing_once() {
        let vertex = |started: bool, completed: bool| {
            let mut vertex =
                Vertex { digest: "d".to_owned(), name: "RUN x".to_owned(), ..Vertex::default() };
            vertex.started = started.then(Default::default);
            vertex.completed = completed.then(Default::default);
            vertex
        };
        let log =
            VertexLog { vertex: "d".to_owned(), msg: b"hello\n".to_vec(), ..VertexLog::default() };
        let mut steps = Steps::default();
        let message = |vertex, logs| StatusResponse {
            vertexes: vec![vertex],
            logs,
            ..StatusResponse::default()
        };
        assert_eq!(steps.read(message(vertex(false, false), vec![])), []);
        let began = BuildEvent::Began("RUN x".to_owned());
        assert_eq!(steps.read(message(vertex(true, false), vec![])), [began]);
        let said = BuildEvent::Said { step: "RUN x".to_owned(), text: "hello\n".to_owned() };
        assert_eq!(steps.read(message(vertex(true, false), vec![log])), [said]);
        let ended = BuildEvent::Ended {
            step: "RUN x".to_owned(),
            cached: false,
            seconds: 0.0,
            error: None,
        };
        assert_eq!(steps.read(message(vertex(true, true), vec![])), [ended]);
        assert_eq!(steps.read(message(vertex(true, true), vec![])), []);
    }
}
