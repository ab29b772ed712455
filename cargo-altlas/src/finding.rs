//! A finding: a problem of any library, with a level, ready to be shown in any format.

use crate::config::Level;
use gpu_probe::Fix;
use serde::Serialize;

/// Where a problem is.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
#[serde(rename_all = "snake_case", tag = "kind")]
pub(crate) enum Place {
    /// The machine as a whole.
    Machine,
    /// One GPU.
    Gpu {
        /// Its address, or its number.
        gpu: String,
        /// Its name, where it is known.
        name: Option<String>,
    },
    /// A file or folder as a whole.
    Path {
        /// Which.
        path: String,
    },
    /// An environment variable.
    Variable {
        /// Its name.
        name: String,
    },
    /// A line of a file.
    Line {
        /// The file.
        path: String,
        /// The line, from 1.
        line: u32,
        /// The column in characters, from 1.
        column: u32,
    },
}

impl From<gpu_probe::Place> for Place {
    fn from(place: gpu_probe::Place) -> Self {
        match place {
            gpu_probe::Place::Machine => Self::Machine,
            gpu_probe::Place::Gpu { gpu, name } => Self::Gpu { gpu, name },
            gpu_probe::Place::Path { path } => Self::Path { path },
            gpu_probe::Place::Variable { name } => Self::Variable { name },
        }
    }
}

/// A problem with its level.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub(crate) struct Finding {
    /// `gpu/driver-too-old`
    pub(crate) code: &'static str,
    /// How severe it is.
    pub(crate) level: Level,
    /// What is wrong, in one sentence.
    pub(crate) message: String,
    /// Where.
    pub(crate) place: Place,
    /// What to do, in order.
    pub(crate) help: Vec<Fix>,
    /// The index of the finding that causes this one.
    pub(crate) follows_from: Option<usize>,
    /// The problem's own data.
    pub(crate) data: serde_json::Value,
    /// The reason for which it is accepted.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(crate) accepted: Option<String>,
}

impl Finding {
    /// The file and line that it is written in, where it is.
    pub(crate) fn line(&self) -> Option<(&str, u32, u32)> {
        match &self.place {
            Place::Line { path, line, column } => Some((path, *line, *column)),
            _ => None,
        }
    }

    /// What to do, as one text.
    pub(crate) fn help_words(&self, between: &str) -> String {
        let texts: Vec<&str> = self.help.iter().map(|fix| fix.text.as_str()).collect();
        texts.join(between)
    }
}

/// The place in words: `GPU 0000:18:00.0 (NVIDIA H200)`.
pub(crate) fn place_words(place: &Place) -> String {
    match place {
        Place::Machine => "this machine".to_owned(),
        Place::Gpu { gpu, name } => {
            // A GPU without an address is called by its number, as in `GPU 3`.
            let gpu = gpu.strip_prefix("GPU ").unwrap_or(gpu);
            let name = name.as_ref().map_or(String::new(), |name| format!(" ({name})"));
            format!("GPU {gpu}{name}")
        }
        Place::Path { path } => path.clone(),
        Place::Variable { name } => format!("environment variable {name}"),
        Place::Line { path, line, column } => format!("{path}:{line}:{column}"),
    }
}

/// `gpu` in `gpu/driver-too-old`.
pub(crate) fn area(code: &str) -> &str {
    code.split_once('/').map_or(code, |(area, _)| area)
}
